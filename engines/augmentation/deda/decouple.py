"""Taking a picture apart: the object with its alpha and its box, and the place with the object's hole filled.

Masks come from whoever knows them, in this order: the world or the data set; SAM, prompted by a box, or rembg, where
they are installed with their weights; the data set's box. A mask that covers under 1 % or over 90 % of the picture is
refused, and the next is asked; where none is left the whole picture is the object, and its place is not used.

Differs from the paper: it prompts SAM by the super-class word, through a detector that is not named; here a box does.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engines.augmentation.deda.layers import feathered, hole, pyramid_fill
from engines.data.labelled.base import Box, Entry

LEAST, MOST = 0.01, 0.9
MARGIN = 0.05
Segment = Callable[[np.ndarray, Box | None], np.ndarray | None]
"""(picture, box) -> a mask (H, W) in [0, 1], or None where it finds nothing."""


@dataclass(frozen=True, eq=False)
class Parts:
    """A picture taken apart.

    Args:
        layer: (h, w, 4) uint8, the object cropped to its box and a margin. box: (left, top, right, bottom) of that
            crop, as shares of the picture. place: (H, W, 3) uint8 filled, or None where the whole picture is object.
        alpha: (H, W) float32. area: share of the picture that the object covers. source: whose mask it is.
        refused: what was wrong with masks that were not used.
    """

    layer: np.ndarray
    box: Box
    place: np.ndarray | None
    alpha: np.ndarray
    area: float
    source: str
    refused: tuple[str, ...] = ()


def decouple(entry: Entry, picture: np.ndarray, segments: Sequence[tuple[str, Segment]] = ()) -> Parts:
    """Take a picture apart with the first mask that is fit.

    Args:
        picture: of the entry, (H, W, 3) uint8. segments: by name, tried in turn where no mask is known.
    """
    refused = list[str]()
    for source, mask in _masks(entry, picture, segments):
        if mask is None:
            continue
        area = float(mask.mean())
        if LEAST <= area <= MOST:
            return _apart(picture, mask, area, source, tuple(refused))
        refused.append(f"{source}: covers {area:.0%}")
    whole = np.ones(picture.shape[:2], np.float32)
    layer = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    return Parts(layer, (0.0, 0.0, 1.0, 1.0), None, whole, 1.0, "whole picture", tuple(refused))


def _masks(
    entry: Entry, picture: np.ndarray, segments: Sequence[tuple[str, Segment]]
) -> Iterator[tuple[str, np.ndarray | None]]:
    if entry.mask:
        known = entry.mask()
        hard = bool(np.isin(known, (0, 1)).all())
        yield "known mask", feathered(known) if hard and 0 < known.mean() < 1 else known
    for name, segment in segments:
        found = segment(picture, entry.box)
        yield name, None if found is None else feathered(found)
    if entry.box:
        yield "box", feathered(_filled(entry.box, picture.shape[:2]))


def _filled(box: Box, shape: tuple[int, ...]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.float32)
    left, top, right, bottom = (round(value) for value in box)
    mask[max(0, top) : bottom, max(0, left) : right] = 1
    return mask


def _apart(picture: np.ndarray, mask: np.ndarray, area: float, source: str, refused: tuple[str, ...]) -> Parts:
    height, width = mask.shape
    rows, columns = np.flatnonzero((mask > 0.02).any(1)), np.flatnonzero((mask > 0.02).any(0))
    margin = round(MARGIN * max(np.ptp(rows), np.ptp(columns)))
    top, bottom = max(0, rows[0] - margin), min(height, rows[-1] + 1 + margin)
    left, right = max(0, columns[0] - margin), min(width, columns[-1] + 1 + margin)
    alpha = (mask * 255 + 0.5).astype(np.uint8)
    layer = np.dstack([picture, alpha])[top:bottom, left:right]
    place = pyramid_fill(picture, 1 - hole(mask))
    box = (left / width, top / height, right / width, bottom / height)
    return Parts(layer, box, place, mask, area, source, refused)
