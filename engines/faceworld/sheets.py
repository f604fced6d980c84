"""Contact sheets: many pictures as one."""

from collections.abc import Sequence

import numpy as np


def sheet(pictures: Sequence[np.ndarray], columns: int) -> np.ndarray:
    """Pictures (H, W, 3), uint8 or float in [0, 1], laid out in rows: uint8 RGB; empty places are white."""
    first = np.asarray(pictures[0])
    height, width = first.shape[:2]
    rows = -(-len(pictures) // columns)
    out = np.full((rows * height, columns * width, 3), 255, np.uint8)
    for number, picture in enumerate(pictures):
        shown = np.asarray(picture)
        if shown.dtype != np.uint8:
            shown = (np.clip(shown, 0, 1) * 255 + 0.5).astype(np.uint8)
        row, column = divmod(number, columns)
        out[row * height : (row + 1) * height, column * width : (column + 1) * width] = shown
    return out
