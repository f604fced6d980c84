"""Measures of scores under many weightings at once: what a bootstrap needs, in one sort instead of one per resample.

Scores and labels are (N,), weights (D, N), how often each score counts; results (D,), NaN where a class that a measure
needs has no weight. Under weights of 1 each is the measure of the same name in `metrics`.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def auc(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Area under the ROC curve."""
    fakes, reals = _by_score(scores, labels, weights)
    below = np.cumsum(reals, axis=1) - reals / 2
    with np.errstate(invalid="ignore"):
        return (fakes * below).sum(axis=1) / (fakes.sum(axis=1) * reals.sum(axis=1))


def average_precision(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Mean precision over recall."""
    fakes, reals = (part[:, ::-1] for part in _by_score(scores, labels, weights))
    hits = np.cumsum(fakes, axis=1)
    called = hits + np.cumsum(reals, axis=1)
    precision = np.divide(hits, called, out=np.zeros_like(hits), where=called > 0)
    with np.errstate(invalid="ignore"):
        found = (fakes * precision).sum(axis=1) / hits[:, -1]
        return np.where(reals.sum(axis=1) > 0, found, np.nan)


def eer(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Equal error rate where the lines between thresholds cross."""
    false_alarms, gap = _rates(scores, labels, weights)
    after = np.argmax(gap <= 0, axis=1)
    rows = np.arange(len(gap))
    with np.errstate(invalid="ignore"):
        part = gap[rows, after - 1] / (gap[rows, after - 1] - gap[rows, after])
    step = false_alarms[rows, after] - false_alarms[rows, after - 1]
    return false_alarms[rows, after - 1] + part * step


def eer_nearest(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Equal error rate at the threshold where the two rates are closest."""
    false_alarms, gap = _rates(scores, labels, weights)
    closest = np.argmin(np.abs(gap), axis=1)
    return np.where(np.isnan(gap[:, -1]), np.nan, false_alarms[np.arange(len(gap)), closest])


def mean(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Mean of the scores."""
    with np.errstate(invalid="ignore"):
        return weights @ scores / weights.sum(axis=1)


def mean_of_reals(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Mean of the reals' scores."""
    return mean(scores, labels, weights * (labels == 0))


def mean_of_fakes(scores: Floats, labels: Ints, weights: Floats) -> Floats:
    """Mean of the fakes' scores."""
    return mean(scores, labels, weights * (labels == 1))


def _by_score(scores: Floats, labels: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """Weight of the fakes and of the reals at each different score, lowest first: (D, R) each."""
    order = np.argsort(scores)
    runs = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    weights, fake = weights[:, order], labels[order] == 1
    fakes, reals = (np.add.reduceat(weights * mask, runs, axis=1) for mask in (fake, ~fake))
    return fakes, reals


def _rates(scores: Floats, labels: Ints, weights: Floats) -> tuple[Floats, Floats]:
    """False alarms as the threshold falls from above all scores, and misses less false alarms: (D, R + 1) each."""
    both = (np.cumsum(part[:, ::-1], axis=1) for part in _by_score(scores, labels, weights))
    with np.errstate(invalid="ignore"):
        hits, false_alarms = (np.pad(part / part[:, -1:], ((0, 0), (1, 0))) for part in both)
    return false_alarms, 1 - hits - false_alarms
