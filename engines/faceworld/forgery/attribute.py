"""An edit of one attribute: the target's face drawn older, tanned, bearded or with other eyes, and blended back.

The person stays: shape code and marks are unchanged (`Person.of`). Knobs: `edit`, one of `EDITS`, and its `amount` in
[0.5, 1], the share of the largest change; `other`, the number of a photograph whose light differs, and `light`, how
far; `colour` in [0, 1]; `resolution` >= 1; `sharpen`; `feather` px.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.reenact import rerendered
from engines.faceworld.people import TRAITS, Traits
from engines.faceworld.photo import Photo


def _away(name: str, share: float) -> Callable[[Traits, float], dict[str, Any]]:
    """A change of a trait by a share of its range, away from the nearer end."""

    def changes(traits: Traits, amount: float) -> dict[str, Any]:
        low, high = TRAITS[name].low, TRAITS[name].high
        value, step = getattr(traits, name), share * amount * (high - low)
        moved = value + step if value - low < high - value else value - step
        return {name: min(max(moved, low), high)}

    return changes


def _iris(traits: Traits, amount: float) -> dict[str, Any]:
    names = TRAITS["iris"].choices
    return {"iris": names[(names.index(traits.iris) + round(amount * (len(names) - 1))) % len(names)]}


EDITS: dict[str, tuple[str, Callable[[Traits, float], dict[str, Any]]]] = {
    "age": ("full", _away("years", 0.5)),
    "skin": ("full", _away("melanin", 0.3)),
    "beard": ("lower", _away("beard", 0.8)),
    "brows": ("brows", _away("brow_thickness", 0.5)),
    "eyes": ("eyes", _iris),
    "lips": ("mouth", _away("lipstick", 0.5)),
}
"""What is changed: the region drawn again, and the changes of traits."""


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one edit."""
    return {
        "edit": str(rng.choice(list(EDITS), p=[0.3, 0.15, 0.2, 0.1, 0.1, 0.15])),
        "amount": rng.uniform(0.5, 1),
        "other": int(rng.integers(1 << 31)),
        "light": rng.uniform(0.2, 0.7),
        "colour": rng.uniform(0.2, 0.7),
        "resolution": float(rng.choice([1.7, 2.0, 2.5])),
        "sharpen": rng.uniform(0, 0.3),
        "feather": rng.uniform(1.2, 3),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The edited face, and the mask over the region that the edit touches."""
    region, changes = EDITS[knobs["edit"]]
    person = scene.target.changed(**changes(scene.target.traits, knobs["amount"]))
    other = Photo.sample(knobs["other"], occluder="none")
    return rerendered(scene, person, scene.photo.lit(other.light, knobs["light"]), region, knobs)


FAMILY = Family(
    name="attribute",
    title="Attribute edit",
    mirrors="edits of age, skin, beard, brows, eyes and lips: StyleCLIP, InstructPix2Pix",
    two_people=False,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
)
