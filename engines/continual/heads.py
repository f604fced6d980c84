"""Heads that are trained by gradient: a cosine classifier, and how it grows.

New rows that start at 0 are a trap (the released code's): the gradient of w / |w| there is of the order 1e12, so one
step of SGD throws the row to a norm of about 1e10, after which it never turns again. New rows therefore start at the
mean feature of their class by default.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.errors import BadConfig

ROWS = ("class_mean", "random", "zero")
"""How rows of new classes begin; "zero" is the released code's."""


class CosineHead(nn.Module):
    """logit_k = σ <x / |x|, w_k / |w_k|>; σ is learned."""

    def __init__(self, classes: int, width: int, sigma: float = 10.0, seed: int = 0):
        super().__init__()
        self.weight = nn.Parameter(_rows(classes, width, seed))
        self.sigma = nn.Parameter(torch.tensor(float(sigma)))

    def forward(self, features: Tensor) -> Tensor:
        """(B, F) -> (B, K), float32."""
        return self.sigma * F.normalize(features.float()) @ F.normalize(self.weight).T

    def grown(self, count: int, how: str, means: Tensor | None = None, seed: int = 0) -> "CosineHead":
        """A copy with `count` more rows.

        Args:
            how: of `ROWS`. means: (count, F) mean features of the new classes, for "class_mean".

        Raises:
            BadConfig: an unknown way.
        """
        if how not in ROWS:
            raise BadConfig(f"There is no way {how!r} for new rows to begin; there are {', '.join(ROWS)}.")
        width = self.weight.shape[1]
        fresh = torch.zeros(count, width) if how == "zero" else _rows(count, width, seed)
        if how == "class_mean" and count:
            assert means is not None
            fresh = F.normalize(means.float().cpu()) / math.sqrt(3)  # as long as random rows are
        head = CosineHead(len(self.weight) + count, width).to(self.weight.device)
        with torch.no_grad():
            head.weight.copy_(torch.cat([self.weight, fresh.to(self.weight)]))
            head.sigma.copy_(self.sigma)
        return head


def _rows(count: int, width: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (2 * torch.rand(count, width, generator=generator) - 1) / math.sqrt(width)


def class_means(features: Tensor, labels: Tensor, classes: tuple[int, ...]) -> Tensor:
    """Mean feature (len(classes), F) of each class."""
    return torch.stack([features[labels == one].mean(0) for one in classes])
