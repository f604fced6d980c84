"""The linear probe: logistic regression on a frozen tower's features, the start and the yardstick of every method."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from torch import nn

STRENGTHS = (1e-3, 1e-2, 1e-1)
"""Inverse regularisations tried; the best AUC on validation identities decides."""


@dataclass(frozen=True)
class Probe:
    """logit = features @ weight + bias, on raw features: the standardisation is folded in. weight (F,)."""

    weight: np.ndarray
    bias: float
    strength: float

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """(N, F) -> logits (N,)."""
        return features @ self.weight + self.bias

    def write_into(self, head: nn.Linear) -> None:
        """Set a one-way head to this probe, or a two-way head to ∓ half of it."""
        weight, bias = torch.from_numpy(self.weight).float(), torch.tensor(self.bias).float()
        signs = torch.ones(1) if head.out_features == 1 else torch.tensor([-0.5, 0.5])
        with torch.no_grad():
            head.weight.copy_(torch.outer(signs, weight))
            head.bias.copy_(signs * bias)


def fit_probe(features: np.ndarray, labels: np.ndarray, val_features: np.ndarray, val_labels: np.ndarray) -> Probe:
    """Fit on training features (N, F), choose the regularisation on validation ones.

    Logistic regression on standardised features; deterministic.
    """
    mean, scale = features.mean(0), features.std(0) + 1e-6
    best: tuple[float, Probe] | None = None
    for strength in STRENGTHS:
        model = LogisticRegression(C=strength, max_iter=500).fit((features - mean) / scale, labels)
        weight = model.coef_[0] / scale
        probe = Probe(weight, float(model.intercept_[0] - weight @ mean), strength)
        auc = roc_auc_score(val_labels, probe(val_features))
        if best is None or auc > best[0]:
            best = (auc, probe)
    assert best is not None
    return best[1]
