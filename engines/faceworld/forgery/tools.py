"""Making one picture of a face match another: colour transfer, loss of resolution, sharpening."""

import numpy as np
from PIL import Image

from engines.faceworld.camera import blur, resize


def transfer_colour(
    source: np.ndarray, target: np.ndarray, mask: np.ndarray, strength: float, spread: bool = True
) -> np.ndarray:
    """Move the mean, and the spread unless told not to, of each channel inside the mask towards the target's."""
    weights = mask[..., None] / (mask.sum() + 1e-6)
    mean_s, mean_t = (source * weights).sum((0, 1)), (target * weights).sum((0, 1))
    moved = source - mean_s
    if spread:
        spread_s = np.sqrt((weights * (source - mean_s) ** 2).sum((0, 1)) + 1e-6)
        spread_t = np.sqrt((weights * (target - mean_t) ** 2).sum((0, 1)) + 1e-6)
        moved = moved * np.clip(spread_t / spread_s, 0.6, 1.6)
    return (1 - strength) * source + strength * (moved + mean_t)


def coarsen(image: np.ndarray, factor: float, method: Image.Resampling = Image.Resampling.BICUBIC) -> np.ndarray:
    """Lose resolution by a factor: box down, `method` up. A factor of 1 changes nothing."""
    if factor <= 1:
        return image
    size = image.shape[0]
    return resize(resize(image, max(16, round(size / factor)), Image.Resampling.BOX), size, method)


def sharpen(image: np.ndarray, strength: float, radius_px: float) -> np.ndarray:
    """Unsharp masking, as restorers and decoders make up for lost detail; not clipped."""
    return image + np.float32(strength) * (image - blur(image, radius_px))
