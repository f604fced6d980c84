"""Attributes s of a face: yaw, pitch, roll in degrees and age in years; how they are encoded, and how drawn.

ID³ predicts them with frozen networks and draws them as the training set has them (`empirical`); `stratified` fills
a grid of yaw and age evenly, which is what a reader asks for who doubts that rare poses are kept.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

NAMES = ("yaw", "pitch", "roll", "years")
MIDDLE, SCALE = (0.0, 0.0, 0.0, 40.0), (15.0, 6.0, 2.0, 15.0)
"""What is taken off each, and what the rest is divided by: about the mean and the spread among photographs."""
YAW, YEARS = (-40.0, 40.0), (20.0, 70.0)
"""Ranges that `stratified` fills."""
STRATA = 5


def encode(attributes: Tensor | np.ndarray) -> Tensor:
    """(N, 4) degrees and years -> (N, 4) of about unit variance, float32."""
    return (torch.as_tensor(np.asarray(attributes, np.float32)) - torch.tensor(MIDDLE)) / torch.tensor(SCALE)


def empirical(known: np.ndarray, count: int, seed: int) -> np.ndarray:
    """`count` of the attributes (N, 4) that were seen, as whole rows, so that pose and age keep what ties them."""
    rng = np.random.default_rng([seed, 0xA77])
    return known[rng.integers(len(known), size=count)].astype(np.float32)


def stratified(count: int, seed: int) -> np.ndarray:
    """(count, 4): each cell of a yaw by age grid as often as any other, within one; pitch and roll near zero."""
    rng = np.random.default_rng([seed, 0x57A])
    cells = np.concatenate([rng.permutation(STRATA**2) for _ in range(-(-count // STRATA**2))])[:count]
    shares = (np.stack(np.divmod(cells, STRATA), 1) + rng.random((count, 2))) / STRATA
    yaw, years = (low + (high - low) * shares[:, i] for i, (low, high) in enumerate((YAW, YEARS)))
    pitch, roll = rng.normal(0, 4, count), rng.normal(0, 2, count)
    return np.stack([yaw, pitch, roll, years], 1).astype(np.float32)


def grid(yaws: Sequence[float], years: Sequence[float]) -> np.ndarray:
    """(len(years) * len(yaws), 4): row by row the ages, along a row the yaws."""
    return np.array([[yaw, 0, 0, age] for age in years for yaw in yaws], np.float32)
