"""What a run trains and tests on: settings of the face world, or a folder of labelled pictures.

In the world, `full` and `few-shot` have places drawn evenly and `spurious` has people mostly at home; the test is the
same for all, with every place as often for everyone, and its groups are "home, at home" and "home, away". Validation is
drawn like training, so nothing of the test's groups is known when an epoch is chosen. In few-shot, validation has no
more pictures than training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from engines.augmentation.deda.recipe import DedaConfig
from engines.data import labelled
from engines.data.labelled import Entry, Labelled
from engines.faceworld.classed import HOMES, ClassedSet, ClassedSpec
from engines.training.journal import Journal

WORLD = "world"


@dataclass(frozen=True, eq=False)
class Setting:
    """What one setting trains on, is chosen by, and is tested on."""

    name: str
    train: Labelled
    val: Labelled
    test: Labelled


def settings(config: DedaConfig, journal: Journal) -> list[Setting]:
    """The settings asked for.

    Raises:
        BadInput: the folder cannot be read, or a class has too few pictures.
        Stopped: the journal asked to stop while pictures were rendered.
    """
    return _world(config, journal) if config.data == WORLD else _folder(config)


def _folder(config: DedaConfig) -> list[Setting]:
    found = labelled.read(config.data)
    train, val = found.train.split(config.val_share, config.seed)
    parts = {"full": (train, val), "few-shot": (train.few(config.shots), val.few(config.shots))}
    return [Setting(name, *parts[name], found.test) for name in config.settings]


def _world(config: DedaConfig, journal: Journal) -> list[Setting]:
    test = world("test", config.test_each, 0.0, config, journal)
    found = []
    for name in config.settings:
        share = config.correlation if name == "spurious" else 0.0
        train = world("train", config.each, share, config, journal)
        val = world("val", config.val_each, share, config, journal)
        if name == "few-shot":
            train, val = train.few(config.shots), val.few(config.shots)
        found.append(Setting(name, train, val, test))
    return found


def world(split: str, each: int, strength: float, config: DedaConfig, journal: Journal) -> Labelled:
    """Photographs of the face world, with masks and groups."""
    name = f"pictures-{split}"
    journal.phase(name, 0.0, f"rendering the {split} pictures; they are kept for the next run")
    spec = ClassedSpec(split, config.classes, each, config.homes, strength, config.bank_px, config.seed)
    made = ClassedSet.build(spec, progress=lambda part: journal.phase(name, part), stopping=journal.stopping)
    return of_world(made)


def of_world(made: ClassedSet) -> Labelled:
    """A set of the world as labelled pictures."""
    classes = tuple(f"person-{k:03d}" for k in range(made.spec.classes))

    def entry(index: int) -> Entry:
        label = int(made.labels[index])
        where = "at home" if made.at_home[index] else "away"
        return Entry(
            name=f"{classes[label]}/{index % made.spec.each:04d}",
            label=label,
            read=partial(_row, made.images, index),
            mask=_mask(made.alphas, index),
            group=f"{HOMES[label % made.spec.homes]}, {where}",
        )

    return Labelled(classes, tuple(entry(index) for index in range(len(made))))


def _row(images: np.ndarray, index: int) -> np.ndarray:
    return np.array(images[index])


def _mask(alphas: np.ndarray, index: int) -> Callable[[], np.ndarray]:
    return lambda: alphas[index].astype(np.float32) / 255
