"""The contract of a forgery family: a record, a way to draw its knobs, and a way to make a layer from a scene.

A family is a module with one `Family` record; `catalogue` lists them, and `catalogue.forge` runs one. What a family
makes is a `Layer`: a picture and the mask to blend it with. Pictures are (H, W, 3) float32 RGB in [0, 1], toned, before
the camera; masks (H, W) float32 in [0, 1]; lengths in knobs are px at a size of 112.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from engines.errors import MissingWeights
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render

Knobs = dict[str, Any]


class Layer(NamedTuple):
    """What a family makes.

    Args:
        image: (H, W, 3), the forged face, of any content where the mask is 0.
        mask: (H, W), as if nothing were before the face; `forge` keeps it to what shows.
        misfit_px: root mean square distance, at 112, between where facial landmarks are and where they should be.
    """

    image: np.ndarray
    mask: np.ndarray
    misfit_px: float = 0.0


@dataclass(frozen=True)
class Scene:
    """A real photograph about to be forged, and the person whose face may be used for it."""

    target: Person
    photo: Photo
    source: Person
    size_px: int = 112

    @functools.cached_property
    def real(self) -> Picture:
        """The real picture."""
        return render(self.target, self.photo, self.size_px)

    def px(self, length: float) -> float:
        """A length given for 112 px, at this scene's size."""
        return length * self.size_px / 112


@dataclass(frozen=True)
class Family:
    """A kind of forgery.

    Args:
        name: of the module. title: for people. mirrors: what it stands for among the field's forgeries.
        two_people: whether the face of a second person is used. trained_on: whether detectors may see it in training;
            the other families are held out for tests.
        sample_knobs: random settings, JSON-able. make: the layer of a scene under given knobs.
        weights: a file that must be there, and made_by: the command that makes it.
    """

    name: str
    title: str
    mirrors: str
    two_people: bool
    trained_on: bool
    sample_knobs: Callable[[np.random.Generator], Knobs]
    make: Callable[[Scene, Knobs, np.random.Generator], Layer]
    weights: Path | None = None
    made_by: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be made here."""
        return self.weights is None or self.weights.exists()

    def require(self) -> None:
        """Make sure that it can be made here.

        Raises:
            MissingWeights: its weights are not there.
        """
        if not self.ready:
            raise MissingWeights(f"The forgery family {self.name} needs {self.weights}: make it with {self.made_by}.")


def blend(forged: np.ndarray, real: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`mask` of the forged picture over the real one; where the mask is 0 the real one, exactly."""
    share = mask[..., None]
    return np.where(share > 0, share * forged + (1 - share) * real, real)
