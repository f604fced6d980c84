"""Gradient-domain blending: the forged picture's gradients inside a region, the real picture's colours at its edge.

P. Perez, M. Gangnet and A. Blake, "Poisson image editing", SIGGRAPH 2003. With the guidance field a gradient, the
solution is the forged picture plus a membrane: the smooth correction that is (real - forged) on the edge and harmonic
inside. It is found by successive over-relaxation, in a fixed order and number of sweeps, so that it is the same on any
machine. Pixels that belong to neither, such as a hand before the face, exert no pull.
"""

import numpy as np

from engines.faceworld.compiled import njit

FREE, FIXED, ABSENT = 0, 1, 2


def poisson(forged: np.ndarray, real: np.ndarray, inside: np.ndarray, absent: np.ndarray) -> np.ndarray:
    """Blend (H, W, 3) pictures: `inside` (H, W) bool is solved for, `absent` (H, W) bool is not looked at."""
    kind = np.where(inside, FREE, np.where(absent, ABSENT, FIXED)).astype(np.uint8)
    correction = (real - forged).astype(np.float64)
    rows, columns = np.nonzero(kind == FREE)
    correction[rows, columns] = _edge_mean(correction, kind)
    across = 2 + max(np.ptp(rows), np.ptp(columns)) if len(rows) else 2
    relax(correction, kind, rows, columns, 2 / (1 + np.sin(np.pi / across)), int(4 * across))
    return (forged + correction).astype(np.float32)


@njit()
def relax(
    values: np.ndarray, kind: np.ndarray, rows: np.ndarray, columns: np.ndarray, over: float, sweeps: int
) -> None:
    """Over-relax `values` (H, W, C) in place at the free pixels: each becomes the mean of its present neighbours."""
    for _ in range(sweeps):
        for number in range(len(rows)):
            row, column = rows[number], columns[number]
            for channel in range(values.shape[2]):
                total, count = 0.0, 0
                for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                    r, c = row + down, column + right
                    if 0 <= r < values.shape[0] and 0 <= c < values.shape[1] and kind[r, c] != ABSENT:
                        total += values[r, c, channel]
                        count += 1
                if count:
                    values[row, column, channel] += over * (total / count - values[row, column, channel])


def _edge_mean(correction: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """Mean (C,) of the fixed pixels beside free ones: where the sweeps start from."""
    free = np.pad(kind == FREE, 1)
    beside = free[:-2, 1:-1] | free[2:, 1:-1] | free[1:-1, :-2] | free[1:-1, 2:]
    edge = beside & (kind == FIXED)
    return correction[edge].mean(0) if edge.any() else np.zeros(correction.shape[2])
