"""The dynamic moving average: how much of the old weights to keep after a step follows from the gradients.

For each group of tensors, with th the live weights, th* the average, g the gradient and |.| the sum of magnitudes:

    beta = k (1 + |g_t|) |th_t - th_t-1| / (|th_t - th*_t-1| |g_t - g_t-1|)      th* <- beta th* + (1 - beta) th

which balances th* = th (learn the new) against th* unchanged (keep the old), to second order, the curvature being taken
from the difference of two gradients. Where beta leaves (0, 1), or cannot be had, a constant is used, and which of the
two it was is counted and kept: a broken run must not look like a working fixed average.

Differs from the paper: nothing in the form "paper" as far as the formula is known from third parties. The released
codes compute `alpha = k (1 + |g|) / (|th - th*| |g - g'|)`, without the parameter step, and weigh the *new* weights
with it ("coin", k = 2; "next", k = 0.01); they start from the weights after the first step and hide every failure.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

import torch
from torch import Tensor

from engines.errors import BadConfig

Branch = Literal["formula", "out of range", "no previous gradient", "no gradient", "zero denominator", "fixed"]
BRANCHES: tuple[Branch, ...] = get_args(Branch)
Granularity = Literal["tensor", "layer", "global"]


class Form(NamedTuple):
    """A way to compute the weight.

    Attributes:
        k: multiplier. fallback: share of the new weights where the formula gives none. on_new: whether the ratio
            weighs the new weights instead of the old. step: whether the size of the last parameter step is in it.
        from_first: whether the average starts after the first step instead of at the loaded weights.
    """

    k: float
    fallback: float
    on_new: bool
    step: bool
    from_first: bool


FORMS = {
    "paper": Form(1.0, 0.01, on_new=False, step=True, from_first=False),
    "coin": Form(2.0, 0.01, on_new=True, step=False, from_first=True),
    "next": Form(0.01, 0.001, on_new=True, step=False, from_first=True),
}


@dataclass(frozen=True)
class Said:
    """What the last update did to a group: share of the old weights kept, the branch taken, and the three norms."""

    keep: float
    branch: Branch
    distance: float
    gradient: float
    change: float


class DynamicEma:
    """Averages of named parameters, independent of the optimiser.

    Call `update` after the optimiser's step and before the gradients are cleared.

    Args:
        named: names and tensors; a layer is the first two parts of a name, as "layers.3" of "layers.3.q.lora_A".
        form: a key of `FORMS`. k, fallback: other constants than the form's.
        granularity: one weight for each tensor, each layer, or all together.
        precise: keep the average in float32; otherwise in the parameter's own format, which loses small updates.

    Raises:
        BadConfig: no such form or granularity, no parameters, or constants out of bounds.
    """

    def __init__(
        self,
        named: Iterable[tuple[str, Tensor]],
        form: str = "paper",
        *,
        k: float | None = None,
        fallback: float | None = None,
        granularity: Granularity = "tensor",
        precise: bool = True,
    ):
        self.parameters = dict(named)
        if form not in FORMS:
            raise BadConfig(f"There is no form {form!r} of the dynamic average; there are {', '.join(FORMS)}.")
        if granularity not in ("tensor", "layer", "global") or not self.parameters:
            raise BadConfig(f"Averages need parameters, and tensor, layer or global, not {granularity!r}.")
        chosen = FORMS[form]
        self.form = chosen._replace(
            k=chosen.k if k is None else k, fallback=chosen.fallback if fallback is None else fallback
        )
        if self.form.k <= 0 or not 0 <= self.form.fallback <= 1:
            raise BadConfig(f"k = {self.form.k} must be above 0, and fallback = {self.form.fallback} between 0 and 1.")
        self.groups = _grouped(self.parameters, granularity)
        self.precise, self.steps = precise, 0
        self.average = self._copies()
        self.before = self._copies() if self.form.step else {}
        self.gradients: dict[str, Tensor] = {}
        self.last: dict[str, Said] = {}
        self.taken: Counter[Branch] = Counter()

    @property
    def in_range(self) -> float:
        """Share of all updates so far in which the formula was used, 0 to 1."""
        return self.taken["formula"] / max(1, self.taken.total())

    @torch.no_grad()
    def update(self) -> None:
        """Fold the live weights in, by the gradients they have now."""
        if self.steps == 0 and self.form.from_first:
            self.average = self._copies()
        for group, names in self.groups.items():
            said = self._weigh(names)
            for name in names:
                self.average[name].lerp_(self.parameters[name].detach().to(self.average[name]), 1 - said.keep)
            self.last[group] = said
            self.taken[said.branch] += 1
        self.gradients = {
            name: parameter.grad.detach().float().clone()
            for name, parameter in self.parameters.items() if parameter.grad is not None
        }  # fmt: skip
        if self.form.step:
            self.before = self._copies()
        self.steps += 1

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The parameters hold the averages inside this block, and their own values after it."""
        own = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        self.write()
        try:
            yield
        finally:
            self.write(own)

    @torch.no_grad()
    def write(self, values: Mapping[str, Tensor] | None = None) -> None:
        """Set the parameters to values, by default to the averages, as at the end of a task."""
        for name, value in (self.average if values is None else values).items():
            self.parameters[name].copy_(value)

    def state_dict(self) -> dict[str, Any]:
        """All that an update depends on."""
        return {
            "average": dict(self.average), "before": dict(self.before), "gradients": dict(self.gradients),
            "steps": self.steps, "taken": dict(self.taken),
        }  # fmt: skip

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take back what `state_dict` gave: the next update is the one that would have come."""
        self.average, self.before, self.gradients = (
            {name: value.to(self.parameters[name].device, copy=True) for name, value in state[key].items()}
            for key in ("average", "before", "gradients")
        )
        self.steps, self.taken = int(state["steps"]), Counter(state["taken"])

    def _weigh(self, names: list[str]) -> Said:
        now = {name: self.parameters[name].grad for name in names}
        distance = sum(_size(self.parameters[name].detach().float() - self.average[name].float()) for name in names)
        if any(gradient is None for gradient in now.values()):
            return self._fallen("no gradient", distance)
        gradient = sum(_size(one.float()) for one in now.values() if one is not None)
        if any(name not in self.gradients for name in names):
            return self._fallen("no previous gradient", distance, gradient)
        change = sum(_size(one.float() - self.gradients[name]) for name, one in now.items() if one is not None)
        if distance * change == 0:
            return self._fallen("zero denominator", distance, gradient, change)
        ratio = self.form.k * (1 + gradient) * self._moved(names) / (distance * change)
        if not 0 < ratio < 1:
            return self._fallen("out of range", distance, gradient, change)
        return Said(1 - ratio if self.form.on_new else ratio, "formula", distance, gradient, change)

    def _moved(self, names: list[str]) -> float:
        """Size of the last parameter step; 1 where the form leaves it out."""
        if not self.form.step:
            return 1.0
        return sum(_size(self.parameters[name].detach().float() - self.before[name].float()) for name in names)

    def _fallen(self, branch: Branch, distance: float, gradient: float = 0.0, change: float = 0.0) -> Said:
        return Said(1 - self.form.fallback, branch, distance, gradient, change)

    def _copies(self) -> dict[str, Tensor]:
        kept = {name: parameter.detach().clone() for name, parameter in self.parameters.items()}
        return {name: value.float() for name, value in kept.items()} if self.precise else kept


class FixedEma(DynamicEma):
    """The same with a constant share of the old weights: what the dynamic average is compared with."""

    def __init__(self, named: Iterable[tuple[str, Tensor]], decay: float, *, precise: bool = True):
        super().__init__(named, precise=precise)
        self.decay = decay

    def _weigh(self, names: list[str]) -> Said:
        away = sum(_size(self.parameters[name].detach().float() - self.average[name].float()) for name in names)
        return Said(self.decay, "fixed", away, 0.0, 0.0)


def _size(values: Tensor) -> float:
    return float(values.abs().sum(dtype=torch.float64))


def _grouped(parameters: Mapping[str, Tensor], granularity: Granularity) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name in parameters:
        layer = ".".join(name.split(".")[:2]) if granularity == "layer" else name
        groups.setdefault("all" if granularity == "global" else layer, []).append(name)
    return groups
