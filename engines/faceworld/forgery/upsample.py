"""Up-sampling traces of a generator: the face as if decoded from half its size.

Box-averaged by two, enlarged bicubically, sharpened as a decoder learns to, with a small gain that repeats every
two pixels, as transposed convolutions leave. Knobs: `checkerboard` gain, `sharpen`, `feather` px at 112.
"""

import numpy as np
from PIL import Image

from engines.faceworld.camera import blur, resize
from engines.faceworld.forgery.base import Knobs, Scene
from engines.faceworld.forgery.tools import face_mask, feather

FACTOR = 2


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one up-sampled face."""
    return {
        "checkerboard": rng.uniform(0.01, 0.04),
        "sharpen": rng.uniform(0.2, 0.6),
        "feather": rng.uniform(1.5, 4),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The picture as a decoder would give it, and the mask of the face."""
    size = scene.size_px
    small = resize(scene.real.image, size // FACTOR, Image.Resampling.BOX)
    large = resize(small, size, Image.Resampling.BICUBIC)
    phase = rng.normal(0, 1, (FACTOR, FACTOR))
    phase -= phase.mean()
    tiles = np.tile(phase / np.abs(phase).max(), (size // FACTOR + 1,) * 2)[:size, :size, None]
    large = large * (1 + knobs["checkerboard"] * tiles).astype(np.float32)
    large = large + knobs["sharpen"] * (large - blur(large, 1.0))
    return large, feather(face_mask(scene.real.truth.places, "full", rng), scene.px(knobs["feather"]))
