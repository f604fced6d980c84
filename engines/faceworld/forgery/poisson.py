"""Face swap blended in the gradient domain: the seam vanishes, and the source's texture takes the target's light.

Perez et al., 2003 (see `membrane`). No other family blends so: detectors that look for a seam never saw it. Knobs:
those of `swap` without colour, feather and alpha, which this blending makes idle.
"""

import numpy as np

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import HULLS, feather, shown
from engines.faceworld.forgery.membrane import poisson
from engines.faceworld.forgery.swap import fit, restored, sample_fit
from engines.faceworld.forgery.tools import transfer_colour

EDGE = 1.5
"""Px that the region keeps away from the edge of either face."""
VISIBLE = 0.9
"""A pixel with less of the face in it than this does not tell what colour the edge should have."""


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one swap."""
    return {
        **sample_fit(rng),
        "quantile": rng.uniform(0, 0.6),
        "hull": str(rng.choice(HULLS[:3])),
        "resolution": float(rng.choice([1.3, 1.7, 2.0])),
        "sharpen": rng.uniform(0, 0.3),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The source's face solved into the photograph, under a mask without a soft edge."""
    fitted, real = fit(scene, knobs, rng), scene.real
    visible = shown(real.truth)
    region = feather(fitted.hull * fitted.cover, scene.px(EDGE)) > 0.5
    inside = region & (visible > 0.5)
    matched = transfer_colour(fitted.image, real.image, inside.astype(np.float32), 1.0)
    solved = poisson(restored(matched, knobs, scene), real.image, inside, visible < VISIBLE)
    return Layer(np.clip(solved, 0, 1), region.astype(np.float32), fitted.misfit_px)


FAMILY = Family(
    name="poisson",
    title="Face swap, gradient domain",
    mirrors="swaps with seamless cloning",
    two_people=True,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
)
