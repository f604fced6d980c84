"""The challenge's numbers, exactly.

- acc of a group: the share of its pairs whose submitted decision is right. This is no ten-fold accuracy: the threshold
  comes from the training sets.
- AVG, SD: mean and standard deviation over groups (task 1) or databases (task 2), each counted alike. TO = AVG - SD.
  Whether the organisers divide by n or by n - 1 is not stated: `ddof` 0 is the default, 1 the other convention.
- GAP = 100 (REAL - SYN) / SYN on AVG, REAL being the same team's system trained on real data; negative where synthetic
  data helps. A weak REAL makes it negative too.
- FNMR@FMR=1 %: the share of mated pairs below the smallest threshold at or above which at most 1 % of the non-mated
  pairs lie.
- AUC: the chance that a mated pair scores above a non-mated one, ties counting one half.

Scores (M,) grow with likeness; same (M,) bool; shares are 0 to 1. `weights` (D, M) count each pair by D weightings at
once, and results are then (D,); a weighting that leaves one kind out gives NaN.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.errors import BadInput

Floats = NDArray[np.float64]
FMR = 0.01


def checked(scores: ArrayLike, same: ArrayLike, what: str = "the pairs") -> tuple[Floats, NDArray[np.bool_]]:
    """Scores and labels, known to be usable.

    Raises:
        BadInput: lengths differ, a score is not finite (its line is named), or all pairs are of one kind.
    """
    scores, same = np.asarray(scores, np.float64), np.asarray(same, bool)
    if scores.ndim != 1 or scores.shape != same.shape:
        raise BadInput(f"There are {scores.size} scores and {same.size} labels for {what}; give one score a pair.")
    bad = np.flatnonzero(~np.isfinite(scores))
    if len(bad):
        raise BadInput(f"Line {bad[0] + 1} of {what}: the score {scores[bad[0]]} is not a finite number.")
    if same.all() or not same.any():
        kind = "mated" if same.all() else "non-mated"
        raise BadInput(f"All {len(same)} pairs of {what} are {kind}; error rates need both kinds.")
    return scores, same


def accuracy(decisions: ArrayLike, same: ArrayLike, weights: Floats | None = None) -> Floats:
    """Share of right decisions (M,)."""
    right = (np.asarray(decisions, bool) == np.asarray(same, bool)).astype(np.float64)
    return np.mean(right) if weights is None else _share((weights * right).sum(1), weights.sum(1))


def spread(accuracies: ArrayLike, ddof: int = 0) -> tuple[Floats, Floats, Floats]:
    """AVG, SD and TO of accuracies (..., groups)."""
    values = np.asarray(accuracies, np.float64)
    average = values.mean(-1)
    deviation = values.std(-1, ddof=ddof) if values.shape[-1] > ddof else np.zeros_like(average)
    return average, deviation, average - deviation


def gap(real: ArrayLike, synthetic: ArrayLike) -> Floats:
    """GAP in per cent, of the two AVGs."""
    real, synthetic = np.asarray(real, np.float64), np.asarray(synthetic, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 100 * (real - synthetic) / synthetic


def auc(scores: ArrayLike, same: ArrayLike, weights: Floats | None = None) -> Floats:
    """Area under the ROC curve.

    Raises:
        BadInput: as `checked`.
    """
    from engines.training import weighted

    scores, same = checked(scores, same)
    found = weighted.auc(scores, same.astype(np.int64), np.ones((1, len(same))) if weights is None else weights)
    return found[0] if weights is None else found


def fnmr(scores: ArrayLike, same: ArrayLike, weights: Floats | None = None, fmr: float = FMR) -> Floats:
    """False non-match rate where at most `fmr` of the non-mated pairs match.

    Raises:
        BadInput: as `checked`.
    """
    scores, same = checked(scores, same)
    every = np.ones((1, len(same))) if weights is None else weights
    found = _fnmr(scores, same, every, fmr)
    return found[0] if weights is None else found


def threshold_at(scores: ArrayLike, same: ArrayLike, fmr: float = FMR) -> float:
    """The largest score that does not match where at most `fmr` of the non-mated pairs match: scores above it do."""
    scores, same = checked(scores, same)
    others = np.sort(scores[~same])[::-1]
    allowed = int(np.floor(fmr * len(others) + 1e-9))
    return float(others[allowed]) if allowed < len(others) else -np.inf


def det(scores: ArrayLike, same: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The DET curve: false match rate, false non-match rate, and the threshold at or above which scores match."""
    scores, same = checked(scores, same)
    levels = np.unique(scores)
    mated, others = np.sort(scores[same]), np.sort(scores[~same])
    matches = 1 - np.searchsorted(others, levels, "left") / len(others)
    misses = np.searchsorted(mated, levels, "left") / len(mated)
    return matches, misses, levels


def _fnmr(scores: Floats, same: NDArray[np.bool_], weights: Floats, fmr: float) -> Floats:
    others, mated = (np.flatnonzero(kind) for kind in (~same, same))
    others, mated = others[np.argsort(-scores[others], kind="stable")], mated[np.argsort(scores[mated], kind="stable")]
    passed = np.cumsum(weights[:, others], axis=1)
    allowed = fmr * passed[:, -1:] * (1 + 1e-12)
    over = passed > allowed
    edge = np.where(over.any(1), scores[others][np.argmax(over, axis=1)], -np.inf)  # scores above it match
    missed = np.concatenate([np.zeros((len(weights), 1)), np.cumsum(weights[:, mated], axis=1)], axis=1)
    below = np.searchsorted(scores[mated], edge, "right")
    counted = missed[np.arange(len(weights)), below]
    return np.where(passed[:, -1] > 0, _share(counted, missed[:, -1]), np.nan)


def _share(part: Floats, whole: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, part / whole, np.nan)
