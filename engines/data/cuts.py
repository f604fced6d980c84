"""Where a clip is cut: shots counted from small pictures of all its frames, as they go by.

Two neighbouring frames of one shot look alike up to brightness: the correlation of their pixels, each less the mean
picture level, is near 1. At a cut it falls, at once and by far more than it changed before. A frame without contrast
(black, or a flash) says nothing; the next one is compared with the last that did. Dissolves are not found.
"""

from collections import deque

import numpy as np

THUMB_PX = (48, 27)
"""Width and height of the small pictures."""
CHANGE, TIMES_BEFORE = 0.2, 5.0
"""A cut changes more than this (1 - correlation), and so many times more than is usual just before it."""
_REMEMBERED, _FLAT = 12, 4.0


class Cuts:
    """Says of each frame which shot it belongs to, counting from 0."""

    def __init__(self) -> None:
        self.shot = 0
        self._last: np.ndarray | None = None
        self._changes: deque[float] = deque(maxlen=_REMEMBERED)

    def __call__(self, thumb: np.ndarray) -> int:
        """The shot of the next frame, given small: (h, w, 3) uint8 RGB."""
        seen = thumb.astype(np.float32)
        seen = (seen - seen.mean()).ravel()
        if seen.std() < _FLAT:
            return self.shot
        seen /= np.linalg.norm(seen)
        if self._last is not None:
            change = 1 - float(seen @ self._last)
            usual = float(np.median(self._changes)) if self._changes else 0.0
            if change > max(CHANGE, TIMES_BEFORE * usual):
                self.shot += 1
                self._changes.clear()
            else:
                self._changes.append(change)
        self._last = seen
        return self.shot
