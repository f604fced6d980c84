"""One person photographed or filmed as asked: what `mien world render` and the World page share. Imports the renderer
where it is needed, so that this module costs nothing to know."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.errors import BadConfig, BadInput
from workbench.files import FULL, write_atomic

if TYPE_CHECKING:
    from engines.faceworld.people import Person
    from engines.faceworld.photo import Photo
    from engines.faceworld.render import Picture, Truth

PICTURES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True)
class Portrait:
    """A photograph of one person.

    Args:
        person, photo: their numbers. group: the demographic group that the person is drawn from, if one is chosen.
        traits, controls: changes to the person (`people.TRAITS`) and to the photograph (`photo.CONTROLS`).
    """

    person: int
    photo: int
    group: str | None = None
    size_px: int = 224
    traits: Mapping[str, Any] = field(default_factory=dict)
    controls: Mapping[str, Any] = field(default_factory=dict)

    def subject(self) -> "Person":
        """Who is shown."""
        from engines.faceworld.people import Person

        return Person.of(self.person, self.group, **self.traits)

    def shot(self) -> "Photo":
        """How they are photographed."""
        from engines.faceworld.photo import Photo

        return Photo.sample(self.photo).changed(**self.controls)

    def picture(self, person: "Person | None" = None) -> "Picture":
        """The picture before the camera's finish, with its truth; of somebody else, if one is given."""
        from engines.faceworld.render import render

        return render(person or self.subject(), self.shot(), self.size_px)

    def finished(self, picture: "Picture") -> np.ndarray:
        """The picture as the camera's file shows it: (S, S, 3) uint8."""
        from engines.faceworld.camera import finish

        return np.array(finish(picture.image, self.shot().camera))

    def image(self, person: "Person | None" = None) -> np.ndarray:
        """The photograph (S, S, 3) uint8; of somebody else, if one is given."""
        return self.finished(self.picture(person))

    def with_traits(self, **changes: Any) -> "Portrait":
        """The same photograph of the same person with more traits changed."""
        return replace(self, traits={**self.traits, **changes})

    def known(self, truth: "Truth") -> dict[str, Any]:
        """Names and numbers that are known of the photograph."""
        person, photo = self.subject(), self.shot()
        return {
            "person": self.person,
            "photo": self.photo,
            "group": person.attributes.group,
            "years": person.attributes.years,
            "traits": person.traits.to_dict(),
            "controls": photo.controls(),
            "pose_deg": dict(zip(("yaw", "pitch", "roll"), map(float, np.degrees(truth.pose)), strict=True)),
            "landmarks_68_px": truth.landmarks.round(2),
            "landmarks_5_px": truth.five.round(2),
        }


def sorted_settings(settings: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Settings as `traits` of the person and `controls` of the photograph; numbers may be text.

    Raises:
        BadConfig: neither has one of that name.
    """
    from engines.faceworld.people import TRAITS
    from engines.faceworld.photo import CONTROLS

    found: dict[str, dict[str, Any]] = {"traits": {}, "controls": {}}
    for name, value in settings.items():
        if name not in TRAITS and name not in CONTROLS:
            raise BadConfig(f"There is no setting {name!r}; there are {', '.join([*TRAITS, *CONTROLS])}.")
        found["traits" if name in TRAITS else "controls"][name] = value
    return found


def take(who: Portrait, out: Path, with_truth: bool = False) -> dict[str, Any]:
    """Write a photograph, and what is known of it as `OUT.truth.npz` if asked; what `mien world render --json` says.

    Raises:
        BadConfig: a setting out of its range. BadInput: the file exists, has another ending, or cannot be written.
    """
    _refuse(out, PICTURES)
    picture = who.picture()
    _write(out, _encoded(who.finished(picture), out.suffix))
    truth_file = out.with_name(f"{out.stem}.truth.npz") if with_truth else None
    if truth_file:
        _write(truth_file, _arrays(picture.truth))
    return {
        "file": str(out),
        "size_px": who.size_px,
        **who.known(picture.truth),
        "truth": truth_file and str(truth_file),
    }


def film(who: Portrait, out: Path, seconds: float) -> dict[str, Any]:
    """Write a clip as MP4: the person of that number in the clip of the photograph's number.

    Raises:
        BadConfig: settings or a group, which clips do not take. BadInput: as for `take`.
    """
    from engines.faceworld.clips import FPS, Clip, write_mp4
    from engines.faceworld.clips import film as take_clip

    _refuse(out, (".mp4",))
    if who.traits or who.controls or who.group:
        raise BadConfig("A clip shows the person and the photograph of those numbers; leave out --group and --set.")
    taken = take_clip(Clip.sample(who.photo, who.person, max(1, round(seconds * FPS))), who.size_px)
    write_mp4(taken, out)
    subject = who.subject().attributes
    told = {"file": str(out), "size_px": who.size_px, "person": who.person, "photo": who.photo, "group": subject.group}
    return {**told, "years": subject.years, "frames": len(taken), "fps": FPS}


def clip(
    seed: int, person: int, source: int, family: str, frames: int, size_px: int, progress: Callable[[float], None]
) -> dict[str, Any]:
    """A clip, real or of a family of forged clips, for the page.

    Returns:
        `mp4`, the bytes of its file; `motion`, a row for each frame: time_s, yaw, pitch, roll in degrees; `drift`, rows
        with how far each organ is from its place, px; `source`, whose face it shows.
    """
    from engines.faceworld.clips import FPS, ORGANS, Clip, forge_clip
    from engines.faceworld.clips import film as take_clip
    from engines.faceworld.people import Person

    asked = Clip.sample(seed, person, frames)
    forged = None if family == "real" else forge_clip(family, asked, Person.sample(source), seed, size_px=size_px)
    taken = forged.film if forged else take_clip(asked, size_px)
    progress(0.9)
    motion = [
        {"time_s": frame / FPS, **dict(zip(("yaw", "pitch", "roll"), np.degrees(pose).tolist(), strict=True))}
        for frame, pose in enumerate(taken.poses)
    ]
    drift = []
    if forged:
        for frame, points in enumerate(taken.landmarks):
            moved = np.hypot(*forged.drift.moved(frame, points, size_px).T)
            drift.append({"time_s": frame / FPS, **{name: float(moved[list(o)].mean()) for name, o in ORGANS.items()}})
    return {"mp4": _mp4(taken), "motion": motion, "drift": drift, "source": forged.source_id if forged else person}


def _mp4(taken: Any) -> bytes:
    import tempfile

    from engines.faceworld.clips import write_mp4

    with tempfile.TemporaryDirectory() as folder:
        write_mp4(taken, Path(folder) / "clip.mp4")
        return (Path(folder) / "clip.mp4").read_bytes()


def _refuse(out: Path, endings: tuple[str, ...]) -> None:
    if out.suffix.lower() not in endings:
        raise BadInput(f"{out} ends with {out.suffix or 'nothing'}; give the file one of {', '.join(endings)}.")
    if out.exists():
        raise BadInput(f"{out} exists already; choose a new name, so that nothing is overwritten.")


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data, sync=False)
    except OSError as error:
        words = "the disk is full" if error.errno in FULL else error.strerror or str(error)
        raise BadInput(f"{path} cannot be written: {words}. Nothing is kept of it.") from None


def _encoded(image: np.ndarray, suffix: str) -> bytes:
    from engines.faceworld.export.rows import encode

    return encode(image, "png" if suffix.lower() == ".png" else "jpg")


def _arrays(truth: "Truth") -> bytes:
    arrays: dict[str, Any] = {
        name: getattr(truth, name) for name in ("places", "landmarks", "five", "depth", "normals")
    }
    arrays |= {f"mask_{name}": cover for name, cover in truth.masks.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays, pose_rad=np.array(truth.pose))
    return buffer.getvalue()
