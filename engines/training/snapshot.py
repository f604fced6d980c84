"""What a checkpoint holds: everything needed for the next step to be the same, bit for bit on the CPU.

Frozen parameters are not in it: they are made again from the config. Read back with `weights_only=True`.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engines.errors import BadConfig

FILE = "training.pt"


def trainable_state(module: nn.Module) -> dict[str, Tensor]:
    """Trainable parameters and persistent buffers, by name."""
    frozen = {name for name, parameter in module.named_parameters() if not parameter.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in frozen}


def load_trainable(module: nn.Module, state: dict[str, Tensor]) -> None:
    """Put back what `trainable_state` gave.

    Raises:
        BadConfig: the state belongs to another model: names are missing or left over.
    """
    expected = set(trainable_state(module))
    if expected != set(state):
        odd = sorted(expected ^ set(state))[:3]
        raise BadConfig(f"The checkpoint belongs to another model: {', '.join(odd)} … do not match. Start a new run.")
    module.load_state_dict(state, strict=False)


@dataclass
class Parts:
    """What a checkpoint is made of; `ema` and `observer` may be absent. All have `state_dict`s."""

    learner: nn.Module
    optimiser: Any
    scheduler: Any
    ema: Any = None
    observer: Any = None

    def others(self) -> dict[str, Any]:
        """All but the learner, of which only a part is kept."""
        parts = {"optimiser": self.optimiser, "scheduler": self.scheduler, "ema": self.ema, "observer": self.observer}
        return {name: part for name, part in parts.items() if part is not None}


def write(folder: Path, step: int, parts: Parts) -> None:
    """Write the state after `step` steps into a folder."""
    state: dict[str, Any] = {name: part.state_dict() for name, part in parts.others().items()}
    state |= {"step": step, "learner": trainable_state(parts.learner), "random": random_state()}
    torch.save(state, folder / FILE)


def read(folder: Path, parts: Parts) -> int:
    """Restore a checkpoint in place and return the step it was taken after."""
    state = torch.load(folder / FILE, map_location="cpu", weights_only=True)
    load_trainable(parts.learner, state["learner"])
    for name, part in parts.others().items():
        part.load_state_dict(state[name])
    set_random_state(state["random"])
    return int(state["step"])


def random_state() -> dict[str, Any]:
    """State of Python's, NumPy's, torch's and CUDA's generators, in types that `weights_only` admits."""
    numpy_state: Any = np.random.get_state(legacy=False)  # libraries draw from the global one
    return {
        "python": random.getstate(),
        "numpy": (torch.from_numpy(numpy_state["state"]["key"].astype(np.int64)), int(numpy_state["state"]["pos"])),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Put the generators back to what `random_state` gave."""
    random.setstate(state["python"])
    key, position = state["numpy"]
    np.random.set_state(("MT19937", key.numpy().astype(np.uint32), position, 0, 0.0))
    torch.set_rng_state(state["torch"])
    if state["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(state["cuda"])
