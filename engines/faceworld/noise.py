"""Smooth random fields for skin, hair and places: value noise read from a small periodic volume."""

import functools

import numba as nb
import numpy as np

CELLS = 32


@functools.cache
def noise_volume() -> np.ndarray:
    """Random lattice (32, 32, 32) float32 in [-1, 1]; the field repeats every 32 cells."""
    return np.random.default_rng(20_25).uniform(-1, 1, (CELLS,) * 3).astype(np.float32)


@nb.njit(cache=True, inline="always")
def smoothstep(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, smooth between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@nb.njit(cache=True)
def noise(volume: np.ndarray, x: float, y: float, z: float) -> float:
    """Value noise in [-1, 1] with one cell a unit."""
    i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    i0, j0, k0 = i & 31, j & 31, k & 31
    i1, j1, k1 = (i + 1) & 31, (j + 1) & 31, (k + 1) & 31
    low = (volume[i0, j0, k0] * (1 - u) + volume[i1, j0, k0] * u) * (1 - v) + (
        volume[i0, j1, k0] * (1 - u) + volume[i1, j1, k0] * u
    ) * v
    high = (volume[i0, j0, k1] * (1 - u) + volume[i1, j0, k1] * u) * (1 - v) + (
        volume[i0, j1, k1] * (1 - u) + volume[i1, j1, k1] * u
    ) * v
    return low * (1 - w) + high * w
