"""Photographs to be told apart by who is shown, and the place behind them, which may give it away.

A class is a person; each has a kind of place that is their home. `strength` is the share of photographs taken at home:
1 divided by the number of places is no correlation at all, 0.95 is Waterbirds' (Sagawa et al., ICLR 2020), whose
landbirds stand on land but for one in twenty. The mask of the person is known with every picture. Made once and kept;
same specification, same bytes. Unlike elsewhere in the world, train, val and test show the same people in other
photographs: the classes are closed.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.cache import Columns, cached
from engines.faceworld.camera import finish
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.photographs import SPLIT_CODES
from engines.faceworld.places import KINDS
from engines.faceworld.render import SIZES_PX, render
from engines.faceworld.splits import identities
from engines.faceworld.version import world_version

HOMES = ("park", "room", "evening", "studio", "kitchen", "street", "shelves", "window", "office")
"""Kinds of place in the order in which they become homes: neighbours in the list look unlike."""
ZOOM = 0.7
"""Size of the face in the picture: smaller than elsewhere in the world, so that the place shows."""


@dataclass(frozen=True)
class ClassedSpec:
    """What a set holds.

    Args:
        split: train, val or test: other photographs of the same people. classes: people. each: photographs of a person.
        homes: kinds of place; person k is at home in the (k mod homes)-th of `HOMES`. strength: share of photographs
            at home; 0 draws every place as often. seed: another one gives other people.

    Raises:
        BadConfig: a setting is out of bounds.
    """

    split: str = "train"
    classes: int = 8
    each: int = 24
    homes: int = 4
    strength: float = 0.0
    size_px: int = 112
    seed: int = 0

    def __post_init__(self) -> None:
        if self.split not in SPLIT_CODES:
            raise BadConfig(f"There is no split {self.split!r}; there are {', '.join(SPLIT_CODES)}.")
        if self.classes < 2 or self.each < 1:
            raise BadConfig(f"A set has 2 classes or more with a photograph each, not {self.classes} with {self.each}.")
        if not 2 <= self.homes <= len(HOMES):
            raise BadConfig(f"homes = {self.homes}: there are 2 to {len(HOMES)} kinds of place.")
        if not 0 <= self.strength <= 1:
            raise BadConfig(f"strength = {self.strength}: a share is 0 to 1.")
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise BadConfig(f"size_px = {self.size_px}: a picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide.")

    def __len__(self) -> int:
        return self.classes * self.each

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps of each photograph."""
        side = self.size_px
        return {
            "images": ((side, side, 3), np.uint8),
            "alphas": ((side, side), np.uint8),
            "labels": ((), np.int64),
            "places": ((), np.int64),
        }

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Photograph `index`, class by class."""
        label, number = divmod(index, self.each)
        who = identities("train", self.classes, self.seed)[label]
        rng = np.random.default_rng([self.seed, SPLIT_CODES[self.split], label, number, 0xC1A])
        place = self._place(label, number, rng)
        photo = Photo.sample(int(rng.integers(1 << 62)), occluder="none").changed(place=place, zoom=ZOOM)
        picture = render(Person.of(who), photo, self.size_px)
        row = {
            "images": np.array(finish(picture.image, photo.camera)),
            "alphas": cover(picture.truth.masks),
            "labels": label,
            "places": KINDS.index(place),
        }
        return row, {}

    def _place(self, label: int, number: int, rng: np.random.Generator) -> str:
        """Even sets take places in turn, so that every group is as large; others leave home by chance."""
        home = label % self.homes
        if not self.strength:
            return HOMES[(home + number) % self.homes]
        if rng.random() < self.strength:
            return HOMES[home]
        return HOMES[(home + 1 + int(rng.integers(self.homes - 1))) % self.homes]


def cover(masks: dict[str, np.ndarray]) -> np.ndarray:
    """Cover of the person, with what they wear, from the masks of a picture's truth: (H, W) uint8."""
    parts = [mask for name, mask in masks.items() if name != "face"]
    return (np.clip(np.sum(parts, axis=0), 0, 1) * 255 + 0.5).astype(np.uint8)


@dataclass(frozen=True, eq=False)
class ClassedSet:
    """Aligned arrays over N photographs: images (N, S, S, 3) uint8 RGB, alphas (N, S, S) uint8 cover of the person,
    labels (N,), places (N,) str and at_home (N,) bool."""

    spec: ClassedSpec
    images: np.ndarray
    alphas: np.ndarray
    labels: np.ndarray
    places: np.ndarray
    at_home: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def build(
        cls,
        spec: ClassedSpec,
        progress: Callable[[float], None] | None = None,
        workers: int | None = None,
        cache: Path | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> "ClassedSet":
        """Read a set from the cache, or make it and keep it there; arguments as for `dataset.ForgerySet.build`.

        Raises:
            Stopped: `stopping` said so; nothing is kept.
            BadInput: the cache folder cannot be written.
        """
        key = {"kind": "classed", "zoom": ZOOM, **asdict(spec), "world": world_version()}
        found = cached(spec, key, progress, workers, cache, stopping).columns
        places = np.array(KINDS)[found["places"]]
        homes = np.array(HOMES)[np.asarray(found["labels"]) % spec.homes]
        return cls(spec, found["images"], found["alphas"], found["labels"], places, places == homes)
