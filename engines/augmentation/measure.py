"""Accuracy, of all and of the worst group, with intervals that resample test pictures and trainings together.

`right` (T, N) bool: of T trainings (seeds), whether each of N test pictures was told. Percentile bootstrap, 95 %.
"""

from dataclasses import dataclass

import numpy as np

from engines.training.bootstrap import Interval

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Resamples:
    """The same draws for all methods, so that what methods have in common cancels in differences.

    Attributes:
        pictures: (D, N) how often each picture is drawn. trainings: (D, T) which are drawn.
    """

    pictures: np.ndarray
    trainings: np.ndarray

    @classmethod
    def draw(cls, trainings: int, pictures: int, draws: int, seed: int = 0) -> "Resamples":
        """Draw them."""
        rng = np.random.default_rng([seed, 0xACC])
        rows = rng.integers(pictures, size=(draws, pictures))
        counts = np.stack([np.bincount(row, minlength=pictures) for row in rows])
        return cls(counts, rng.integers(trainings, size=(draws, trainings)))

    def means(self, right: np.ndarray, use: np.ndarray | None = None) -> np.ndarray:
        """Accuracy in each draw (D,), of some of the pictures; NaN where none of them was drawn."""
        counts = self.pictures if use is None else self.pictures * use
        total = counts.sum(1)
        with np.errstate(invalid="ignore", divide="ignore"):
            each = counts @ right.T.astype(np.float64) / total[:, None]  # (D, T)
        return np.take_along_axis(each, self.trainings, 1).mean(1)

    def worst(self, right: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """The worst group's accuracy in each draw."""
        return np.nanmin(np.stack([self.means(right, groups == name) for name in np.unique(groups)]), axis=0)


def interval(value: float, drawn: np.ndarray) -> Interval:
    """A value with its percentile interval, widened to hold it."""
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(value, min(float(low), value), max(float(high), value), LEVEL, len(drawn))


def worst(right: np.ndarray, groups: np.ndarray) -> float:
    """The worst group's accuracy, of the mean over trainings."""
    return float(min(right[:, groups == name].mean() for name in np.unique(groups)))


def vendi(features: np.ndarray) -> float:
    """Vendi score (Friedman and Dieng, TMLR 2023): how many different pictures there seem to be, 1 to N.

    The exponential of the entropy of the eigenvalues of K / N, K being cosines of features (N, F).
    """
    unit = features / np.linalg.norm(features, axis=1, keepdims=True).clip(1e-12)
    values = np.linalg.eigvalsh(unit @ unit.T / len(unit)).clip(1e-12)
    return float(np.exp(-(values * np.log(values)).sum()))


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    """Mean PSNR in dB of pictures (N, S, S, 3) uint8; 60 dB at most, which identical ones would exceed."""
    error = np.square((one.astype(np.float64) - other) / 255).mean((1, 2, 3))
    return float((-10 * np.log10(np.maximum(error, 1e-6))).mean())
