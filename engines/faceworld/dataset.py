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
from engines.faceworld.cache import Arrays, cached
from engines.faceworld.camera import finish_with_size
from engines.faceworld.forgery import FAMILIES, HELD_OUT_FAMILIES, TRAIN_FAMILIES, forge
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import SIZES_PX, render
from engines.faceworld.splits import SPLITS, identities
from engines.faceworld.version import world_version

__all__ = ["FAMILIES", "HELD_OUT_FAMILIES", "TRAIN_FAMILIES", "ForgerySet", "ForgerySpec", "world_version"]
REAL = "real"
SPLIT_CODES = {"train": 1, "val": 2, "test": 3}


@dataclass(frozen=True)
class ForgerySpec:
    """What a set holds.

    Args:
        split: "train", "val" or "test". families: of `FAMILIES`. identities: people in the set.
        reals: real photographs. fakes_per_family: forgeries of each family. size_px: width and height.

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
        if "swap" in self.families and self.identities < 2:
            raise BadConfig("A swap needs two people: set identities to 2 or more, or leave swap out.")
        if len(self) == 0:
            raise BadConfig("The set would be empty: set reals or fakes_per_family above 0.")

    def __len__(self) -> int:
        return self.reals + self.fakes_per_family * len(self.families)

    def job(self, index: int) -> "Job":
        """What sample `index` is; reals first, then family by family."""
        people = identities(self.split, self.identities, self.seed)
        rng = np.random.default_rng([self.seed, SPLIT_CODES[self.split], index, 0x5E7])
        photo = int(rng.integers(1 << 62))
        if index < self.reals:
            target = people[index * len(people) // self.reals]  # person by person: one head is in use at a time
            return Job(REAL, target, target, photo)
        family, number = divmod(index - self.reals, self.fakes_per_family)
        place = number * len(people) // self.fakes_per_family
        other = (place + int(rng.integers(1, max(len(people), 2)))) % len(people)
        name = self.families[family]
        return Job(name, people[place], people[other if name == "swap" else place], photo)


class Job(NamedTuple):
    """One sample: "real" or a family, who is shown, whose face is used, and the photograph's number."""

    family: str
    target_id: int
    source_id: int
    photo: int


class Sample(NamedTuple):
    """A finished sample: image uint8 (H, W, 3), mask uint8 (H, W), the file's size, knobs."""

    image: np.ndarray
    mask: np.ndarray
    jpeg_bytes: int
    knobs: dict[str, Any]


def make_sample(spec: ForgerySpec, index: int) -> Sample:
    """Make sample `index` of a set."""
    job = spec.job(index)
    target, photo = Person.sample(job.target_id), Photo.sample(job.photo)
    if job.family == REAL:
        image, size = finish_with_size(render(target, photo, spec.size_px).image, photo.camera)
        return Sample(image, np.zeros(image.shape[:2], np.uint8), size, {})
    forged = forge(job.family, target, photo, Person.sample(job.source_id), job.photo, size_px=spec.size_px)
    return Sample(forged.image, np.rint(forged.mask * 255).astype(np.uint8), forged.jpeg_bytes, forged.knobs)


@dataclass(frozen=True, eq=False)
class ForgerySet:
    """Aligned arrays over N samples: images (N, H, W, 3) uint8 RGB, labels (N,) int64 (1 is forged), family (N,)
    str ("real" or a family), target_id and source_id (N,) int64, masks (N, H, W) uint8 (255 is all forged),
    knobs of each forgery, jpeg_bytes (N,) int64."""

    spec: ForgerySpec
    images: np.ndarray
    labels: np.ndarray
    family: np.ndarray
    target_id: np.ndarray
    source_id: np.ndarray
    masks: np.ndarray
    knobs: list[dict[str, Any]]
    jpeg_bytes: np.ndarray

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
        """From a set's pictures; who and what they show follows from the specification."""
        jobs = [spec.job(index) for index in range(len(spec))]
        family = np.array([job.family for job in jobs])
        return cls(
            spec=spec,
            images=arrays.images,
            labels=(family != REAL).astype(np.int64),
            family=family,
            target_id=np.array([job.target_id for job in jobs], np.int64),
            source_id=np.array([job.source_id for job in jobs], np.int64),
            masks=arrays.masks,
            knobs=arrays.knobs,
            jpeg_bytes=arrays.jpeg_bytes,
        )
