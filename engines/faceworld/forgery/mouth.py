"""Mouth re-rendering: the lower face drawn again as if it spoke, as lip synchronisation does, and blended back.

Such generators work on few pixels, so that resolution is lost. Knobs: `jaw`, how far the mouth opens; `shape`, one of
`SHAPES`, and its `amount`; `other`, the number of a photograph whose light differs, and `light`, how far; `colour` in
[0, 1]; `resolution` >= 1; `sharpen`; `feather` px.
"""

from dataclasses import replace

import numpy as np

from engines.faceworld.basis import load_basis
from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.reenact import rerendered
from engines.faceworld.photo import Photo

SHAPES = {
    "open": (),
    "round": ("mouthFunnel",),
    "narrow": ("mouthPucker",),
    "wide": ("mouthStretchLeft", "mouthStretchRight"),
    "smile": ("mouthSmileLeft", "mouthSmileRight"),
    "closed": ("mouthPressLeft", "mouthPressRight"),
}


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one mouth."""
    return {
        "jaw": rng.uniform(0.05, 0.6),
        "shape": str(rng.choice(list(SHAPES))),
        "amount": rng.uniform(0.2, 0.7),
        "other": int(rng.integers(1 << 31)),
        "light": rng.uniform(0.5, 1),
        "colour": rng.uniform(0, 0.4),
        "resolution": float(rng.choice([2.2, 2.7, 3.2])),
        "sharpen": rng.uniform(0, 0.15),
        "feather": rng.uniform(1, 2.2),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The lower face speaking, and the mask over jaw and mouth."""
    other = Photo.sample(knobs["other"], occluder="none")
    photo = replace(scene.photo, expression=speaking(scene.photo.expression, knobs))
    return rerendered(scene, scene.target, photo.lit(other.light, knobs["light"]), "lower", knobs)


def speaking(expression: np.ndarray, knobs: Knobs) -> np.ndarray:
    """An expression (52,) whose jaw and mouth are replaced; eyes and brows stay."""
    basis, spoken = load_basis(), expression.copy()
    spoken[[action.startswith(("mouth", "jaw")) for action in basis.actions]] = 0
    spoken[basis.action("jawOpen")] = 0 if knobs["shape"] == "closed" else knobs["jaw"]
    for action in SHAPES[knobs["shape"]]:
        spoken[basis.action(action)] = knobs["amount"]
    return spoken


FAMILY = Family(
    name="mouth",
    title="Mouth re-rendering",
    mirrors="lip synchronisation: Wav2Lip, NeuralTextures",
    two_people=False,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
)
