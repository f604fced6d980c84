"""The pictures all detectors meet, made or listed once; each sees them in the crops it was trained on.

Reals (N_r) and forgeries of the chosen families, of people or videos that no training saw. Only labels, families and
groups are held in memory; pictures are cut out when a batch of them is scored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from engines.data.forgery_index import read_index
from engines.detection import baselines, data
from engines.detection.arena.recipe import ArenaConfig, require_data
from engines.detection.folders import FolderSamples
from engines.detection.samples import Part, Samples, WorldSamples
from engines.errors import BadConfig, BadInput
from engines.faceworld.dataset import ForgerySet
from engines.training.journal import Journal

CROP_PX = 112
"""Side of the crops from which labels are listed and the sharpness baseline is measured, on a user's pictures."""
Card = dict[str, Any]


@dataclass(frozen=True)
class World:
    """The face world's test people."""

    test: ForgerySet
    train: ForgerySet
    label: str = data.WORLD_LABEL

    def view(self, card: Card) -> Samples:
        """The pictures as a detector looks at them.

        Raises:
            BadConfig: it looks at more than there is.
        """
        size = self.test.spec.size_px
        if card["crop_px"] > size:
            raise BadConfig(
                f"Detector {card['name']!r} looks at {card['crop_px']} px, the world's pictures have {size} px. "
                "Leave it out, or set data to photographs."
            )
        return WorldSamples(self.test, card["crop_px"])

    def sharpness(self) -> np.ndarray | None:
        """Logits of the sharpness baseline, (N,)."""
        return baselines.scores_of("sharpness", self.train, self.test)


@dataclass(frozen=True)
class Photographs:
    """A folder, or a DeepfakeBench JSON. It has no sharpness baseline: many test sets have no training part."""

    source: str
    frames: int

    @property
    def label(self) -> str:
        """Where they come from."""
        return self.source

    def view(self, card: Card) -> Samples:
        """The pictures as a detector looks at them.

        Raises:
            BadInput: see `read_index`.
        """
        recipe = str(card.get("config", {}).get("recipe", "face"))
        shape = ("face" if recipe == "crop" else recipe, int(card["crop_px"]))
        return FolderSamples(read_index(self.source, "test"), *shape, self.frames)

    def sharpness(self) -> np.ndarray | None:
        """None."""
        return None


class TestSet:
    """The pictures of the chosen families; `plain` has their labels, families and groups."""

    __test__ = False  # not for pytest

    def __init__(self, source: World | Photographs, families: Sequence[str]):
        self.source = source
        whole = source.view({"name": "plain", "crop_px": CROP_PX})
        self.where = _chosen(whole, families)
        self.plain = Part(whole, self.where)

    @property
    def label(self) -> str:
        """What was measured on."""
        return self.source.label

    def seen_by(self, card: Card) -> Part:
        """The pictures in a detector's own crops."""
        return Part(self.source.view(card), self.where)

    def pictures(self, card: Card, places: Sequence[int]) -> np.ndarray:
        """Some pictures (n, H, W, 3) uint8, to be damaged: the world's whole, photographs in the detector's crops."""
        if isinstance(self.source, World):
            return np.asarray(self.source.test.images[self.where[np.asarray(places)]])
        return as_bytes(self.seen_by(card).centre(places))

    def sharpness_seen(self) -> list[str]:
        """Families the sharpness baseline is fitted on."""
        return list(self.source.train.spec.families) if isinstance(self.source, World) else []

    def sharpness(self) -> np.ndarray | None:
        """Logits of the sharpness baseline, (N,), where there are pictures to fit it on."""
        found = self.source.sharpness()
        return None if found is None else found[self.where]


def build(config: ArenaConfig, journal: Journal) -> TestSet:
    """Make or list the pictures, once.

    Raises:
        BadConfig, BadInput: the data cannot be used, or a family has no pictures in it.
        Stopped: the journal asked to stop.
    """
    require_data(config)
    if config.data != "world":
        return TestSet(Photographs(config.data, config.frames), config.families)
    test, train = (data.world_pictures(split, config.pictures(), journal) for split in ("test", "train"))
    return TestSet(World(test, train), config.families)


def as_bytes(crops: Tensor) -> np.ndarray:
    """Crops (B, 3, S, S) in [0, 1] -> (B, S, S, 3) uint8."""
    return (crops * 255).round().byte().permute(0, 2, 3, 1).numpy()


def _chosen(whole: Samples, families: Sequence[str]) -> np.ndarray:
    known = sorted(set(whole.family[whole.labels == 1].tolist()))
    if unknown := sorted(set(families) - set(known)):
        raise BadConfig(f"No test picture is of the family {unknown[0]!r}; the families here are {', '.join(known)}.")
    wanted = np.isin(whole.family, list(families or known)) & (whole.labels == 1)
    if not wanted.any() or not (whole.labels == 0).any():
        raise BadInput("The test pictures are all of one class; give reals and forgeries.")
    return np.flatnonzero(wanted | (whole.labels == 0))
