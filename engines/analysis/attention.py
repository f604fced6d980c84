"""Attention maps of a vision tower: what each head looks at, and what flows through all layers.

A tower's `attention(images)` gives one tensor (B, heads, T, T) a layer, rows summing to 1: row i says where token i
takes from. The first `prefix` tokens are the class token and registers, the rest are patches in row order.

Rollout: S. Abnar and W. Zuidema, Quantifying Attention Flow in Transformers, 2020, https://arxiv.org/abs/2005.00928.
Differs from the paper: nothing; the heads are averaged and the residual path counts one half.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engines.errors import BadInput


def class_maps(attention: Tensor, prefix: int = 1, grid: tuple[int, int] | None = None) -> Tensor:
    """Where the class token looks, head by head: (B, heads, T, T) -> (B, heads, h, w).

    What it takes from itself and from registers is left out, so a map sums to at most 1.

    Raises:
        BadInput: there is no class token, or the patches do not fill the grid.
    """
    return _to_grid(_class_row(attention, prefix), grid)


def rollout(attentions: Sequence[Tensor]) -> Tensor:
    """Share of each input token in each output token after all layers: (B, T, T), rows summing to 1.

    Raises:
        BadInput: there are no layers.
    """
    if not attentions:
        raise BadInput("There are no attention maps; the tower has no attention layers.")
    flow = torch.eye(attentions[0].shape[-1], dtype=torch.float32, device=attentions[0].device)
    for attention in attentions:
        mixed = attention.float().mean(dim=1)
        flow = (mixed @ flow + flow) / 2  # half attention, half residual path
    return flow


def rollout_map(attentions: Sequence[Tensor], prefix: int = 1, grid: tuple[int, int] | None = None) -> Tensor:
    """Rollout from the class token to the patches: (B, h, w).

    Raises:
        BadInput: as for `class_maps` and `rollout`.
    """
    return _to_grid(_class_row(rollout(attentions), prefix), grid)


def entropy(attention: Tensor) -> Tensor:
    """How widely each head looks, in bits, averaged over tokens: (B, heads, T, T) -> (B, heads).

    0 is one token each, log2 T is everywhere alike.
    """
    return torch.special.entr(attention.float()).sum(dim=-1).mean(dim=-1) / math.log(2)


def _class_row(attention: Tensor, prefix: int) -> Tensor:
    if prefix < 1:
        raise BadInput("This tower has no class token; choose one that has, or another kind of map.")
    return attention[..., 0, prefix:]


def _to_grid(row: Tensor, grid: tuple[int, int] | None) -> Tensor:
    side = math.isqrt(row.shape[-1])
    h, w = grid or (side, side)
    if h * w != row.shape[-1]:
        raise BadInput(f"{row.shape[-1]} patches do not fill a grid of {h} x {w}; give the grid's height and width.")
    return row.unflatten(-1, (h, w))
