"""Photographs of the face world in a folder, with a line of truth for each."""

from pathlib import Path

from PIL import Image

from engines.errors import BadInput
from workbench.files import to_json


def render(out: Path, count: int, seed: int, size_px: int) -> int:
    """Write `000000.png …` and `truth.jsonl` into a new or empty folder; photograph i shows person `seed + i`.

    Raises:
        BadInput: the folder holds something, or cannot be written.
    """
    from engines.faceworld.camera import finish
    from engines.faceworld.people import Person
    from engines.faceworld.photo import Photo
    from engines.faceworld.render import Picture, render

    def truth(name: str, number: int, person: Person, photo: Photo, picture: Picture) -> str:
        known = picture.truth
        row = {
            "file": name,
            "person": number,
            "photo": number,
            "group": person.attributes.group,
            "attributes": vars(person.attributes),
            "pose_rad": dict(zip(("yaw", "pitch", "roll"), known.pose, strict=True)),
            "landmarks_68_px": known.landmarks.round(2),
            "landmarks_5_px": known.five.round(2),
        }
        return to_json(row) + "\n"

    _prepare(out)
    with (out / "truth.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(seed, seed + count):
            person, photo = Person.sample(number), Photo.sample(number)
            picture = render(person, photo, size_px)
            name = f"{number - seed:06d}.png"
            Image.fromarray(finish(picture.image, photo.camera)).save(out / name)
            lines.write(truth(name, number, person, photo, picture))
    return count


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()):
            raise BadInput(f"{out} is not empty; choose a new folder, so that nothing in it is overwritten.")
    except OSError as error:
        raise BadInput(f"{out} cannot be used as a folder: {error.strerror}.") from None
