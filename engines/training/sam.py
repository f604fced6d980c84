"""Sharpness-aware minimisation: the step is taken with the gradient at the worst place near by, not at the weights.

P. Foret et al., "Sharpness-Aware Minimization for Efficiently Improving Generalization", ICLR 2021,
https://arxiv.org/abs/2010.01412: w̃ = w + ρ g / ‖g‖ over all trained weights together, then w takes the optimiser's step
with ∇L(w̃). Twice the work of a plain step. Under several processes each climbs by the shared gradient.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


@torch.no_grad()
def climb(parameters: Sequence[nn.Parameter], radius: float) -> list[Tensor | None]:
    """Move weights, in place, to the worst place within a radius by their gradients; where they were is returned.

    A gradient of zero, or one that is not finite, moves nothing.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    size = torch.stack([gradient.float().norm() for gradient in gradients]).norm() if gradients else torch.zeros(())
    if not torch.isfinite(size) or size == 0:
        return [None] * len(parameters)
    before = [None if parameter.grad is None else parameter.detach().clone() for parameter in parameters]
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.add_(parameter.grad * (radius / size).to(parameter.dtype))
    return before


@torch.no_grad()
def come_back(parameters: Sequence[nn.Parameter], before: Sequence[Tensor | None]) -> None:
    """Put weights, in place, back to where `climb` found them, bit for bit."""
    for parameter, value in zip(parameters, before, strict=True):
        if value is not None:
            parameter.copy_(value)
