"""From a detector's logit to a probability that means what it says.

Platt scaling: P(fake) = sigmoid(scale * logit + bias), fitted by logistic regression on held-out logits, with
Platt's smoothed targets so that perfectly separated scores do not claim certainty (J. Platt, Probabilistic outputs
for support vector machines, 1999). With `bias` 0 this is temperature scaling, temperature = 1 / scale (C. Guo et
al., On Calibration of Modern Neural Networks, 2017).

Differs from the papers: the classes weigh the same, so the probability is the one at even odds of real and fake
whatever the mixture of the held-out set was. A calibration holds for pictures like those it was fitted on.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from engines.errors import BadInput
from engines.training.metrics import best_threshold, checked

EPS = 1e-6
"""Probabilities stay this far from 0 and 1: nothing here is ever certain, and their logits stay finite."""


@dataclass(frozen=True)
class Calibration:
    """P(fake) = sigmoid(scale * logit + bias); `threshold` is the probability from which held-out scores were
    best divided (largest mean of real and fake accuracy).
    """

    scale: float = 1.0
    bias: float = 0.0
    threshold: float = 0.5

    def __call__(self, logits: ArrayLike) -> NDArray[np.float64]:
        """Probabilities of "fake", of the logits' shape, within [EPS, 1 - EPS]."""
        return np.clip(expit(self.scale * np.asarray(logits, dtype=np.float64) + self.bias), EPS, 1 - EPS)

    def to_dict(self) -> dict[str, float]:
        """JSON-able fields."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The calibration that `to_dict` wrote.

        Raises:
            BadInput: a field is missing, unknown or no finite number.
        """
        try:
            found = cls(**{name: float(value) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise BadInput(f"{dict(values)!r} is no calibration ({error}); it has scale, bias and threshold.") from None
        if not np.isfinite([found.scale, found.bias, found.threshold]).all():
            raise BadInput(f"{dict(values)!r} is no calibration: every number in it must be finite.")
        return found


def fit_calibration(logits: ArrayLike, labels: ArrayLike) -> Calibration:
    """Fit scale, bias and threshold on held-out logits (N,) with labels 0 (real) and 1 (fake).

    Raises:
        BadInput: as for `engines.training.metrics.auc`.
    """
    logits, labels = checked(logits, labels)
    spread = float(logits.std()) or 1.0
    centre = float(logits.mean())
    x = ((logits - centre) / spread)[:, None]  # the solver likes numbers near one
    fakes = int(labels.sum())
    sure = np.where(labels == 1, (fakes + 1) / (fakes + 2), 1 / (len(labels) - fakes + 2))  # Platt's targets
    weight = 0.5 / np.where(labels == 1, fakes, len(labels) - fakes)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000)
    targets = np.repeat([1, 0], len(labels))
    model.fit(np.vstack([x, x]), targets, np.concatenate([weight * sure, weight * (1 - sure)]) * len(labels))
    scale = float(model.coef_[0, 0]) / spread
    found = Calibration(scale, float(model.intercept_[0]) - scale * centre)
    return Calibration(found.scale, found.bias, best_threshold(found(logits), labels))


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> list[dict[str, float]]:
    """What was promised against what came, in bins that hold equally many samples.

    Returns:
        Rows `{count, lowest, highest, predicted, observed, low, high}`: the range of the probabilities in the bin,
        their mean, the share of fakes, and that share's 95 % Wilson interval.

    Raises:
        BadInput: a probability outside [0, 1], labels other than 0 and 1, or fewer samples than bins.
    """
    probabilities, labels = checked(probabilities, labels, both=False)
    if probabilities.min() < 0 or probabilities.max() > 1:
        raise BadInput("Probabilities must lie between 0 and 1; these do not (are they logits?).")
    if not 1 <= bins <= len(labels):
        raise BadInput(f"{len(labels)} samples cannot fill {bins} bins; choose between 1 and {len(labels)} bins.")
    order = np.argsort(probabilities, kind="stable")
    return [_bin(probabilities[part], labels[part]) for part in np.array_split(order, bins)]


def calibration_error(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: mean distance between promised and observed shares over equal-mass bins.

    It is never zero on a finite sample, even for a perfect detector: compare, do not read it alone.

    Raises:
        BadInput: as for `reliability`.
    """
    rows = reliability(probabilities, labels, bins)
    total = sum(row["count"] for row in rows)
    return float(sum(row["count"] * abs(row["predicted"] - row["observed"]) for row in rows) / total)


def _bin(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, float]:
    count, observed = len(labels), float(labels.mean())
    low, high = _wilson(observed, count)
    ends = {"lowest": float(probabilities[0]), "highest": float(probabilities[-1])}
    shares = {"predicted": float(probabilities.mean()), "observed": observed, "low": low, "high": high}
    return {"count": count, **ends, **shares}


def _wilson(share: float, count: int, z: float = 1.959964) -> tuple[float, float]:
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))
