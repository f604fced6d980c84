"""Who is it: photographs of the face world's people, a class a person, with photographs of their own in each split.

The people are the same in training and test, the photographs are not: the task is a closed set, as in CIFAR-100. It
says nothing about people that were never seen, and is never used where that is the question.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engines.data.labelled.base import Entry, Labelled
from engines.faceworld.people import GROUPS
from engines.faceworld.photograph_set import PhotographSet, PhotographSpec

LABEL = "face world"


@dataclass(frozen=True)
class PeopleSpec:
    """How many people, and how many photographs of each in the three splits."""

    people: int
    train: int
    val: int
    test: int
    size_px: int = 56


def load(
    spec: PeopleSpec,
    progress: Callable[[float], None] | None = None,
    stopping: Callable[[], bool] | None = None,
) -> tuple[Labelled, Labelled, Labelled]:
    """Training, validation and test photographs, made or read from the cache.

    Raises:
        Stopped: `stopping` said so.
        BadConfig: the settings are out of the world's bounds.
    """
    each = spec.train + spec.val + spec.test
    photographs = PhotographSet.build(
        PhotographSpec("train", spec.people, each, groups=tuple(GROUPS), size_px=spec.size_px),
        progress=progress,
        stopping=stopping,
    )
    _, labels = np.unique(photographs.identities, return_inverse=True)
    entries = tuple(
        Entry(f"person {label}/{index}", int(label), photographs.images[index].copy)
        for index, label in enumerate(labels)
    )
    whole = Labelled(tuple(f"person {number}" for number in range(spec.people)), entries)
    number = np.arange(len(whole)) % each  # photographs lie person by person
    cuts = (0, spec.train, spec.train + spec.val, each)
    train, val, test = (whole.subset(np.flatnonzero((number >= low) & (number < high))) for low, high in pairwise(cuts))
    return train, val, test
