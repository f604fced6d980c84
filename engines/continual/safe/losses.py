"""SAFE's losses: transfer from the frozen tower, alignment with the slow learner, cross-classification.

Differs from the paper: its text could not be read; `transfer` has both readings of the correlation. With unit features
the trace is the mean cosine of the two, at most 1, so that the diagonal term never falls below d - 2 + O(1/d): it
aligns features, and does not make them uncorrelated. With standardised features, as in Barlow Twins, it can reach 0.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from engines.continual.heads import CosineHead
from engines.errors import BadConfig


class Transfer(NamedTuple):
    """Sum over i of (c_ii - 1)² and over i ≠ j of c_ij²."""

    diagonal: Tensor
    rest: Tensor


def transfer(slow: Tensor, frozen: Tensor, norm: str = "sample_l2") -> Transfer:
    """Of c = Fs^T Ft / B for features (B, F); gradients flow through `slow` alone.

    Args:
        norm: "sample_l2", each sample's feature has length 1; "batch_std", each column mean 0 and variance 1.

    Raises:
        BadConfig: another norm.
    """
    slow, frozen = slow.float(), frozen.detach().float()
    if norm == "sample_l2":
        slow, frozen = F.normalize(slow), F.normalize(frozen)
    elif norm == "batch_std":
        slow, frozen = _standardised(slow), _standardised(frozen)
    else:
        raise BadConfig(f"There is no correlation {norm!r}; there are sample_l2 and batch_std.")
    c = slow.T @ frozen / len(slow)
    diagonal = c.diagonal()
    return Transfer((diagonal - 1).square().sum(), c.square().sum() - diagonal.square().sum())


def alignment(fast: Tensor, slow: Tensor) -> Tensor:
    """Sum over the batch of 1 - cos; gradients flow through `fast` alone."""
    return (1 - F.cosine_similarity(fast.float(), slow.detach().float(), dim=1)).sum()


def cross_classification(
    fast: Tensor, slow: Tensor, labels: Tensor, fast_head: CosineHead, slow_head: CosineHead, old: int
) -> Tensor:
    """CE of the slow side's rows and features under the fast head, plus CE of the fast side's under the slow head.

    Rows of the `old` classes stand for their pictures, so that none are kept. fast, slow: (B, F); both means are over
    old + B items.
    """
    rows = torch.arange(old, device=labels.device)
    wanted = torch.cat([rows, labels])
    from_slow = torch.cat([slow_head.weight[:old].detach(), slow.detach().float()])
    from_fast = torch.cat([fast_head.weight[:old], fast.float()])
    return F.cross_entropy(fast_head(from_slow), wanted) + F.cross_entropy(slow_head(from_fast), wanted)


def _standardised(x: Tensor) -> Tensor:
    return (x - x.mean(0)) / (x.var(0, unbiased=False) + 1e-5).sqrt()
