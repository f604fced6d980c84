"""The pictures of a distillation: the face world's people, CIFAR-100, or an ImageFolder; three splits of each."""

from dataclasses import dataclass
from pathlib import Path

from engines.data import labelled
from engines.data.labelled import Labelled, cifar, people
from engines.errors import BadConfig, Stopped
from engines.training.journal import Journal

SPLIT_SEED = 0


@dataclass(frozen=True)
class Data:
    """Pictures by split; `label` says where they are from."""

    train: Labelled
    val: Labelled
    test: Labelled
    label: str


def world(spec: people.PeopleSpec, journal: Journal) -> Data:
    """The face world's people.

    Raises:
        Stopped: the journal asked to stop.
        BadConfig: the settings are out of the world's bounds.
    """
    journal.phase("pictures", 0.0, "rendering the photographs; they are kept for the next run")
    found = people.load(spec, lambda part: journal.phase("pictures", part), journal.stopping)
    if journal.stopping():
        raise Stopped("Stopped while the photographs were made; resume it to go on.")
    return Data(*found, people.LABEL)


def folder(root: str, val_share: float) -> Data:
    """A folder of the user's: its test pictures are never chosen by.

    Raises:
        BadInput: the folder cannot be used, or a class has one training picture.
    """
    place = cifar.find(Path(root))
    splits = cifar.load(place) if place else labelled.read(root)
    train, val = splits.train.split(val_share, SPLIT_SEED)
    if len(splits.train.classes) < 2:
        raise BadConfig(f"{root} has one class; two are the least to tell apart.")
    return Data(train, val, splits.test, root)
