"""What a network calls each picture, and the best epoch, chosen on validation pictures while it is trained."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from engines.data.labelled import Labelled
from engines.distillation.cut import Cut
from engines.distillation.views import centre

BATCH = 128
Said = Callable[[Tensor], Tensor]
"""Images (B, 3, S, S) -> logits (B, K)."""


class Exam:
    """Pictures to be tested on, their views kept where they are few.

    Args:
        pictures: what there is. size_px: side of a view.
    """

    KEPT = 4096

    def __init__(self, pictures: Labelled, size_px: int):
        self.pictures, self.size_px, self.labels = pictures, size_px, pictures.labels
        self.batch: Callable[[int], Tensor] = cache(self._batch) if len(pictures) <= self.KEPT else self._batch

    def _batch(self, start: int) -> Tensor:
        return centre(self.pictures, range(start, min(start + BATCH, len(self.labels))), self.size_px)

    @torch.no_grad()
    def __call__(self, said: Said, device: torch.device | None = None) -> np.ndarray:
        """What each picture is called, (N,)."""
        batches = (self.batch(start) for start in range(0, len(self.labels), BATCH))
        return np.concatenate([said(each.to(device)).argmax(1).cpu().numpy() for each in batches])

    def right(self, said: Said, device: torch.device | None = None) -> np.ndarray:
        """Which pictures are called what they are, (N,) bool."""
        return self(said, device) == self.labels


class Watch:
    """An observer of the loop: accuracy on the validation pictures now and then, and the weights that did best.

    Args:
        student: what is watched. exam: its validation. every: steps; the last one of `steps` is always looked at.
        tell: called with step and accuracy.
    """

    def __init__(self, student: Cut, exam: Exam, every: int, steps: int, tell: Callable[[int, float], None]):
        self.student, self.exam, self.every, self.steps, self.tell = student, exam, every, steps, tell
        self.best, self.best_step = -1.0, 0
        self.weights: dict[str, Tensor] = {}

    def __call__(self, step: int, learner: nn.Module) -> None:
        """Look, after a step."""
        if step % self.every and step != self.steps:
            return
        learner.eval()
        device = next(self.student.parameters()).device
        accuracy = float(self.exam.right(self.student, device).mean())
        learner.train()
        self.tell(step, accuracy)
        if accuracy > self.best:
            self.best, self.best_step = accuracy, step
            self.weights = {name: each.detach().cpu().clone() for name, each in self.student.model.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """See `Observer`."""
        return {"best": self.best, "step": self.best_step, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """See `Observer`."""
        self.best, self.best_step, self.weights = state["best"], state["step"], state["weights"]
