"""Scores of a run divided at a threshold that somebody moves: what each group gets, at once.

Takes the arrays that a run keeps (`pairs-bupt`: one, other, same, group; and cosines), so that a page recomputes
accuracies, error rates and TO with their intervals while a threshold is dragged.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engines.recognition.frcsyn import metrics
from engines.recognition.frcsyn.report import balance, interval, resampled

Kept = Mapping[str, np.ndarray]


class Divided(NamedTuple):
    """Rows `{group, accuracy, low, high, fmr, fnmr, mated, non_mated}`, and `avg`, `sd`, `to` with `_low` and `_high`,
    all in per cent."""

    groups: list[dict[str, Any]]
    whole: dict[str, float]


def balanced_weights(pairs: Kept, draws: int = 200, seed: int = 0) -> metrics.Floats:
    """Weights (draws, M) of the pairs, to be made once for many thresholds."""
    weights = resampled(pairs["one"], pairs["other"], pairs["same"], pairs["group"], draws, seed)
    for group in np.unique(pairs["group"]):
        balance(weights, pairs["group"] == group, pairs["same"])
    return weights


def divided(pairs: Kept, cosines: np.ndarray, threshold: float, weights: metrics.Floats) -> Divided:
    """What each group gets where cosines (M,) at or above the threshold match."""
    matched, same = cosines >= threshold, pairs["same"]
    rows, draws = [], []
    for group in np.unique(pairs["group"]).tolist():
        mine = pairs["group"] == group
        values = metrics.accuracy(matched[mine], same[mine], weights[:, mine])
        accuracy = float(np.mean(matched[mine] == same[mine]))
        low, high = interval(accuracy, values)
        mated, others = matched[mine & same], matched[mine & ~same]
        row = {"group": group, "accuracy": 100 * accuracy, "low": 100 * low, "high": 100 * high}
        rates = {"fmr": 100 * float(others.mean()), "fnmr": 100 * float(1 - mated.mean())}
        rows.append(row | rates | {"mated": len(mated), "non_mated": len(others)})
        draws.append(values)
    names = ("avg", "sd", "to")
    found = metrics.spread([row["accuracy"] for row in rows])
    resamples = metrics.spread(100 * np.stack(draws, axis=1))
    whole: dict[str, float] = {}
    for name, value, many in zip(names, found, resamples, strict=True):
        whole[name] = float(value)
        whole[f"{name}_low"], whole[f"{name}_high"] = interval(float(value), many)
    return Divided(rows, whole)
