"""Smooth random fields for skin, hair and cloth: value noise on a hashed lattice."""

import numpy as np

from engines.faceworld.compiled import njit

_MASK = 0xFFFFFFFF


@njit(inline="always")
def smoothstep(value: float, low: float, high: float) -> float:
    """0 below `low`, 1 above `high`, smooth between."""
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3 - 2 * t)


@njit(inline="always")
def bell(square: float) -> float:
    """About exp(-square), and 0 beyond 4.5: many of them make a face."""
    rest = max(1 - 0.22 * square, 0.0)
    rest *= rest
    return rest * rest


@njit(inline="always")
def hashed(cell: int) -> float:
    """A number in [-1, 1) for a lattice point."""
    cell = ((cell ^ (cell >> 15)) * 0x2C1B3C6D) & _MASK
    cell = ((cell ^ (cell >> 12)) * 0x297A2D39) & _MASK
    return (cell ^ (cell >> 15)) * (2.0 / 4294967296.0) - 1.0


@njit()
def noise(x: float, y: float, z: float) -> float:
    """Value noise in [-1, 1] with one cell a unit."""
    fx, fy, fz = np.floor(x), np.floor(y), np.floor(z)
    u, v, w = x - fx, y - fy, z - fz
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    i0, j0, k0 = int(fx) * 0x0DA6B343, int(fy) * 0x18163841, int(fz) * 0x1B1AB31F
    i1, j1, k1 = i0 + 0x0DA6B343, j0 + 0x18163841, k0 + 0x1B1AB31F
    a = hashed((i0 + j0 + k0) & _MASK) * (1 - u) + hashed((i1 + j0 + k0) & _MASK) * u
    b = hashed((i0 + j1 + k0) & _MASK) * (1 - u) + hashed((i1 + j1 + k0) & _MASK) * u
    c = hashed((i0 + j0 + k1) & _MASK) * (1 - u) + hashed((i1 + j0 + k1) & _MASK) * u
    d = hashed((i0 + j1 + k1) & _MASK) * (1 - u) + hashed((i1 + j1 + k1) & _MASK) * u
    return (a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w
