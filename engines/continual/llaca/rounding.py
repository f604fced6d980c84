"""What bfloat16 does to a slow moving average: updates smaller than half a unit in the last place round to nothing.

An average that keeps 0.99 of the old moves by a hundredth of what is left to go. bfloat16 has eight bits of precision:
an update below a 1/512 of the value itself is lost. Part of what looks like not forgetting can be this.
"""

from typing import NamedTuple

import numpy as np


class Rounded(NamedTuple):
    """After each step (S + 1,): share of the way that the average has gone, kept in float32 and in bfloat16; and the
    share of values that never moved in bfloat16."""

    exact: np.ndarray
    rounded: np.ndarray
    still: float


def bfloat16(values: np.ndarray) -> np.ndarray:
    """Float32 values rounded to the nearest bfloat16, ties to even."""
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def drift(decay: float = 0.99, steps: int = 500, apart: float = 0.2, count: int = 10_000, seed: int = 0) -> Rounded:
    """Averages of values of standard deviation 1 that follow weights `apart` from them.

    Args:
        decay: share of the old that is kept. apart: how far the weights are from where the average starts.
    """
    start = bfloat16(np.random.default_rng(seed).normal(size=count).astype(np.float32))
    goal = start + np.float32(apart)
    exact, rounded = start.copy(), start.copy()
    gone: tuple[list[float], list[float]] = ([0.0], [0.0])
    for _ in range(steps):
        exact += np.float32(1 - decay) * (goal - exact)
        rounded = bfloat16(rounded + np.float32(1 - decay) * (goal - rounded))
        for line, average in zip(gone, (exact, rounded), strict=True):
            line.append(float((average - start).mean()) / apart)
    return Rounded(np.array(gone[0]), np.array(gone[1]), float((rounded == start).mean()))
