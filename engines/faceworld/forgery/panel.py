"""Choosing whose face to use: among some people, by how alike their landmarks are to the target's.

Face X-ray (Li et al., CVPR 2020) takes the nearest; here the quantile of the distance is a setting, since a farther
source makes a worse forgery. Differs from the paper: the colour of the skin counts too, as forgers choose by it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engines.faceworld.forgery.quality import lab
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.people import Person

USUAL_SHAPE, USUAL_SKIN = 0.45, 20.0
"""Medians over pairs of people: norm of the difference of outlines; Delta E."""


@dataclass(frozen=True)
class Panel:
    """People, by number, of whom one will be the source."""

    numbers: tuple[int, ...]

    def pick(self, target: Person, quantile: float) -> Person:
        """The person at a quantile in [0, 1] of the distances to the target: 0 is the most alike, 1 the least."""
        distances = [distance(looks(target), _looks_of(number)) for number in self.numbers]
        return Person.sample(self.numbers[rank(distances, quantile)])


def rank(distances: Sequence[float], quantile: float) -> int:
    """The place, in a list, of its value at a quantile."""
    order = np.argsort(distances, kind="stable")
    return int(order[round(quantile * (len(order) - 1))])


def outline(vertices: np.ndarray) -> np.ndarray:
    """Landmarks (68, 2) of a neutral head seen from the front, centred, of unit root mean square."""
    points = vertices[landmark_vertices()][:, ::2].astype(np.float64)
    points = points - points.mean(0)
    return points / np.sqrt((points**2).sum(1).mean())


def looks(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks and skin colour (L*a*b*)."""
    return outline(person.vertices), lab(np.clip(np.array(person.skin.colour), 0, 1) ** (1 / 2.2))


def distance(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    """How unlike two people look: landmarks and skin, each in units of its usual difference."""
    shape, skin = (float(np.linalg.norm(a - b)) for a, b in zip(one, other, strict=True))
    return float(np.hypot(shape / USUAL_SHAPE, skin / USUAL_SKIN))


@functools.lru_cache(maxsize=4096)
def _looks_of(number: int) -> tuple[np.ndarray, np.ndarray]:
    return looks(Person.sample(number))
