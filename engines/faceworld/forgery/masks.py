"""Where a face is forged: hulls of the landmarks, distorted, kept to what shows, and given a soft edge.

The hull types are those of Face X-ray and of the common swapping programs. Points are the 68 of `landmarks`; masks are
(H, W) float32 in [0, 1].
"""

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import ConvexHull

from engines.faceworld.camera import blur
from engines.faceworld.render import Truth

_JAW, _BROWS, _NOSE, _NOSTRILS, _MOUTH = slice(0, 17), slice(17, 27), slice(27, 36), slice(31, 36), slice(48, 68)
_LEFT, _RIGHT = [*range(17, 22), *range(36, 42)], [*range(22, 27), *range(42, 48)]
HULLS = ("full", "extended", "inner", "parts", "components")
SUPERSAMPLING = 2
FAINT = 1 / 512
"""Below this a mask is 0."""


def hull(points: np.ndarray, kind: str, size_px: int) -> np.ndarray:
    """The region of a kind of `HULLS`, or of "mouth", "eyes", "brows" or "lower".

    full: jaw to brows. extended: up to the forehead. inner: brows, eyes, nose and mouth. parts: the lower and the upper
    face, each convex. components: eyes with brows, nose, mouth, each by itself. lower: jaw and mouth.
    """
    return _filled([points[part] if isinstance(part, slice | list) else part for part in _parts(points, kind)], size_px)


def _parts(points: np.ndarray, kind: str) -> list:
    brows, up = points[_BROWS], points[_BROWS].mean(0) - points[_NOSTRILS].mean(0)
    if kind == "full":
        return [np.concatenate([points[_JAW], brows + 0.15 * up])]
    if kind == "extended":
        return [np.concatenate([points[_JAW], brows + 0.75 * up])]
    if kind == "inner":
        return [slice(17, 68)]
    if kind == "parts":
        upper = np.concatenate([points[[0, 1, 15, 16]], brows + 0.15 * up, points[_NOSE]])
        return [np.concatenate([points[2:15], points[_NOSTRILS]]), upper]
    regions: dict[str, list] = {
        "components": [_wide(points[part]) for part in (_LEFT, _RIGHT, _NOSE, _MOUTH)],
        "lower": [np.concatenate([points[3:14], points[_NOSTRILS]])],
        "mouth": [_wide(points[_MOUTH], 1.5)],
        "eyes": [_wide(points[36:42], 1.5), _wide(points[42:48], 1.5)],
        "brows": [_wide(points[17:22], 1.4, 0.4 * up), _wide(points[22:27], 1.4, 0.4 * up)],
    }
    return regions[kind]


def _wide(points: np.ndarray, zoom: float = 1.25, spread: np.ndarray | None = None) -> np.ndarray:
    """Points moved away from their middle; `spread` makes a flat row as high as that vector, up and down."""
    middle = points.mean(0)
    wide = middle + zoom * (points - middle)
    return wide if spread is None else np.concatenate([wide - 0.5 * spread, wide + 0.5 * spread])


def _filled(parts: list[np.ndarray], size_px: int) -> np.ndarray:
    canvas = Image.new("L", (size_px * SUPERSAMPLING,) * 2)
    for part in parts:
        corners = part[ConvexHull(part).vertices] * SUPERSAMPLING - 0.5
        ImageDraw.Draw(canvas).polygon([(float(x), float(y)) for x, y in corners], fill=255)
    small = canvas.resize((size_px, size_px), Image.Resampling.BOX)
    return np.asarray(small, np.float32) / 255


def elastic(mask: np.ndarray, strength_px: float, smooth_px: float, rng: np.random.Generator) -> np.ndarray:
    """A mask pushed about by random displacements of standard deviation `strength_px`, alike within `smooth_px`."""
    height, width = mask.shape
    pushes = [gaussian_filter(rng.standard_normal(mask.shape), smooth_px, mode="nearest") for _ in range(2)]
    down, right = (strength_px * push / push.std() for push in pushes)
    row, column = np.mgrid[0:height, 0:width]
    places = (np.round(row + down, 3), np.round(column + right, 3))
    return map_coordinates(mask, places, order=1, mode="nearest").astype(np.float32)


def feather(mask: np.ndarray, width_px: float) -> np.ndarray:
    """Erode a mask and give it a soft edge of about `width_px`; exactly 0 away from it."""
    soft = blur(mask, width_px)
    if width_px > 1:
        soft = np.clip(2 * soft - 1, 0, 1)
    soft = blur(soft, 0.6 * width_px)
    return np.where(soft < FAINT, 0, soft)


def shown(truth: Truth) -> np.ndarray:
    """The face and its beard as far as nothing is before them: what a careful forger paints, leaving rims, masks, hands
    and the hair of the head."""
    before = sum((truth.masks[name] for name in ("accessory", "occluder") if name in truth.masks), np.float32(0))
    beard = truth.masks["hair"] * hull(truth.landmarks, "lower", len(truth.places))
    return np.clip(truth.masks["face"] + beard, 0, 1) * (1 - np.clip(before, 0, 1))


def kept_to(mask: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """A mask cut to a cover; exactly 0 where that is."""
    kept = mask * cover
    return np.where(kept < FAINT, 0, kept).astype(np.float32)
