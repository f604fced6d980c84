"""MoELoRA, a rival in CoIN's tables (Chen et al., 2024): LoRA split into experts, and a gate for each token.

Expert i has its own rows of A and columns of B; a softmax over a linear gate of the layer's input weighs them:

    h = W x + (alpha / r) Σ_i N g_i(x) B_i A_i x

Gates begin at 0, so that N g_i is 1 and the first answers are those of LoRA of the same rank.
Choices of ours: experts share the rank of LoRA, so that all methods have the same number of weights but for gates;
every expert is weighed, none left out; and no loss balances them.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn

from engines.errors import BadConfig


class Gate(nn.Module):
    """Inputs (..., D) -> weights (..., N R) of a LoRA's R rows for each of N experts; their mean is 1."""

    def __init__(self, width: int, experts: int, rank: int):
        super().__init__()
        self.rows = rank // experts
        self.gate = nn.Linear(width, experts, bias=False)
        nn.init.zeros_(self.gate.weight)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        weights = self.gate(x).softmax(-1) * self.gate.out_features
        return weights.repeat_interleave(self.rows, -1)


def split(language_model: nn.Module, experts: int) -> None:
    """Give every LoRA layer gates over so many experts, fresh ones each time; with 0 take them away.

    Raises:
        BadConfig: the rank is no multiple of the experts.
    """
    for layer in _adapted(language_model):
        if hasattr(layer, "experts"):
            layer.gated.remove()
            del layer.experts, layer.gated
        if not experts:
            continue
        first = layer.lora_A["default"]
        if first.out_features % experts:
            raise BadConfig(f"A rank of {first.out_features} cannot be shared by {experts} experts; take a divisor.")
        layer.experts = Gate(first.in_features, experts, first.out_features).to(first.weight)
        layer.gated = first.register_forward_hook(_by(layer.experts))


def _by(gate: Gate) -> Any:
    def weigh(module: nn.Module, given: tuple[Tensor, ...], rows: Tensor) -> Tensor:
        return rows * gate(given[0]).to(rows.dtype)

    return weigh


def _adapted(language_model: nn.Module) -> Iterator[Any]:
    return (each for each in list(language_model.modules()) if isinstance(getattr(each, "lora_A", None), nn.ModuleDict))
