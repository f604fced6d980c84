"""A stream: labelled pictures that arrive class by class or domain by domain.

Labels are numbers of `classes`, domains of `domains`. Where there are domains, every class is in each of them and a
session is a domain; where there are none, a session is some classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from engines.errors import BadInput


class Pictures(Protocol):
    """Pictures that are read or made when they are asked for."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def read(self, indices: Sequence[int]) -> list[np.ndarray]:
        """Some of them, each (H, W, 3) uint8 RGB."""
        ...


@dataclass(frozen=True)
class Part:
    """Pictures to train on, or to test with: labels (N,), domains (N,), all 0 where there are none."""

    pictures: Pictures
    labels: np.ndarray
    domains: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Stream:
    """Everything that will arrive.

    Attributes:
        label: what it is, for people and provenance. classes, domains: names; no domains in a class-incremental one.
        shuffled: whether an order may be drawn; VTAB's is part of its protocol.

    Raises:
        BadInput: pictures and labels differ in number, a label or domain has no name, or a class lacks pictures.
    """

    label: str
    classes: tuple[str, ...]
    train: Part
    test: Part
    domains: tuple[str, ...] = ()
    shuffled: bool = True

    def __post_init__(self) -> None:
        if len(set(self.classes)) != len(self.classes):
            twice = next(name for name in self.classes if self.classes.count(name) > 1)
            raise BadInput(f"{self.label} names the class {twice!r} twice; give each class one name.")
        for name, part in (("training", self.train), ("test", self.test)):
            self._check(name, part)

    def _check(self, name: str, part: Part) -> None:
        counts = {len(part.pictures), len(part.labels), len(part.domains)}
        if len(counts) > 1:
            raise BadInput(
                f"{self.label} has {len(part.pictures)} {name} pictures, {len(part.labels)} labels and "
                f"{len(part.domains)} domains; there must be one of each for every picture."
            )
        for kind, numbers, names in (("label", part.labels, self.classes), ("domain", part.domains, self.domains)):
            known = max(1, len(names))
            if len(numbers) and not 0 <= numbers.min() <= numbers.max() < known:
                odd = next(int(number) for number in numbers if not 0 <= number < known)
                raise BadInput(f"{self.label} has {name} pictures of {kind} {odd}, but knows {kind}s 0 to {known - 1}.")
        absent = sorted(set(range(len(self.classes))) - set(part.labels.tolist()))
        if absent:
            raise BadInput(
                f"{self.label} has no {name} picture of the class {self.classes[absent[0]]!r}; leave it out."
            )
