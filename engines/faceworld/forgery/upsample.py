"""Up-sampling traces of a generator: the face as if decoded from fewer pixels.

Odena et al., "Deconvolution and checkerboard artifacts", 2016; Durall et al., "Watch your up-convolution", CVPR 2020.
The face is box-averaged by two, enlarged in one of four ways, and sharpened as a decoder learns to; phases of two
pixels keep a small gain, as transposed convolutions leave. Knobs: `method` of `METHODS`; `checkerboard` gain;
`sharpen`; `mix`, the share of the real face kept, as skip connections do; `hull` of `masks.HULLS`; `feather` px.
"""

import numpy as np
from PIL import Image
from scipy.ndimage import convolve1d

from engines.faceworld.camera import resize
from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import HULLS, feather, hull
from engines.faceworld.forgery.tools import sharpen

FACTOR = 2
FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
}
METHODS = (*FILTERS, "transposed")
KERNEL = np.array([0.25, 0.75, 0.75, 0.25])
"""Of the transposed convolution: four wide, stride two."""


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one up-sampled face."""
    return {
        "method": str(rng.choice(["bicubic", "transposed", "bilinear"])),
        "checkerboard": rng.uniform(0.01, 0.04),
        "sharpen": rng.uniform(0, 0.35),
        "mix": rng.uniform(0, 0.25),
        "hull": str(rng.choice(HULLS[:3])),
        "feather": rng.uniform(1.5, 4),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The picture as a decoder would give it, and the mask of the face."""
    size, real = scene.size_px, scene.real
    small = resize(real.image, -(-size // FACTOR), Image.Resampling.BOX)
    large = enlarged(small, knobs["method"])[:size, :size]
    phase = rng.normal(0, 1, (FACTOR, FACTOR))
    phase -= phase.mean()
    tiles = np.tile(phase / np.abs(phase).max(), (size // FACTOR + 1,) * 2)[:size, :size, None]
    large = large * (1 + knobs["checkerboard"] * tiles).astype(np.float32)
    mixed = (1 - knobs["mix"]) * sharpen(large, knobs["sharpen"], 1) + knobs["mix"] * real.image
    mask = feather(hull(real.truth.landmarks, knobs["hull"], size), scene.px(knobs["feather"]))
    return Layer(mixed.astype(np.float32), mask)


def enlarged(small: np.ndarray, method: str) -> np.ndarray:
    """A picture (H, W, 3) at twice its size."""
    if method in FILTERS:
        return resize(small, small.shape[0] * FACTOR, FILTERS[method])
    spread = np.zeros((small.shape[0] * FACTOR, small.shape[1] * FACTOR, small.shape[2]), np.float32)
    spread[::FACTOR, ::FACTOR] = small
    for axis in (0, 1):
        spread = convolve1d(spread, KERNEL.astype(np.float32), axis=axis, mode="nearest", origin=-1)
    return spread


FAMILY = Family(
    name="upsample",
    title="Up-sampling traces",
    mirrors="spectra and checkerboards that generators leave",
    two_people=False,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
)
