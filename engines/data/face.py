"""A face as it was found in a photograph."""

from typing import NamedTuple

import numpy as np


class Face(NamedTuple):
    """A face: box (x0, y0, x1, y1), landmarks (5, 2), score in [0, 1]; float32, pixels of the photograph."""

    box: np.ndarray
    landmarks: np.ndarray
    score: float
