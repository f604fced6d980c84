"""A linear layer split by SVD into a frozen principal part and a small trainable residual.

Effort (arXiv 2411.15633, §3): W = U diag(s) Vᵀ with s descending; the first r triplets stay frozen as one dense
matrix W_r, the last k = n − r are trained, starting exactly from the SVD, so that W_r + U_k diag(s_k) V_kᵀ = W at
step 0. Biases stay frozen.

Differs from the paper: the residual is never made dense while training. With x (…, in) the layer computes
y = x W_rᵀ + ((x V_k) ⊙ s_k) U_kᵀ + b, which is the same function and needs no dense gradient; and only the k
triplets that are trained are computed, not the whole decomposition.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.analysis.subspaces import smallest_triplets


class ResidualLinear(nn.Module):
    """y = x (W_r + U diag(s) Vᵀ)ᵀ + b with W_r and b frozen.

    Shapes: `principal` (out, in), `u` (out, k), `s` (k,), `v` (in, k); `u0`, `s0`, `v0` keep the start, which the
    constraint losses and the tracking of directions need.

    Args:
        linear: the pre-trained layer; left untouched.
        rank: k, the number of directions trained; at most min(out, in).
        floor: skip singular values below this: the k trained triplets are the smallest that reach it.
    """

    u0: Tensor
    s0: Tensor
    v0: Tensor
    pretrained: Tensor
    principal: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear, rank: int, floor: float = 0.0):
        super().__init__()
        weight = linear.weight.detach()
        u, s, v = (part.to(weight.dtype) for part in residual_triplets(weight, rank, floor))
        self.in_features, self.out_features, self.rank = linear.in_features, linear.out_features, len(s)
        self.u, self.s, self.v = nn.Parameter(u.clone()), nn.Parameter(s.clone()), nn.Parameter(v.clone())
        for name, value in (("u0", u), ("s0", s), ("v0", v)):
            self.register_buffer(name, value.clone())
        # Neither is in the state: a checkpoint carries the directions, and the tower its weight.
        self.register_buffer("pretrained", weight.clone(), persistent=False)
        self.register_buffer("principal", torch.empty_like(weight), persistent=False)
        self.settle()
        bias = None if linear.bias is None else linear.bias.detach().clone()
        self.register_buffer("bias", bias, persistent=False)

    def settle(self) -> None:
        """Make the principal part from the pre-trained weight and the start; called again after loading."""
        self.principal.copy_(self.pretrained - (self.u0 * self.s0) @ self.v0.T)

    def forward(self, x: Tensor) -> Tensor:
        """(…, in) -> (…, out)."""
        return F.linear(x, self.principal, self.bias) + F.linear(F.linear(x, self.v.T) * self.s, self.u)

    def residual(self) -> Tensor:
        """U diag(s) Vᵀ as it is now, (out, in)."""
        return (self.u * self.s) @ self.v.T

    def weight_now(self) -> Tensor:
        """The whole weight as it is now, (out, in)."""
        return self.principal + self.residual()

    def weight_before(self) -> Tensor:
        """The pre-trained weight, (out, in)."""
        return self.pretrained

    def merge(self) -> nn.Linear:
        """A plain linear layer with the same function: no cost at inference."""
        linear = nn.Linear(self.in_features, self.out_features, bias=self.bias is not None)
        linear.to(self.principal)
        with torch.no_grad():
            linear.weight.copy_(self.weight_now())
            if linear.bias is not None and self.bias is not None:
                linear.bias.copy_(self.bias)
        return linear.requires_grad_(False)


def residual_triplets(weight: Tensor, rank: int, floor: float) -> tuple[Tensor, Tensor, Tensor]:
    """The k triplets to train: the k smallest, or the k smallest that are at least `floor`.

    Returns:
        U (out, k), s (k,) descending, V (in, k), in float64.
    """
    if floor <= 0:
        return smallest_triplets(weight, rank)
    u, s, vh = torch.linalg.svd(weight.double(), full_matrices=False)
    enough = max(rank, int((s >= floor).sum()))
    return u[:, enough - rank : enough], s[enough - rank : enough], vh[enough - rank : enough].T
