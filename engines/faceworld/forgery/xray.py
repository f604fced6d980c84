"""Face X-ray blending: a real face of another person with the nearest landmarks, cut out and blended in.

Li et al., "Face X-ray for more general face forgery detection", CVPR 2020. The hull is distorted and grown or shrunk at
random, the colour moved by its mean alone, the edge wide. `Forgery.boundary` is the paper's label 4 m (1 - m). Differs
from the paper: the source's photograph has nearly the target's pose. Knobs: those of `swap`, and `elastic` px,
`grow` px (negative shrinks).
"""

import numpy as np
from scipy.ndimage import gaussian_filter

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import HULLS, elastic, feather, shown
from engines.faceworld.forgery.swap import fit, restored, sample_fit
from engines.faceworld.forgery.tools import transfer_colour

ELASTIC_SMOOTH = 8.0
"""Px at 112 over which the hull's distortion is alike."""


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one blend."""
    return {
        **sample_fit(rng),
        "view": "photograph",
        "warp": "similarity",
        "jitter": 0.0,
        "quantile": 0.0,
        "hull": str(rng.choice(HULLS[:4])),
        "elastic": rng.uniform(0.5, 2.5),
        "grow": rng.uniform(-2, 1),
        "colour": rng.uniform(0.3, 0.9),
        "resolution": float(rng.choice([1.2, 1.7, 2.2])),
        "sharpen": rng.uniform(0, 0.25),
        "feather": rng.uniform(1.5, 4),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The source's face in its own light, and the mask to blend it with."""
    fitted, real = fit(scene, knobs, rng), scene.real
    region = elastic(grown(fitted.hull, scene.px(knobs["grow"])), *_distortion(scene, knobs), rng)
    mask = feather(region * fitted.cover, scene.px(knobs["feather"]))
    coloured = transfer_colour(fitted.image, real.image, mask * shown(real.truth), knobs["colour"], spread=False)
    return Layer(restored(coloured, knobs, scene), mask, fitted.misfit_px)


def grown(mask: np.ndarray, by_px: float) -> np.ndarray:
    """A mask whose edge lies `by_px` further out, or in: the level set of its blur."""
    if by_px == 0:
        return mask
    wide = gaussian_filter(mask, abs(by_px), mode="nearest")
    return (wide > (0.16 if by_px > 0 else 0.84)).astype(np.float32)


def _distortion(scene: Scene, knobs: Knobs) -> tuple[float, float]:
    return scene.px(knobs["elastic"]), scene.px(ELASTIC_SMOOTH)


FAMILY = Family(
    name="xray",
    title="Face X-ray blend",
    mirrors="blended images of two real faces, as Face X-ray and its followers train on",
    two_people=True,
    trained_on=True,
    sample_knobs=sample_knobs,
    make=make,
)
