"""Sets of real and forged clips, made once and kept: same specification, same bytes.

As with pictures (`faceworld.dataset`), people are split before anything else, for targets and sources alike; reals and
forgeries are clips of their own, finished frame by frame by the same camera; every family shows the same people
equally often.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.cache import Arrays, Columns, cached
from engines.faceworld.clips.clip import Clip
from engines.faceworld.clips.film import film
from engines.faceworld.clips.forge import FAMILIES, TRAIN_FAMILIES, TWO_PEOPLE_FAMILIES, forge_clip
from engines.faceworld.clips.organs import ORGANS
from engines.faceworld.dataset import REAL, SPLIT_CODES
from engines.faceworld.people import Person
from engines.faceworld.render import SIZES_PX
from engines.faceworld.splits import SPLITS, identities
from engines.faceworld.version import world_version

LONGEST = 256
"""Frames: a set is held on disk uncompressed."""


@dataclass(frozen=True)
class ClipSpec:
    """What a set of clips holds.

    Args:
        split: "train", "val" or "test". families: of `FAMILIES`. identities: people in the set. reals: real clips.
        fakes_per_family: forged clips of each family. frames: of each clip, at 25 a second. size_px: width and height.

    Raises:
        BadConfig: a setting is unknown or out of bounds.
    """

    split: str = "train"
    families: tuple[str, ...] = TRAIN_FAMILIES
    identities: int = 60
    reals: int = 120
    fakes_per_family: int = 60
    frames: int = 32
    seed: int = 0
    size_px: int = 112

    def __post_init__(self) -> None:
        object.__setattr__(self, "families", tuple(self.families))
        if self.split not in SPLITS:
            raise BadConfig(f"There is no split {self.split!r}; there are {', '.join(SPLITS)}.")
        unknown = [family for family in self.families if family not in FAMILIES]
        if unknown:
            raise BadConfig(f"There is no family of forged clips {unknown[0]!r}; there are {', '.join(FAMILIES)}.")
        if len(set(self.families)) != len(self.families):
            raise BadConfig(f"A family is named twice in {', '.join(self.families)}.")
        for name in ("reals", "fakes_per_family", "seed"):
            if getattr(self, name) < 0:
                raise BadConfig(f"{name} = {getattr(self, name)}: it must be 0 or more.")
        if not 1 <= self.frames <= LONGEST:
            raise BadConfig(f"frames = {self.frames}: the clips of a set have 1 to {LONGEST} frames.")
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise BadConfig(f"size_px = {self.size_px}: a picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide.")
        identities(self.split, self.identities, self.seed)
        if set(self.families) & set(TWO_PEOPLE_FAMILIES) and self.identities < 2:
            raise BadConfig("A swap needs two people: set identities to 2 or more, or leave the swaps out.")
        if len(self) == 0:
            raise BadConfig("The set would be empty: set reals or fakes_per_family above 0.")

    def __len__(self) -> int:
        return self.reals + self.fakes_per_family * len(self.families)

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self) * self.frames

    def columns(self) -> Columns:
        """The arrays that the cache keeps of each clip."""
        time, size = self.frames, self.size_px
        return {
            "frames": ((time, size, size, 3), np.uint8),
            "masks": ((time, size, size), np.uint8),
            "landmarks": ((time, 68, 2), np.float32),
            "drift": ((time, len(ORGANS), 2, 3), np.float32),
            "flicker": ((time, 4), np.float32),
            "jpeg_bytes": ((time,), np.int64),
        }

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Make clip `index`: its row of each array, and its knobs."""
        job = self.job(index)
        clip = Clip.sample(job.clip, job.target_id, self.frames)
        row = {"masks": 0, "drift": np.eye(2, 3), "flicker": 0}
        knobs: dict[str, Any] = {"manner": clip.acting.manner}
        taken = None
        if job.family == REAL:
            taken = film(clip, self.size_px)
        else:
            forged = forge_clip(job.family, clip, Person.sample(job.source_id), job.clip, size_px=self.size_px)
            taken, masks = forged.film, np.rint(forged.masks * 255)
            row = {"masks": masks, "drift": forged.drift.affines, "flicker": forged.flicker.changes}
            knobs |= forged.knobs
        return {**row, "frames": taken.frames, "landmarks": taken.landmarks, "jpeg_bytes": taken.jpeg_bytes}, knobs

    def job(self, index: int) -> "ClipJob":
        """What clip `index` is; reals first, then family by family."""
        people = identities(self.split, self.identities, self.seed)
        rng = np.random.default_rng([self.seed, SPLIT_CODES[self.split], index, 0xC1E7])
        number = int(rng.integers(1 << 62))
        if index < self.reals:
            target = people[index * len(people) // self.reals]
            return ClipJob(REAL, target, target, number)
        family, place = divmod(index - self.reals, self.fakes_per_family)
        shown = place * len(people) // self.fakes_per_family
        other = (shown + int(rng.integers(1, max(len(people), 2)))) % len(people)
        name = self.families[family]
        return ClipJob(name, people[shown], people[other if name in TWO_PEOPLE_FAMILIES else shown], number)


class ClipJob(NamedTuple):
    """One clip: "real" or a family, who is shown, whose face is used, and the clip's number."""

    family: str
    target_id: int
    source_id: int
    clip: int


@dataclass(frozen=True, eq=False)
class ClipSet:
    """Aligned arrays over N clips of T frames: frames (N, T, H, W, 3) uint8 RGB, labels (N,) int64 (1 is forged),
    family (N,) str ("real" or a family), target_id and source_id (N,) int64, masks (N, T, H, W) uint8 (255 is all
    forged), landmarks (N, T, 68, 2) float32 px, drift (N, T, K, 2, 3) float32 (see `drift.Drift`), flicker (N, T, 4)
    float32 (see `flicker.Flicker`), knobs of each clip, jpeg_bytes (N, T) int64. The large ones are memory maps."""

    spec: ClipSpec
    frames: np.ndarray
    labels: np.ndarray
    family: np.ndarray
    target_id: np.ndarray
    source_id: np.ndarray
    masks: np.ndarray
    landmarks: np.ndarray
    drift: np.ndarray
    flicker: np.ndarray
    knobs: list[dict[str, Any]]
    jpeg_bytes: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    @classmethod
    def build(
        cls,
        spec: ClipSpec,
        progress: Callable[[float], None] | None = None,
        workers: int | None = None,
        cache: Path | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Self:
        """Read a set from the cache, or make it and keep it there; see `ForgerySet.build`.

        Raises:
            Stopped: `stopping` said so; nothing is kept.
            BadInput: the cache folder cannot be written.
        """
        key = {**asdict(spec), "kind": "clips", "world": world_version()}
        return cls.of(spec, cached(spec, key, progress, workers, cache, stopping))

    @classmethod
    def of(cls, spec: ClipSpec, arrays: Arrays) -> Self:
        """From a set's arrays; who and what they show follows from the specification."""
        jobs = [spec.job(index) for index in range(len(spec))]
        family = np.array([job.family for job in jobs])
        return cls(
            spec=spec,
            labels=(family != REAL).astype(np.int64),
            family=family,
            target_id=np.array([job.target_id for job in jobs], np.int64),
            source_id=np.array([job.source_id for job in jobs], np.int64),
            knobs=arrays.knobs,
            **arrays.columns,
        )
