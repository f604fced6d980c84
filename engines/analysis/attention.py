"""Attention maps of a vision tower: what each head looks at, and what flows through all layers.

A tower's `attention(images)` gives one tensor (B, heads, T, T) a layer, rows summing to 1: row i says where token i
takes from. The first `prefix` tokens are the class token and registers, the rest are patches in row order.

Rollout: S. Abnar and W. Zuidema, Quantifying Attention Flow in Transformers, 2020, https://arxiv.org/abs/2005.00928.
Differs from the paper: nothing; the heads are averaged and the residual path counts one half.

Gradient-weighted rollout: H. Chefer et al., Generic Attention-model Explainability for Interpreting Bi-Modal and
Encoder-Decoder Transformers, 2021, https://arxiv.org/abs/2103.15679, its rule for self-attention (equations 5 and 6).
Differs from the paper: the gradient of an attention map is computed from the gradient of what the block mixes, which
is the same number and needs no change to the tower.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engines.backbones.tower import Tower
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


def gradients(tower: Tower, target: Callable[[Tensor], Tensor], images: Tensor) -> list[Tensor]:
    """How much a target rises with each entry of each attention map: one tensor (B, heads, T, T) a layer.

    With A the attention, V the values and M = A V what a head mixes, the gradient of A is that of M times V transposed.

    Args:
        target: (B, 3, H, W) -> (B,), a number of the tower's features.

    Raises:
        BadInput: the target does not depend on the tower's attention.
    """
    values: list[Tensor] = []
    mixed: list[Tensor] = []
    projections = tower.projections()
    layers = range(tower.depth)
    hooks = [
        *(projections[f"blocks.{i}.v"].register_forward_hook(lambda m, x, out: values.append(out)) for i in layers),
        *(projections[f"blocks.{i}.out"].register_forward_pre_hook(lambda m, x: mixed.append(x[0])) for i in layers),
    ]
    try:
        with torch.enable_grad():
            total = target(images.detach().requires_grad_()).sum()
    finally:
        for hook in hooks:
            hook.remove()
    if len(mixed) != tower.depth or not total.requires_grad:
        raise BadInput("This target does not come from the tower's attention; choose another target.")
    found = torch.autograd.grad(total, mixed)
    return [
        (_by_head(d, tower.heads) @ _by_head(v, tower.heads).mT).detach() for d, v in zip(found, values, strict=True)
    ]


def weighted_rollout(attentions: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Relevance of each input token to each output token for a target: (B, T, T).

    R starts as the identity; each layer adds the mean over heads of max(0, gradient x attention), times R.

    Raises:
        BadInput: there are no layers.
    """
    if not attentions:
        raise BadInput("There are no attention maps; the tower has no attention layers.")
    relevance = torch.eye(attentions[0].shape[-1], dtype=torch.float32, device=attentions[0].device)
    for attention, gradient in zip(attentions, gradients, strict=True):
        raising = (attention.float() * gradient.float()).clamp(min=0).mean(dim=1)
        relevance = relevance + raising @ relevance
    return relevance


def weighted_rollout_map(
    attentions: Sequence[Tensor], gradients: Sequence[Tensor], prefix: int = 1, grid: tuple[int, int] | None = None
) -> Tensor:
    """Relevance of the patches to the class token: (B, h, w).

    Raises:
        BadInput: as for `class_maps` and `weighted_rollout`.
    """
    return _to_grid(_class_row(weighted_rollout(attentions, gradients), prefix), grid)


def entropy(attention: Tensor) -> Tensor:
    """How widely each head looks, in bits, averaged over tokens: (B, heads, T, T) -> (B, heads).

    0 is one token each, log2 T is everywhere alike.
    """
    return torch.special.entr(attention.float()).sum(dim=-1).mean(dim=-1) / math.log(2)


def _by_head(x: Tensor, heads: int) -> Tensor:
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


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
