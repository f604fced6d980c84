"""Four ways to fit a pre-trained tower to a task: Effort and the rivals it is compared with.

- "probe": nothing in the tower is trained, only the head.
- "effort": k residual directions of each attention weight (`effort.residual`).
- "lora": low-rank additions to the same weights, through peft.
- "full": every weight of the tower.
"""

from collections.abc import Sequence
from typing import Any, cast

from peft import LoraConfig, inject_adapter_in_model
from peft.tuners.lora import Linear as LoraLinear
from torch import Tensor, nn

from engines.backbones.towers import Tower
from engines.detection.effort.residual import ResidualLinear
from engines.errors import BadConfig

METHODS = ("effort", "lora", "full", "probe")


def prepare(
    tower: Tower,
    method: str,
    rank: int = 1,
    floor: float = 0.0,
    targets: Sequence[str] = ("q", "k", "v", "out"),
    lora_rank: int = 4,
) -> None:
    """Make the tower trainable by a method, in place.

    Args:
        rank: residual directions per weight, for Effort.
        floor: smallest singular value Effort may train; 0 takes the smallest there are.
        targets: which attention weights Effort and LoRA tune.
        lora_rank: rank of LoRA; alpha is twice the rank.

    Raises:
        BadConfig: there is no such method.
    """
    if method not in METHODS:
        raise BadConfig(f"There is no method {method!r}; there are {', '.join(METHODS)}.")
    tower.requires_grad_(method == "full")
    if method == "effort":
        for name, linear in _targets(tower, targets).items():
            tower.replace_projection(name, ResidualLinear(linear, rank, floor))
    elif method == "lora":
        paths = _paths(tower, list(_targets(tower, targets).values()))
        config = LoraConfig(r=lora_rank, lora_alpha=2 * lora_rank, target_modules=paths, lora_dropout=0.0)
        inject_adapter_in_model(config, tower)


def residual_layers(tower: nn.Module) -> dict[str, ResidualLinear]:
    """Effort's layers by their path in the tower."""
    return {name: module for name, module in tower.named_modules() if isinstance(module, ResidualLinear)}


def merge(tower: Tower) -> None:
    """Fold Effort's residuals or LoRA's additions into plain linear layers, in place."""
    for name, module in list(tower.projections().items()):
        if isinstance(module, ResidualLinear):
            tower.replace_projection(name, module.merge())
        elif isinstance(module, LoraLinear):
            module.merge()
            tower.replace_projection(name, module.get_base_layer())


def after_load(tower: nn.Module) -> None:
    """Make what is derived from loaded tensors again: the principal part belongs to the loaded start."""
    for layer in residual_layers(tower).values():
        layer.settle()


def tuned_weights(tower: Tower) -> dict[str, Tensor]:
    """The attention weights as they act now, (out, in), by projection name."""
    return {name: _weight(module) for name, module in tower.projections().items()}


def _weight(module: nn.Linear | ResidualLinear | LoraLinear) -> Tensor:
    if isinstance(module, ResidualLinear):
        return module.weight_now().detach()
    if isinstance(module, LoraLinear):
        base = cast(nn.Linear, module.get_base_layer())
        return (base.weight + module.get_delta_weight("default")).detach()
    return module.weight.detach()


def _targets(tower: Tower, targets: Sequence[str]) -> dict[str, nn.Linear]:
    chosen = {name: linear for name, linear in tower.projections().items() if name.rsplit(".", 1)[1] in targets}
    if not tower.projections():
        raise BadConfig(f"{tower.name} has no attention weights to tune; train all of it: set tuned to full.")
    if not chosen:
        raise BadConfig(f"No attention weight of {tower.name} is among {', '.join(targets)}; use q, k, v, out.")
    return chosen


def _paths(tower: Tower, linears: list[Any]) -> list[str]:
    wanted = {id(linear) for linear in linears}
    return [path for path, module in tower.named_modules() if id(module) in wanted]
