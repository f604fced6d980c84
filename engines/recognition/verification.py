"""Verification as benchmarks of face recognition state it: error rates at a fixed rate of false matches, beside the
equal error rate of `engines.analysis.identity`; and ten-fold accuracy.

Ten folds is the protocol of LFW, CALFW, CPLFW, AgeDB-30 and CFP-FP (G. Huang et al., Labeled Faces in the Wild, 2007;
as insightface carries it out): a face's embedding is that of the picture plus that of its mirror image, brought to
length 1; ten contiguous folds, not shuffled; thresholds on the squared distance from 0 to 4 by 0.01, the best on nine
folds applied to the tenth. Here each distance is put among the thresholds once and all are counted by sums, which
gives the figures of the loop over thresholds and folds to the last bit.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.analysis.identity import Pairs
from engines.errors import BadInput


def missed(pairs: Pairs, false_matches: float = 0.01) -> tuple[float, float]:
    """Share of same-person pairs missed, and the largest distance that still counts as a match, where at most that
    share of different-person pairs is let through (FNMR at FMR; with 0.01 it is called FMR100).

    Raises:
        BadInput: pairs of one kind are missing.
    """
    same, different = pairs.distance[pairs.same], np.sort(pairs.distance[~pairs.same])
    if not len(same) or not len(different):
        raise BadInput(f"An error rate needs pairs of both kinds; here are {len(same)} same and {len(different)} not.")
    let_through = int(np.floor(false_matches * len(different)))
    threshold = float(np.nextafter(different[let_through], -np.inf)) if let_through < len(different) else np.inf
    return float(np.mean(same > threshold)), threshold


def as_cosine(distance: float) -> float:
    """The cosine of two directions of length 1 that are this L2 distance apart."""
    return 1 - distance**2 / 2


FOLDS, BATCH = 10, 128
THRESHOLDS = np.arange(0, 4, 0.01)
"""Squared distances between directions of length 1; nearer pairs are called the same."""


@dataclass(frozen=True, eq=False)
class TenFold:
    """Accuracy and threshold of each fold, (folds,)."""

    accuracies: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean over folds."""
        return float(self.accuracies.mean())

    @property
    def std(self) -> float:
        """Standard deviation over folds, dividing by their number."""
        return float(self.accuracies.std())


def ten_fold(squared: ArrayLike, same: ArrayLike, folds: int = FOLDS, thresholds: ArrayLike = THRESHOLDS) -> TenFold:
    """Accuracy of pairs by their squared distances (M,); see the module.

    Raises:
        BadInput: lengths differ, a distance is not finite, or there are fewer pairs than folds.
    """
    distance, labels, grid = np.asarray(squared, np.float64), np.asarray(same, bool), np.asarray(thresholds, np.float64)
    if distance.ndim != 1 or distance.shape != labels.shape or len(labels) < folds:
        raise BadInput(f"{distance.size} distances and {labels.size} labels cannot be put into {folds} folds.")
    if not np.isfinite(distance).all():
        raise BadInput(f"Pair {int(np.argmin(np.isfinite(distance))) + 1} has a distance that is not a finite number.")
    fold = np.repeat(np.arange(folds), _sizes(len(labels), folds))
    right = _right(distance, labels, fold, folds, grid)
    sizes = np.bincount(fold, minlength=folds)
    best = np.argmax((right.sum(0) - right) / (len(labels) - sizes)[:, None], axis=1)
    return TenFold(right[np.arange(folds), best] / sizes, grid[best])


def mirrored_embeddings(
    embed: Callable[[np.ndarray], np.ndarray], pictures: np.ndarray, heard: Callable[[float], None] = lambda part: None
) -> NDArray[np.float64]:
    """What `embed` says of pictures (N, H, W, 3) plus what it says of their mirror images, of length 1; `BATCH` at a
    time, `heard` being told before each how far it is."""
    found = []
    for start in range(0, len(pictures), BATCH):
        heard(start / len(pictures))
        part = np.asarray(pictures[start : start + BATCH])
        total = np.asarray(embed(part), np.float64) + np.asarray(embed(part[:, :, ::-1]), np.float64)
        found.append(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-12))
    return np.concatenate(found)


def verify_set(embed: Callable[[np.ndarray], np.ndarray], pictures: np.ndarray, same: ArrayLike) -> TenFold:
    """Ten-fold accuracy on a set of pairs: pictures (2 M, H, W, 3), the two of a pair one after the other."""
    points = mirrored_embeddings(embed, pictures)
    return ten_fold(((points[0::2] - points[1::2]) ** 2).sum(1), same)


def _right(
    distance: NDArray[np.float64], same: NDArray[np.bool_], fold: np.ndarray, folds: int, grid: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Right answers of each fold at each threshold, (folds, thresholds)."""
    width = len(grid) + 1
    place = np.searchsorted(grid, distance, "right")  # the first threshold that is larger
    counts = np.bincount((fold * 2 + same) * width + place, minlength=folds * 2 * width).reshape(folds, 2, width)
    below = np.cumsum(counts, axis=2)[:, :, :-1]
    return below[:, 1] + counts[:, 0].sum(1, keepdims=True) - below[:, 0]


def _sizes(count: int, folds: int) -> list[int]:
    """Sizes of contiguous folds: the first ones have one more where the count does not divide."""
    return [count // folds + (number < count % folds) for number in range(folds)]
