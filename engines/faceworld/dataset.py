"""Sets of real and forged photographs, made once and kept: same specification, same bytes.

Nothing is shared between splits: a person's number decides the split, for targets and sources alike
(`splits.split_of`), and reals and forgeries are photographs of their own. Real photographs and every family show
the same people equally often.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.cache import Arrays, Columns, cached
from engines.faceworld.camera import finish, finish_with_size
from engines.faceworld.forgery import (
    FAMILIES,
    HELD_OUT_FAMILIES,
    TRAIN_FAMILIES,
    TWO_PEOPLE_FAMILIES,
    Forgery,
    Panel,
    forge,
)
from engines.faceworld.forgery.quality import DEFECTS
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import SIZES_PX, render
from engines.faceworld.splits import SPLITS, identities
from engines.faceworld.version import world_version

__all__ = ["FAMILIES", "HELD_OUT_FAMILIES", "TRAIN_FAMILIES", "ForgerySet", "ForgerySpec", "world_version"]
REAL = "real"
PARTNERS = ("targets", "sources")
PANEL = 6
"""People of whom the source of a two-people forgery is chosen, by landmarks."""
ATTEMPTS, LEAST_SHARE = 6, 0.006
"""A forged region must cover this share of the picture; photographs tried until one shows so much of it."""
SPLIT_CODES = {"train": 1, "val": 2, "test": 3}


@dataclass(frozen=True)
class ForgerySpec:
    """What a set holds.

    Args:
        split: "train", "val" or "test". families: of `FAMILIES`. identities: people in the set.
        reals: real photographs. fakes_per_family: forgeries of each family. size_px: width and height.
        partners: keep the real frames behind each forgery too: its photograph before it was forged, and its source
            photographed alike.

    Raises:
        BadConfig: a setting is unknown or out of bounds.
    """

    split: str = "train"
    families: tuple[str, ...] = TRAIN_FAMILIES
    identities: int = 180
    reals: int = 1800
    fakes_per_family: int = 900
    seed: int = 0
    size_px: int = 112
    partners: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "families", tuple(self.families))
        if self.split not in SPLITS:
            raise BadConfig(f"There is no split {self.split!r}; there are {', '.join(SPLITS)}.")
        unknown = [family for family in self.families if family not in FAMILIES]
        if unknown:
            raise BadConfig(f"There is no forgery family {unknown[0]!r}; there are {', '.join(FAMILIES)}.")
        if len(set(self.families)) != len(self.families):
            raise BadConfig(f"A family is named twice in {', '.join(self.families)}.")
        for name in ("reals", "fakes_per_family", "seed"):
            if getattr(self, name) < 0:
                raise BadConfig(f"{name} = {getattr(self, name)}: it must be 0 or more.")
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise BadConfig(f"size_px = {self.size_px}: a picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide.")
        identities(self.split, self.identities, self.seed)
        pairs = [family for family in self.families if family in TWO_PEOPLE_FAMILIES]
        if pairs and self.identities < 2:
            raise BadConfig(f"The family {pairs[0]} needs two people: set identities to 2 or more, or leave it out.")
        if len(self) == 0:
            raise BadConfig("The set would be empty: set reals or fakes_per_family above 0.")

    def __len__(self) -> int:
        return self.reals + self.fakes_per_family * len(self.families)

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps of each sample."""
        size = self.size_px
        picture = ((size, size, 3), np.uint8)
        return {
            **(dict.fromkeys(PARTNERS, picture) if self.partners else {}),
            **{"images": picture, "masks": ((size, size), np.uint8)},
            **{"jpeg_bytes": ((), np.int64), "source_id": ((), np.int64)},
            **{"quality": ((), np.float32), "defects": ((len(DEFECTS),), np.float32)},
        }

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sample `index` as the cache keeps it: its row of each array, and its knobs."""
        sample = make_sample(self, index)
        row = sample._asdict() | (partners_of(sample, self.size_px) if self.partners else {})
        knobs = row.pop("knobs")
        del row["target_id"], row["photo"]
        return {"images": row.pop("image"), "masks": row.pop("mask"), **row}, knobs

    def job(self, index: int) -> "Job":
        """What sample `index` is; reals first, then family by family."""
        people = identities(self.split, self.identities, self.seed)
        rng = np.random.default_rng([self.seed, SPLIT_CODES[self.split], index, 0x5E7])
        photo = int(rng.integers(1 << 62))
        if index < self.reals:
            target = people[index * len(people) // self.reals]  # person by person: one head is in use at a time
            return Job(REAL, target, (target,), photo)
        family, number = divmod(index - self.reals, self.fakes_per_family)
        place = number * len(people) // self.fakes_per_family
        name = self.families[family]
        panel: tuple[int, ...] = (people[place],)
        if name in TWO_PEOPLE_FAMILIES:
            steps = 1 + rng.choice(len(people) - 1, min(PANEL, len(people) - 1), replace=False)
            panel = tuple(people[(place + int(step)) % len(people)] for step in steps)
        return Job(name, people[place], panel, photo)


class Job(NamedTuple):
    """One sample: "real" or a family, who is shown, of whom the source is chosen, and the photograph's number."""

    family: str
    target_id: int
    panel: tuple[int, ...]
    photo: int


class Sample(NamedTuple):
    """A finished sample: image uint8 (H, W, 3), mask uint8 (H, W), the file's size, whose face was used, Q*, the
    defects in the order of `quality.DEFECTS`, knobs, and who was photographed how."""

    image: np.ndarray
    mask: np.ndarray
    jpeg_bytes: int
    source_id: int
    quality: float
    defects: np.ndarray
    knobs: dict[str, Any]
    target_id: int
    photo: int


def make_sample(spec: ForgerySpec, index: int) -> Sample:
    """Make sample `index` of a set."""
    job = spec.job(index)
    if job.family != REAL:
        return _forged(job, spec.size_px)
    target, photo = job.target_id, Photo.sample(job.photo)
    image, size = finish_with_size(render(Person.sample(target), photo, spec.size_px).image, photo.camera)
    mask, none = np.zeros(image.shape[:2], np.uint8), np.zeros(len(DEFECTS))
    return Sample(image, mask, size, target, 1.0, none, {}, target, job.photo)


def partners_of(sample: Sample, size_px: int) -> dict[str, np.ndarray]:
    """The real frames behind a sample, uint8 (H, W, 3): `targets` and `sources`; a real sample's are itself."""
    if not sample.knobs:
        return {"targets": sample.image, "sources": sample.image}
    photo = Photo.sample(sample.photo)
    target, source = (
        finish(render(Person.sample(number), photo, size_px).image, photo.camera)
        for number in (sample.target_id, sample.source_id)
    )
    return {"targets": target, "sources": source}


def _forged(job: Job, size_px: int) -> Sample:
    """A forgery; where its region is hidden, by a mask or a hand, that of the next photograph that shows it."""
    target = Person.sample(job.target_id)
    for attempt in range(ATTEMPTS):
        number = job.photo + attempt
        made: Forgery = forge(job.family, target, Photo.sample(number), Panel(job.panel), number, size_px=size_px)
        if made.mask.mean() > LEAST_SHARE:
            break
    mask, ordered = np.rint(made.mask * 255).astype(np.uint8), np.array([made.defects[name] for name in DEFECTS])
    return Sample(
        made.image, mask, made.jpeg_bytes, made.source_id, made.quality, ordered, made.knobs, job.target_id, number
    )


@dataclass(frozen=True, eq=False)
class ForgerySet:
    """Aligned arrays over N samples: images (N, H, W, 3) uint8 RGB, labels (N,) int64 (1 is forged), family (N,)
    str ("real" or a family), target_id and source_id (N,) int64, masks (N, H, W) uint8 (255 is all forged),
    knobs of each forgery, jpeg_bytes (N,) int64, quality (N,) float32, Q* in [0, 1] and 1 for reals, and defects (N, 5)
    float32 in [0, 1], in the order of `quality.DEFECTS`; where the specification asks for them, targets and sources
    (N, H, W, 3) uint8, the real frames behind each forgery."""

    spec: ForgerySpec
    images: np.ndarray
    labels: np.ndarray
    family: np.ndarray
    target_id: np.ndarray
    source_id: np.ndarray
    masks: np.ndarray
    knobs: list[dict[str, Any]]
    jpeg_bytes: np.ndarray
    quality: np.ndarray
    defects: np.ndarray
    targets: np.ndarray | None = None
    sources: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def build(
        cls,
        spec: ForgerySpec,
        progress: Callable[[float], None] | None = None,
        workers: int | None = None,
        cache: Path | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Self:
        """Read a set from the cache, or make it and keep it there.

        Args:
            progress: told the share done, from 0 to 1. workers: processes; as many as cores by default.
            cache: folder to keep sets in; by default the user's cache folder, or the variable MIEN_CACHE.
            stopping: asked now and then whether to stop.

        Raises:
            Stopped: `stopping` said so; nothing is kept.
            BadInput: the cache folder cannot be written.
        """
        key = {**asdict(spec), "world": world_version()}
        return cls.of(spec, cached(spec, key, progress, workers, cache, stopping))

    @classmethod
    def of(cls, spec: ForgerySpec, arrays: Arrays) -> Self:
        """From a set's pictures; whom and what they show follows from the specification."""
        jobs = [spec.job(index) for index in range(len(spec))]
        family = np.array([job.family for job in jobs])
        return cls(
            spec=spec,
            images=arrays.columns["images"],
            labels=(family != REAL).astype(np.int64),
            family=family,
            target_id=np.array([job.target_id for job in jobs], np.int64),
            source_id=np.array(arrays.columns["source_id"]),
            masks=arrays.columns["masks"],
            knobs=arrays.knobs,
            jpeg_bytes=np.array(arrays.columns["jpeg_bytes"]),
            quality=np.array(arrays.columns["quality"]),
            defects=np.array(arrays.columns["defects"]),
            **{name: arrays.columns[name] for name in PARTNERS if spec.partners},
        )
