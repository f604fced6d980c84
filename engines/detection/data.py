"""The three sets a detection run needs, train, validation and test, from the face world or from the user's folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engines.data.forgery_index import Video, read_index
from engines.detection import protocol
from engines.detection.config import DetectionConfig, require_data
from engines.detection.folders import FolderSamples
from engines.detection.pairs import FolderPairs, WorldPairs
from engines.detection.samples import Samples, WorldSamples
from engines.errors import Stopped
from engines.faceworld.dataset import FAMILIES, ForgerySet, ForgerySpec
from engines.training.journal import Journal

WORLD_LABEL = "face world"
SETS = ("train", "val", "test")


@dataclass(frozen=True)
class Data:
    """Samples by split; identities (or videos) of one are in no other. `seen` are the families trained on."""

    train: Samples
    val: Samples
    test: Samples
    seen: tuple[str, ...]
    label: str


def load(config: DetectionConfig, journal: Journal, partners: Sequence[str] = ()) -> Data:
    """Make or read the pictures, saying how far it is.

    Args:
        partners: which of the real frames behind each forgery training pictures come with, of `pairs.PARTNERS`; they
            are then `pairs.WorldPairs` or `pairs.FolderPairs`.

    Raises:
        BadConfig, BadInput: the settings contradict each other, or the folder cannot be used.
        Stopped: the journal asked to stop.
    """
    require_data(config)
    if config.data != "world":
        return _photographs(config, journal, partners)
    kinds = {"train": WorldPairs if partners else WorldSamples, "val": WorldSamples, "test": WorldSamples}
    sets = {
        split: kind(world_pictures(split, config, journal, kind is WorldPairs), config.crop_px)
        for split, kind in kinds.items()
    }
    return Data(**sets, seen=config.families, label=WORLD_LABEL)


def folder_pairs(
    videos: Sequence[Video], config: DetectionConfig, journal: Journal, partners: Sequence[str]
) -> FolderPairs:
    """Photographs with the real frames behind them; how many have none is said.

    Raises:
        BadInput: none has.
    """
    found = FolderPairs(videos, *_how(config), "source" in partners)
    journal.phase("pairs", None, found.said)
    journal.log(found.said)
    return found


def videos(config: DetectionConfig, splits: Sequence[str] = SETS) -> dict[str, list[Video]]:
    """The videos of a user's data by split.

    Raises:
        BadInput: see `read_index`.
    """
    if config.protocol:
        found = protocol.videos(config.data, config.protocol)
        return {split: found[split] for split in splits}
    return {split: read_index(config.data, split) for split in splits}


def _photographs(config: DetectionConfig, journal: Journal, partners: Sequence[str]) -> Data:
    parts = videos(config)
    sets = {split: FolderSamples(parts[split], *_how(config)) for split in SETS if split != "train" or not partners}
    if partners:
        sets["train"] = folder_pairs(parts["train"], config, journal, partners)
    seen = tuple(sorted(set(sets["train"].family[sets["train"].labels == 1].tolist())))
    return Data(**sets, seen=seen, label=config.data)


def _how(config: DetectionConfig) -> tuple[str, int, int, bool]:
    recipe = "face" if config.recipe == "crop" else config.recipe
    return recipe, config.crop_px, config.frames, config.first_k


def world_spec(split: str, config: DetectionConfig) -> ForgerySpec:
    """The face-world pictures of a split: training holds the seen families, the test set all of them.

    Half of the training and validation pictures are real, two of seven in the test set. An identity gives about
    ten real pictures. The pictures do not depend on the run's seed, so that seeds compare trainings alone.
    """
    if split == "test":
        families, total, real_share = tuple(FAMILIES), config.test_pictures, 2 / 7
    else:
        families, real_share = config.families, 1 / 2
        total = config.train_pictures if split == "train" else max(48, config.train_pictures // 4)
    reals = round(total * real_share)
    return ForgerySpec(
        split=split,
        families=families,
        identities=max(4, min(LARGEST[split], reals // 10)),
        reals=reals,
        fakes_per_family=(total - reals) // len(families),
    )


LARGEST = {"train": 180, "val": 40, "test": 80}
"""Identities of each split at most."""


def world_pictures(split: str, config: DetectionConfig, journal: Journal, partners: bool = False) -> ForgerySet:
    """Make the face-world pictures of a split, or read them if they were made before.

    Raises:
        Stopped: the journal asked to stop.
    """
    name = f"pictures-{split}"
    journal.phase(name, 0.0, f"rendering the {split} pictures; they are kept for the next run")
    pictures = ForgerySet.build(
        replace(world_spec(split, config), partners=partners),
        progress=lambda part: journal.phase(name, part),
        stopping=journal.stopping,
    )
    if journal.stopping():
        raise Stopped(f"Stopped while the {split} pictures were made; resume it to go on.")
    return pictures
