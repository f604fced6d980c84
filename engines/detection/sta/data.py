"""The three sets of films that a run of clips needs, from the face world or from the user's folder."""

from dataclasses import dataclass

from engines.detection.data import WORLD_LABEL
from engines.detection.sta.clips import Cut, Films, WorldFilms
from engines.detection.sta.folder import FolderFilms
from engines.detection.sta.recipe import VideoConfig
from engines.errors import BadConfig, Stopped
from engines.faceworld.clips.dataset import ClipSet, ClipSpec
from engines.faceworld.clips.forge import FAMILIES
from engines.training.journal import Journal

LARGEST = {"train": 160, "val": 40, "test": 80}
"""Identities of each split at most."""


@dataclass(frozen=True)
class Sets:
    """Films by split; identities (or videos) of one are in no other. `seen` are the families trained on."""

    train: Films
    val: Films
    test: Films
    seen: tuple[str, ...]
    label: str


def load(config: VideoConfig, journal: Journal) -> Sets:
    """Make or read the films, saying how far it is.

    Raises:
        BadConfig, BadInput: the settings contradict each other, or the folder cannot be used.
        Stopped: the journal asked to stop.
    """
    cut = Cut(config.clip_frames, config.stride, config.crop_px, config.views)
    if config.data == "world":
        if cut.span > config.film_frames:
            raise BadConfig(
                f"A clip of {cut.frames} frames, {cut.stride} apart, spans {cut.span}: set film_frames to as many."
            )
        train, val, test = (WorldFilms(_films(split, config, journal), cut) for split in ("train", "val", "test"))
        return Sets(train, val, test, config.families, f"{WORLD_LABEL}, clips")
    known, held, asked = (FolderFilms(config.data, split, cut) for split in ("train", "val", "test"))
    seen = tuple(sorted(set(known.family[known.labels == 1].tolist())))
    return Sets(known, held, asked, seen, config.data)


def world_spec(split: str, config: VideoConfig) -> ClipSpec:
    """The face world's films of a split: training holds the seen families, the test set all of them.

    Half of the training and validation films are real, a third of the test set. They do not depend on the run's seed.
    """
    families: tuple[str, ...] = FAMILIES if split == "test" else config.families
    real_share = 1 / 3 if split == "test" else 1 / 2
    total = {"train": config.train_films, "val": max(12, config.train_films // 4), "test": config.test_films}[split]
    reals = round(total * real_share)
    return ClipSpec(
        split=split,
        families=families,
        identities=max(2, min(LARGEST[split], reals // 2)),
        reals=reals,
        fakes_per_family=(total - reals) // max(1, len(families)),
        frames=config.film_frames,
    )


def _films(split: str, config: VideoConfig, journal: Journal) -> ClipSet:
    name = f"films-{split}"
    journal.phase(name, 0.0, f"rendering the {split} films; they are kept for the next run")
    films = ClipSet.build(
        world_spec(split, config), progress=lambda part: journal.phase(name, part), stopping=journal.stopping
    )
    if journal.stopping():
        raise Stopped(f"Stopped while the {split} films were made; resume it to go on.")
    return films
