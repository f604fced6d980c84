"""How unlike a picture is to everything a detector was measured on.

Distance of a pooled feature x (F,) from held-out features, along their first k principal axes and off them:
d² = (1/k) Σ_i ((x − μ)·a_i / σ_i)² + ‖rest‖² / ρ², where ρ² is the held-out features' mean squared rest. About √2 is
usual. The limit is the distance that one held-out picture in two hundred passes; beyond it a score was never tested.

Mahalanobis distance as a sign of strange input: K. Lee et al., NeurIPS 2018, https://arxiv.org/abs/1807.03888. Differs
from the paper: one mean for both classes, and the axes with little variance pooled into one.
"""

import numpy as np
import torch
from torch import Tensor, nn

AXES = 64
PASSED = 0.995


class Novelty(nn.Module):
    """Features (B, F) -> distance over limit (B,); above 1 is unlike what was measured, 0 before it is fitted."""

    mean: Tensor
    axes: Tensor
    spread: Tensor
    rest: Tensor
    limit: Tensor

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("axes", torch.zeros(width, AXES))
        self.register_buffer("spread", torch.ones(AXES))
        self.register_buffer("rest", torch.ones(()))
        self.register_buffer("limit", torch.full((), torch.inf))

    def fit(self, features: np.ndarray) -> None:
        """Set mean and axes by every second of the held-out features (N, F), and the limit by the others.

        One half for both would set the limit too low: axes fit the pictures they were found on.
        """
        x, others = torch.from_numpy(features[::2]).double(), torch.from_numpy(features[1::2])
        mean = x.mean(0)
        _, s, vh = torch.linalg.svd(x - mean, full_matrices=False)
        kept = min(AXES, len(s) - 1)
        self.mean.copy_(mean)
        self.axes.zero_()[:, :kept] = vh[:kept].T
        self.spread.fill_(1)[:kept] = s[:kept] / (len(x) - 1) ** 0.5 + 1e-6
        self.rest.copy_((s[kept:].square().sum() / len(x)).sqrt() + 1e-6)
        self.limit.copy_(self.distance(others.to(self.mean.device)).quantile(PASSED))

    def distance(self, features: Tensor) -> Tensor:
        """(B, F) -> (B,), without the limit."""
        centred = features.float() - self.mean
        along = centred @ self.axes
        rest = (centred - along @ self.axes.T).square().sum(1) / self.rest.square()
        return ((along / self.spread).square().mean(1) + rest).sqrt()

    def forward(self, features: Tensor) -> Tensor:
        """(B, F) -> (B,)."""
        return self.distance(features) / self.limit
