"""Effort's two constraints: stay orthogonal to what is frozen, and keep the size of the weight.

The paper's figure: L_orth = ‖ÛᵀÛ − I‖²_F + ‖V̂ᵀV̂ − I‖²_F with Û = [U_r, U_k], and
L_ksv = | ‖Ŵ‖²_F − ‖W‖²_F |, each averaged over the tuned weights.

Differs from the paper: U_r and V_r are never kept. Since [U_r, U_0] is a whole orthonormal basis on each side,
‖U_rᵀU_k‖² = ‖U_k‖² − ‖U_0ᵀU_k‖², and both losses are exact from the k directions alone when the weight is square.
For a weight that is not, the same form is exact on its smaller side; on the larger side it also asks the residual to
stay in the span the weight had, which the figure does not. The released code's form of L_orth, half the un-squared
norm of each side, is the switch `form="code"`; its gradient has unit length in the direction of rounding noise near
the optimum, so it is not the default.
"""

import torch
from torch import Tensor

from engines.detection.effort.residual import ResidualLinear


def side(now: Tensor, start: Tensor) -> Tensor:
    """‖[B_r, B]ᵀ[B_r, B] − I‖²_F of one side, where [B_r, start] is orthonormal and complete; 0 at the start.

    Shapes: now, start (n, k).
    """
    outside = now.square().sum() - (start.T @ now).square().sum()
    gram = now.T @ now - torch.eye(now.shape[1], device=now.device, dtype=now.dtype)
    return 2 * outside.clamp_min(0) + gram.square().sum()


def orthogonality(layer: ResidualLinear, form: str = "squared") -> Tensor:
    """L_orth of a layer: "squared" as in the paper's figure, "code" as in the released code."""
    left, right = side(layer.u, layer.u0), side(layer.v, layer.v0)
    if form == "squared":
        return left + right
    tiny = torch.finfo(left.dtype).tiny  # the square root has no gradient at 0, where training starts
    return 0.5 * ((left + tiny).sqrt() + (right + tiny).sqrt())


def kept_size(layer: ResidualLinear) -> Tensor:
    """L_ksv = | ‖Ŵ‖²_F − ‖W‖²_F |, from the k directions: ‖W_r‖² cancels, the rest is k × k."""
    return (_growth(layer, layer.u, layer.s, layer.v) - _growth(layer, layer.u0, layer.s0, layer.v0)).abs()


def _growth(layer: ResidualLinear, u: Tensor, s: Tensor, v: Tensor) -> Tensor:
    """‖W_r + U diag(s) Vᵀ‖² − ‖W_r‖²."""
    cross = 2 * (s * (u * (layer.principal @ v)).sum(0)).sum()
    own = ((u.T @ u) * (v.T @ v) * torch.outer(s, s)).sum()
    return cross + own


def averaged(layers: list[ResidualLinear], form: str = "squared") -> tuple[Tensor, Tensor]:
    """(L_orth, L_ksv), each the mean over the tuned layers."""
    with torch.autocast(layers[0].u.device.type, enabled=False):  # bfloat16 would drown both in rounding
        orth = torch.stack([orthogonality(layer, form) for layer in layers]).mean()
        size = torch.stack([kept_size(layer) for layer in layers]).mean()
    return orth, size
