"""Accuracies with intervals, and differences between methods on the same test pictures over their seeds.

An interval resamples test pictures and, where a method has several, its seeds: what two methods share cancels. The
people (classes) are the same in training and test, so they are not resampled: an interval speaks of other photographs
of these classes.
"""

from collections.abc import Sequence

import numpy as np

from engines.training.bootstrap import Interval

LEVEL = 0.95


def accuracy(right: Sequence[np.ndarray], draws: int, seed: int = 0) -> Interval:
    """Mean accuracy of a method's seeds.

    Args:
        right: for each seed which test pictures it called what they are, (N,) bool.
    """
    stack = np.stack([each.astype(np.float64) for each in right])
    return _interval(float(stack.mean()), _draws(stack, draws, seed))


def difference(first: Sequence[np.ndarray], second: Sequence[np.ndarray], draws: int, seed: int = 0) -> Interval:
    """Accuracy of one method less that of another; pairs of seeds are resampled together where both have as many."""
    one, other = (np.stack([each.astype(np.float64) for each in part]) for part in (first, second))
    if len(one) == len(other):
        stack = one - other
        return _interval(float(stack.mean()), _draws(stack, draws, seed))
    drawn = _draws(one, draws, seed) - _draws(other, draws, seed)
    return _interval(float(one.mean() - other.mean()), drawn)


def _draws(stack: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Means over resampled pictures and seeds, (draws,)."""
    rng, (seeds, pictures) = np.random.default_rng(seed), stack.shape
    counts = rng.multinomial(pictures, np.full(pictures, 1 / pictures), draws) / pictures
    which = rng.multinomial(seeds, np.full(seeds, 1 / seeds), draws) / seeds
    return np.einsum("ds,sd->d", which, stack @ counts.T)


def _interval(value: float, drawn: np.ndarray) -> Interval:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, float(low), float(high), LEVEL, len(drawn))
