"""What is measured of a trained DiffusionFake's weights and guides on pictures that were looked at. Needs no torch.

Intervals are 95 % percentile bootstraps over groups, people or videos, since pictures of one are alike.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

BRANCHES = ("source", "target")
LINES = (*BRANCHES, "no guide")
"""What is drawn of a picture."""
DRAWS = 200
Rows = list[dict[str, Any]]


def followed(weight: np.ndarray, alike: np.ndarray, groups: np.ndarray, seed: int = 0) -> Rows:
    """Pearson's r of each branch's weight with the likeness it was held to; 0 where one of the two does not vary.

    Args:
        weight, alike: (N, 2), source and target. groups: (N,).

    Returns:
        `{branch, pictures, r, low, high}`.
    """
    rows = []
    for column, branch in enumerate(BRANCHES):
        found = _interval(partial(_correlation, weight[:, column], alike[:, column]), groups, seed)
        rows.append({"branch": branch, "pictures": len(weight), **dict(zip(("r", "low", "high"), found, strict=True))})
    return rows


def apart(distance: np.ndarray, family: np.ndarray, groups: np.ndarray, seed: int = 0) -> Rows:
    """Median distance (N,) of the two guides, of real pictures and of forgeries, where there are any.

    Args:
        family: (N,), "real" or a family. groups: (N,).

    Returns:
        `{kind, pictures, median, low, high}`, kind being "real" or "forged".
    """
    rows = []
    for kind, use in (("real", family == "real"), ("forged", family != "real")):
        if use.any():
            found = _interval(partial(_median, distance[use]), groups[use], seed)
            named = dict(zip(("median", "low", "high"), found, strict=True))
            rows.append({"kind": kind, "pictures": int(use.sum()), **named})
    return rows


def _interval(statistic: Callable[[np.ndarray], float], groups: np.ndarray, seed: int) -> tuple[float, float, float]:
    """A statistic of places, and its interval; it is widened to hold the value itself."""
    rng, names = np.random.default_rng([seed, 0xD1F]), np.unique(groups)
    places = [np.flatnonzero(groups == name) for name in names]
    value = statistic(np.arange(len(groups)))
    again = (np.concatenate([places[k] for k in rng.integers(len(names), size=len(names))]) for _ in range(DRAWS))
    low, high = np.quantile([statistic(where) for where in again], [0.025, 0.975])
    return value, float(min(low, value)), float(max(high, value))


def _correlation(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    a, b = one[where], other[where]
    return float(np.corrcoef(a, b)[0, 1]) if np.ptp(a) and np.ptp(b) else 0.0


def _median(values: np.ndarray, where: np.ndarray) -> float:
    return float(np.median(values[where]))
