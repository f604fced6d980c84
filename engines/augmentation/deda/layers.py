"""A picture as layers: objects with soft edges, and places without a hole.

A layer (H, W, 4) uint8 is RGB with alpha, not premultiplied, as PNG keeps it; whatever moves or resizes it works on
premultiplied colour, or a dark fringe would tell pasted objects. Masks (H, W) float32 in [0, 1].
"""

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import binary_closing, gaussian_filter, grey_dilation
from torch import Tensor
from torch.nn import functional as F

REFERENCE_PX = 512
"""Side of a picture for which the widths below are given; they shrink with it."""
CLOSE_PX, FEATHER_PX, DILATE_PX = 5.0, 1.5, 15.0
RATIO = 2.0


def pyramid_fill(picture: np.ndarray, known: np.ndarray, ratio: float = RATIO) -> np.ndarray:
    """Fill what is not known from what surrounds it: (H, W, 3) uint8 -> the same, where `known` is 1 unchanged.

    Premultiplied colour and its weight are shrunk again and again, and from the coarsest level on each level's colour
    is laid over what the coarser one says: out = c + out (1 − a). Differs from LayerDiffuse, whose padding it is after:
    a ratio of 2 instead of 1.2, which is three times as fast and no worse.

    Args:
        known: (H, W) weight of each pixel in [0, 1].
    """
    weight = torch.from_numpy(np.ascontiguousarray(known, dtype=np.float32))[None, None]
    colour = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() * weight
    levels = _pyramid(torch.cat([colour, weight], 1), ratio)
    coarsest = levels[-1]
    out = coarsest[:, :3] / coarsest[:, 3:].clamp_min(1e-6)
    for level in reversed(levels):
        out = F.interpolate(out, level.shape[-2:], mode="bilinear", align_corners=False)
        out = level[:, :3] + out * (1 - level[:, 3:])
    return out[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def _pyramid(image: Tensor, ratio: float) -> list[Tensor]:
    levels = [image]
    while min(levels[-1].shape[-2:]) > 1:
        height, width = (max(1, int(side / ratio)) for side in levels[-1].shape[-2:])
        levels.append(F.interpolate(levels[-1], (height, width), mode="area"))
    total = levels[-1].mean((2, 3), keepdim=True)  # a long picture ends in a row: its mean stands for all of it
    return [*levels, total]


def feathered(mask: np.ndarray) -> np.ndarray:
    """A hard mask with small holes closed and a soft edge."""
    share = max(mask.shape) / REFERENCE_PX
    size = max(1, round(CLOSE_PX * share))
    padded = np.pad(mask > 0.5, size, mode="edge")  # closing would wear away what touches the border
    closed = binary_closing(padded, np.ones((size, size)))[size:-size, size:-size]
    return gaussian_filter(closed.astype(np.float32), FEATHER_PX * share)


def hole(mask: np.ndarray) -> np.ndarray:
    """The object's mask widened, so that its halo does not stay in the place: (H, W) float32, 1 is to be filled."""
    size = 2 * max(1, round(DILATE_PX / 2 * max(mask.shape) / REFERENCE_PX)) + 1
    return (grey_dilation(mask, (size, size)) > 0.02).astype(np.float32)


def composite(layer: np.ndarray, place: np.ndarray) -> np.ndarray:
    """I = α CDP + (1 − α) CIP, (H, W, 3) uint8; layer (H, W, 4) and place (H, W, 3) of one size."""
    alpha = layer[..., 3:].astype(np.float32) / 255
    return (layer[..., :3] * alpha + place * (1 - alpha) + 0.5).astype(np.uint8)


def premultiplied(layer: np.ndarray) -> np.ndarray:
    """Colour times alpha, (H, W, 4) uint8."""
    out = np.array(layer)
    out[..., :3] = (layer[..., :3].astype(np.uint16) * layer[..., 3:] + 127) // 255
    return out


def resized(layer: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture or a layer in another (width, height), smoothed as it shrinks; Pillow premultiplies by itself."""
    picture = Image.fromarray(layer)
    return np.asarray(picture if picture.size == size else picture.resize(size, Image.Resampling.BICUBIC))
