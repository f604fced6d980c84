"""How good a forgery is, known because its maker has both pictures: five defects, and Q* = 1 - their weighted mean.

Defects are measured on the toned pictures, before the camera hides them, and divided by what counts as full:
- warp: distance of landmarks from where they should be.
- colour: CIE 1976 difference of the mean colour under the mask before and after (D65).
- resolution: octaves between the finest detail (mean absolute diagonal difference of neighbours) under the mask before
  and after.
- boundary: the gradient that blending itself adds, |forged - real| |grad m|, averaged along the seam.
- roughness: 1 - sqrt(4 pi area) / perimeter of the mask; 0 is a disc, and several parts are rough.

What differs from a judge's quality: nothing here looks at the finished picture, and identity plays no part.
"""

import numpy as np

from engines.faceworld.forgery.base import Layer

FULL = {"warp": 4.0, "colour": 10.0, "resolution": 2.0, "boundary": 0.04, "roughness": 0.6}
"""A defect of 1: px at 112, Delta E, octaves, share of full scale per px at 112, and none."""
WEIGHTS = {"warp": 0.5, "colour": 2.0, "resolution": 3.0, "boundary": 2.0, "roughness": 0.25}
DEFECTS = tuple(FULL)
_XYZ = np.array([[0.412456, 0.357576, 0.180438], [0.212673, 0.715152, 0.072175], [0.019334, 0.119192, 0.950304]])
_DETAIL_FLOOR = 0.001
"""Detail that any surface is taken to have, so that smooth ones have no wild ratios."""


def defects(layer: Layer, real: np.ndarray, cover: np.ndarray, toned: np.ndarray) -> dict[str, float]:
    """The five defects, each in [0, 1], of a layer blended into a real picture (H, W, 3) of whose face `cover` (H, W)
    shows; `toned` is the blend."""
    mask = layer.mask * cover
    if mask.max() <= 0:
        return dict.fromkeys(DEFECTS, 0.0)
    raw = {
        "warp": layer.misfit_px * float(layer.mask.max()),
        "colour": delta_e(mean_under(toned, mask), mean_under(real, mask)),
        "resolution": abs(float(np.log2(detail(toned, mask) / detail(real, mask)))),
        "boundary": seam(layer.image, real, layer.mask, cover) * len(mask) / 112,
        "roughness": roughness(layer.mask),
    }
    return {name: float(np.clip(value / FULL[name], 0, 1)) for name, value in raw.items()}


def quality(found: dict[str, float]) -> float:
    """Q* in [0, 1] from defects: 1 is flawless."""
    return 1 - sum(WEIGHTS[name] * found[name] for name in DEFECTS) / sum(WEIGHTS.values())


def lab(colour: np.ndarray) -> np.ndarray:
    """sRGB (..., 3) in [0, 1] to CIE L*a*b* under D65."""
    linear = np.where(colour <= 0.04045, colour / 12.92, ((np.maximum(colour, 0) + 0.055) / 1.055) ** 2.4)
    ratio = linear @ _XYZ.T / _XYZ.sum(1)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e(one: np.ndarray, other: np.ndarray) -> float:
    """CIE 1976 difference of two sRGB colours (3,) in [0, 1]."""
    return float(np.linalg.norm(lab(np.asarray(one)) - lab(np.asarray(other))))


def mean_under(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Mean colour (3,) of a picture (H, W, 3), weighted by a mask (H, W)."""
    return (image * mask[..., None]).sum((0, 1)) / mask.sum()


def detail(image: np.ndarray, mask: np.ndarray) -> float:
    """Mean absolute diagonal Haar difference, of full scale, of the grey picture under a mask; never 0."""
    grey = image.mean(2)
    corner = grey[1:, 1:] - grey[1:, :-1] - grey[:-1, 1:] + grey[:-1, :-1]
    shares = mask[1:, 1:]
    return float((np.abs(corner) / 2 * shares).sum() / max(shares.sum(), 1e-9)) + _DETAIL_FLOOR


def seam(forged: np.ndarray, real: np.ndarray, mask: np.ndarray, cover: np.ndarray | float = 1.0) -> float:
    """Gradient per px that blending adds, |forged - real| |grad m|, averaged over the seam by |grad m|; as far as the
    seam shows, since hair and glasses hide it."""
    slope = _slope(mask) * cover
    gap = np.abs(forged - real).mean(2)
    return float((gap * slope**2).sum() / max(slope.sum(), 1e-9))


def roughness(mask: np.ndarray) -> float:
    """How far a mask is from a disc, by the isoperimetric ratio; a soft mask's perimeter is its total variation."""
    whole = mask / mask.max()
    perimeter = _slope(whole).sum()
    return float(np.clip(1 - np.sqrt(4 * np.pi * whole.sum()) / max(perimeter, 1e-9), 0, 1))


def _slope(mask: np.ndarray) -> np.ndarray:
    return np.hypot(*np.gradient(mask.astype(np.float64)))
