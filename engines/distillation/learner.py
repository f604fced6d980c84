"""What the loop trains: a student's cross-entropy and what a method adds, the teacher frozen beside it."""

from typing import Any, Self

import torch
from torch import Tensor, nn

from engines.distillation import losses
from engines.distillation.cut import Cut
from engines.distillation.methods import View


class Distiller(nn.Module):
    """`forward({"images", "labels", "index"})` -> losses; "loss" is minimised.

    The teacher stays in evaluation mode whatever `train` says, and has no gradients of its own; they pass through it
    where an assistant uses its tail.

    Args:
        student: trained in place; alone needed afterwards.
        teacher, method: who is followed and how; neither trains the student alone.
        smoothing: of the labels in the cross-entropy. momentum: of SGD, which the loop's optimiser takes from here.
    """

    def __init__(
        self, student: Cut, teacher: Cut | None = None, method: nn.Module | None = None, *, smoothing: float = 0.0,
        momentum: float | None = None,
    ):  # fmt: skip
        super().__init__()
        self.student, self.method, self.smoothing, self.momentum = student, method, smoothing, momentum
        self.teacher = teacher.requires_grad_(False).eval() if teacher is not None else None

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars."""
        images, target = batch["images"], batch["labels"]
        learnt = self.student.look(images)
        ce = losses.cross_entropy(learnt.logits.float(), target, self.smoothing)
        if self.method is None or self.teacher is None:
            return {"loss": ce, "loss/ce": ce}
        with torch.no_grad():
            taught = self.teacher.look(images)
        view = View(self.teacher, self.student, taught, learnt, losses.classes_of(target), batch["index"])
        with torch.autocast(images.device.type, enabled=False):
            terms = self.method(view)
        return {"loss": ce + torch.stack(list(terms.values())).sum(), "loss/ce": ce, **terms}

    def train(self, mode: bool = True) -> Self:
        """See the class."""
        super().train(mode)
        if self.teacher is not None:
            self.teacher.eval()
        return self

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """Temperatures apart, without weight decay."""
        named = [(name, each) for name, each in self.named_parameters() if each.requires_grad]
        scales = [each for name, each in named if "log_scale" in name]
        rest = [each for name, each in named if "log_scale" not in name]
        more = {} if self.momentum is None else {"momentum": self.momentum}
        groups = [{"params": rest, "lr": lr, **more}]
        return [*groups, {"params": scales, "lr": lr, "weight_decay": 0.0, **more}] if scales else groups
