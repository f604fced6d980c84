"""A small canvas for places out of focus: a list of soft shapes, painted in order by one kernel.

Coordinates are shares of the picture: u to the right, v down. Colours are linear RGB.
"""

from collections.abc import Sequence

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.noise import noise, smoothstep

RECT, DISC, GLOW, LEAVES, SHEEN = range(5)
Tint = np.ndarray | Sequence[float]


class Canvas:
    """Shapes over a ground colour (3,)."""

    def __init__(self, ground: Tint):
        self._shapes: list[tuple[float, ...]] = []
        self.rect(-1, -1, 2, 2, ground)

    def rect(self, left: float, top: float, right: float, bottom: float, colour: Tint, fade: float = 0.0) -> None:
        """A rectangle; `fade` is by how much of itself it is darker at its foot."""
        self._shapes.append((RECT, left, top, right, bottom, *colour, fade))

    def disc(self, u: float, v: float, radius: float, colour: Tint) -> None:
        """A round thing."""
        self._shapes.append((DISC, u, v, radius, 0, *colour, 0))

    def glow(self, u: float, v: float, radius: float, colour: Tint) -> None:
        """A light out of focus: a disc of confusion, brighter at its rim, added to what is behind it."""
        self._shapes.append((GLOW, u, v, radius, 0, *colour, 0))

    def leaves(self, edge: float, foot: float, clump: float, offset: float, colour: Tint) -> None:
        """Foliage from a ragged upper edge down to its foot, in clumps of a size, from a place in the noise."""
        self._shapes.append((LEAVES, edge, foot, clump, offset, *colour, 0))

    def sheen(self, u: float, v: float, reach: float, low: float, high: float) -> None:
        """Light that fades across everything so far: `high` at a place, `low` far from it."""
        self._shapes.append((SHEEN, u, v, reach, 0, low, high, 0, 0))

    def painted(self, size: int) -> np.ndarray:
        """The picture (size, size, 3) float32."""
        picture = np.zeros((size, size, 3), np.float32)
        _paint(np.array(self._shapes, np.float64), picture)
        return picture


@njit(inline="always")
def _between(value: float, low: float, high: float, sharp: float) -> float:
    """Cover of a pixel by low..high, with edges about a pixel wide."""
    return min(max((value - low) * sharp + 0.5, 0.0), 1.0) * min(max((high - value) * sharp + 0.5, 0.0), 1.0)


@njit()
def _paint(shapes: np.ndarray, picture: np.ndarray) -> None:
    size = picture.shape[0]
    for shape in range(shapes.shape[0]):
        kind, a, b, c, d, red, green, blue, fade = shapes[shape]
        top, bottom, left, right = 0, size, 0, size
        if kind == RECT:
            left, right = max(int(a * size - 1), 0), min(int(c * size + 2), size)
            top, bottom = max(int(b * size - 1), 0), min(int(d * size + 2), size)
        elif kind in (DISC, GLOW):
            left, right = max(int((a - c) * size - 1), 0), min(int((a + c) * size + 2), size)
            top, bottom = max(int((b - c) * size - 1), 0), min(int((b + c) * size + 2), size)
        for i in range(top, bottom):
            v = (i + 0.5) / size
            for j in range(left, right):
                u = (j + 0.5) / size
                share, level, keep = 0.0, 1.0, 1.0
                if kind == RECT:
                    share = _between(u, a, c, size) * _between(v, b, d, size)
                    level = 1 - fade * (v - max(b, 0.0)) / max(d - b, 1e-6)
                    keep = 1 - share
                elif kind == DISC:
                    share = 1 - smoothstep(np.sqrt((u - a) ** 2 + (v - b) ** 2), c - 0.02, c)
                    level = 1 - 0.5 * (v - b + c) / (2 * c)
                    keep = 1 - share
                elif kind == GLOW:
                    reach = np.sqrt((u - a) ** 2 + (v - b) ** 2) / c
                    share = (0.75 + 0.25 * reach * reach) * (1 - smoothstep(reach, 0.85, 1.0))
                elif kind == LEAVES:
                    ragged = noise(u / c, v / c, d) + 0.5 * noise(2.3 * u / c, 2.3 * v / c, d + 7)
                    share = smoothstep(v - a + 0.8 * c * ragged, -0.03, 0.03) * (1 - smoothstep(v, b - 0.02, b + 0.02))
                    share *= 0.35 + 0.65 * smoothstep(ragged, -0.9, -0.5)
                    level = max(0.7 + 0.55 * noise(3.1 * u / c, 3.1 * v / c, d + 3) + 0.25 * ragged, 0.12)
                    keep = 1 - share
                else:
                    level = red + (green - red) * np.exp(-((u - a) ** 2 + (v - b) ** 2) / (c * c))
                    picture[i, j, 0] *= level
                    picture[i, j, 1] *= level
                    picture[i, j, 2] *= level
                    continue
                level *= share
                picture[i, j, 0] = keep * picture[i, j, 0] + level * red
                picture[i, j, 1] = keep * picture[i, j, 1] + level * green
                picture[i, j, 2] = keep * picture[i, j, 2] + level * blue
