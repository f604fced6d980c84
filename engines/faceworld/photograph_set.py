"""Photographs and what is known of them, made once and kept: the photographs of `photographs.WorldDataset` as arrays.

For training, where each picture is seen many times. Same specification, same bytes.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from engines.faceworld.cache import Columns, cached
from engines.faceworld.occluders import KINDS
from engines.faceworld.people import GROUPS
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.version import world_version


@dataclass(frozen=True)
class PhotographSpec(WorldSpec):
    """A `WorldSpec` whose photographs are kept."""

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps of each photograph."""
        return {
            "images": ((self.size_px, self.size_px, 3), np.uint8),
            "identities": ((), np.int64),
            "groups": ((), np.int64),
            "occluders": ((), np.int64),
            "years": ((), np.float32),
            "pose": ((3,), np.float32),
            "landmarks": ((68, 2), np.float32),
            "five": ((5, 2), np.float32),
        }

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Photograph `index` as the cache keeps it; it has no knobs."""
        found = WorldDataset(self)[index]
        return {
            "images": found["image"],
            "identities": found["identity"],
            "groups": list(GROUPS).index(found["group"]),
            "occluders": KINDS.index(found["occluder"]),
            "pose": [found["yaw"], found["pitch"], found["roll"]],
            **{name: found[name] for name in ("years", "landmarks", "five")},
        }, {}


@dataclass(frozen=True, eq=False)
class PhotographSet:
    """Aligned arrays over N photographs: images (N, H, W, 3) uint8 RGB, identities (N,), groups (N,) str of `GROUPS`,
    occluders (N,) str of `occluders.KINDS`, years (N,), pose (N, 3) yaw, pitch, roll in degrees, landmarks (N, 68, 2)
    and five (N, 5, 2) in px, pixel (0, 0) covering [0, 1) x [0, 1)."""

    spec: PhotographSpec
    images: np.ndarray
    identities: np.ndarray
    groups: np.ndarray
    occluders: np.ndarray
    years: np.ndarray
    pose: np.ndarray
    landmarks: np.ndarray
    five: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def build(
        cls,
        spec: PhotographSpec,
        progress: Callable[[float], None] | None = None,
        workers: int | None = None,
        cache: Path | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Self:
        """Read a set from the cache, or make it and keep it there; arguments as for `dataset.ForgerySet.build`.

        Raises:
            Stopped: `stopping` said so; nothing is kept.
            BadInput: the cache folder cannot be written.
        """
        key = {"kind": "photographs", **asdict(spec), "world": world_version()}
        columns = cached(spec, key, progress, workers, cache, stopping).columns
        named = {"groups": np.array(list(GROUPS)), "occluders": np.array(KINDS)}
        return cls(spec, **columns | {name: names[columns[name]] for name, names in named.items()})
