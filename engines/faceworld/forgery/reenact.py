"""Reenactment: the target's own face re-rendered with another expression and blended back.

The whole face is replaced, under a light a little different. Knobs: `amount` of the new expression, `light`,
`colour` in [0, 1], `resolution` >= 1, `feather` px at 112.
"""

from dataclasses import replace

import numpy as np

from engines.faceworld.forgery.base import Knobs, Scene
from engines.faceworld.forgery.tools import coarsen, face_mask, feather, transfer_colour
from engines.faceworld.photo import sample_expression, sample_light
from engines.faceworld.render import render


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one reenactment."""
    return {
        "amount": rng.uniform(0.8, 1.4),
        "light": rng.uniform(0.2, 0.8),
        "colour": rng.uniform(0.2, 0.7),
        "resolution": float(rng.choice([1.3, 1.7, 2.0])),
        "feather": rng.uniform(1.2, 2.5),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The re-rendered face, and the mask where both pictures show the face."""
    photo = replace(scene.photo, expression=sample_expression(rng, knobs["amount"]))
    driven = render(scene.target, photo.lit(sample_light(rng), knobs["light"]), scene.size_px)
    mask = feather(face_mask(scene.real.truth.places, "full", rng), scene.px(knobs["feather"]))
    coloured = transfer_colour(driven.image, scene.real.image, mask, knobs["colour"])
    return coarsen(coloured, knobs["resolution"]), mask
