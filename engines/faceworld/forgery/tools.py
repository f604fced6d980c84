"""What families share: masks in canonical coordinates, feathering, colour transfer, loss of resolution."""

import numpy as np
from PIL import Image

from engines.faceworld.camera import blur, resize

SHAPES = {"full": (0.056, 0.078), "inner": (0.056, 0.066)}
"""Half width and half height of face masks, in metres on the mean head."""


def face_mask(places: np.ndarray, shape: str, rng: np.random.Generator) -> np.ndarray:
    """The front of the face (H, W) as 0 or 1: a superellipse on the mean head, a little different each time."""
    width, height = SHAPES[shape]
    width, height = width * np.exp(rng.normal(0, 0.07)), height * np.exp(rng.normal(0, 0.06))
    middle = -0.030 + rng.normal(0, 0.004)
    with np.errstate(invalid="ignore"):
        x, y, z = np.moveaxis(places, 2, 0)
        inside = (np.abs(x) / width) ** 2.5 + (np.abs(z - middle) / height) ** 2.5 < 1
        return (inside & (y < 0.055)).astype(np.float32)


def feather(mask: np.ndarray, width_px: float) -> np.ndarray:
    """Erode a mask and give it a soft edge of about `width_px`; exactly 0 away from it."""
    soft = blur(mask, width_px)
    if width_px > 1:
        soft = np.clip(2 * soft - 1, 0, 1)
    soft = blur(soft, 0.6 * width_px)
    return np.where(soft < 1 / 512, 0, soft)


def transfer_colour(source: np.ndarray, target: np.ndarray, mask: np.ndarray, strength: float) -> np.ndarray:
    """Move the mean and spread of each channel inside the mask towards the target's."""
    weights = mask[..., None] / (mask.sum() + 1e-6)
    mean_s, mean_t = (source * weights).sum((0, 1)), (target * weights).sum((0, 1))
    spread_s = np.sqrt((weights * (source - mean_s) ** 2).sum((0, 1)) + 1e-6)
    spread_t = np.sqrt((weights * (target - mean_t) ** 2).sum((0, 1)) + 1e-6)
    moved = (source - mean_s) * np.clip(spread_t / spread_s, 0.6, 1.6) + mean_t
    return (1 - strength) * source + strength * moved


def coarsen(image: np.ndarray, factor: float, method: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """Lose resolution by a factor: box down, `method` up. A factor of 1 changes nothing."""
    if factor <= 1:
        return image
    size = image.shape[0]
    return resize(resize(image, max(16, round(size / factor)), Image.Resampling.BOX), size, method)
