"""Exponential moving average of the trainable parameters, kept in float32."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.optim.swa_utils import get_ema_multi_avg_fn


class Ema:
    """Shadow copies of parameters: `shadow = decay * shadow + (1 - decay) * parameter` after each step."""

    def __init__(self, parameters: Iterable[Tensor], decay: float):
        self.parameters = list(parameters)
        self.shadow = [parameter.detach().clone().float() for parameter in self.parameters]
        self._average = get_ema_multi_avg_fn(decay)
        self._steps = torch.zeros((), dtype=torch.long)

    @torch.no_grad()
    def update(self) -> None:
        """Fold the parameters' present values in."""
        self._average(self.shadow, [parameter.detach().float() for parameter in self.parameters], self._steps)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The parameters hold the averages inside this block and their own values after it."""
        own = [parameter.detach().clone() for parameter in self.parameters]
        self.write()
        try:
            yield
        finally:
            self.write(own)

    @torch.no_grad()
    def write(self, values: list[Tensor] | None = None) -> None:
        """Set the parameters to values, by default to the averages."""
        values = self.shadow if values is None else values
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)

    def state_dict(self) -> dict[str, Tensor]:
        """The shadows by position."""
        return {str(index): value for index, value in enumerate(self.shadow)}

    @torch.no_grad()
    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take back what `state_dict` gave."""
        for index, value in enumerate(self.shadow):
            value.copy_(state[str(index)])
