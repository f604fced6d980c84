"""What is trained: answers by cross-entropy, and what rivals add to keep the old.

- EWC (Kirkpatrick et al., 2017): squared moves, weighted by squared gradients of earlier tasks' answers.
- LwF (Li & Hoiem, 2016): the answers' distributions on the new questions stay near those of the old weights.
- replay: a few questions of each earlier task in the batches; nothing to add to the loss.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from engines.continual.llaca.lessons import Batch, Lesson, Sight, batch
from engines.continual.llaca.model import IGNORED, Vlm

Weights = dict[str, Tensor]
TEMPERATURE = 2.0
FISHER_LESSONS = 32


class Base(nn.Module):
    """A small model's first training: all but the tower."""

    def __init__(self, vlm: Vlm):
        super().__init__()
        self.vlm = vlm
        for name, parameter in vlm.named_parameters():
            parameter.requires_grad_("vision_tower" not in name)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Mean loss of the answers' tokens."""
        return {"loss": answer_loss(self.vlm.logits(batch["tokens"], batch["seen"]), batch["labels"])}


class Tuner(nn.Module):
    """LoRA and projector on one task.

    Attributes:
        important: by parameter, squared gradients and where it was; empty without EWC. old: the weights before this
            task, with LwF.
    """

    def __init__(self, vlm: Vlm, projector_lr: float):
        super().__init__()
        self.vlm, self.projector_lr = vlm, projector_lr
        self.important: dict[str, tuple[Tensor, Tensor]] = {}
        self.old: Weights = {}
        self.ewc_weight = self.lwf_weight = 0.0

    def parameter_groups(self, lr: float) -> list[dict[str, object]]:
        """LoRA at the loop's rate, the projector at its own."""
        named = self.vlm.trained()
        projector = [one for name, one in named.items() if name.startswith("projector")]
        return [
            {"params": [one for name, one in named.items() if not name.startswith("projector")]},
            {"params": projector, "lr": self.projector_lr},
        ]

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The loss and its parts."""
        logits = self.vlm.logits(batch["tokens"], batch["seen"])
        said = {"loss/answer": answer_loss(logits, batch["labels"])}
        loss = said["loss/answer"]
        if self.important:
            said["loss/ewc"] = self._moved()
            loss = loss + self.ewc_weight / 2 * said["loss/ewc"]
        if self.old:
            said["loss/lwf"] = self._answered_otherwise(logits, batch)
            loss = loss + self.lwf_weight * said["loss/lwf"]
        return {"loss": loss, **said}

    def _moved(self) -> Tensor:
        named = self.vlm.trained()
        parts = [(weight * (named[name] - was).square()).sum() for name, (weight, was) in self.important.items()]
        return torch.stack(parts).sum()

    def _answered_otherwise(self, logits: Tensor, batch: Batch) -> Tensor:
        names = {id(parameter): name for name, parameter in self.vlm.named_parameters()}
        full = {names[id(parameter)]: self.old[short] for short, parameter in self.vlm.trained().items()}
        inner = _Logits(self.vlm)
        with torch.no_grad():
            before = functional_call(inner, {f"vlm.{name}": one for name, one in full.items()}, (batch,))
        here = batch["labels"][:, 1:] != IGNORED
        now, then = (one[:, :-1][here].float() / TEMPERATURE for one in (logits, before))
        return F.kl_div(now.log_softmax(1), then.softmax(1), reduction="batchmean") * TEMPERATURE**2


class _Logits(nn.Module):
    def __init__(self, vlm: Vlm):
        super().__init__()
        self.vlm = vlm

    def forward(self, batch: Batch) -> Tensor:
        return self.vlm.logits(batch["tokens"], batch["seen"])


def answer_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of each answer token given all before it, a mean over tokens."""
    return F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED)


def fisher(tuner: Tuner, sight: Sight, lessons: Sequence[Lesson]) -> Weights:
    """Mean squared gradient of each trained parameter, answer by answer, without dropout."""
    named = tuner.vlm.trained()
    total = {name: torch.zeros_like(one) for name, one in named.items()}
    device = next(iter(named.values())).device
    tuner.eval()
    for lesson in lessons:
        one = {key: value.to(device) for key, value in batch(sight, [lesson]).items()}
        loss = answer_loss(tuner.vlm.logits(one["tokens"], one["seen"]), one["labels"])
        for name, gradient in zip(total, torch.autograd.grad(loss, list(named.values())), strict=True):
            total[name] += gradient.square() / len(lessons)
    return total


def copied(vlm: Vlm) -> Weights:
    """The trained weights now."""
    return {name: one.detach().clone() for name, one in vlm.trained().items()}


@torch.no_grad()
def put(vlm: Vlm, weights: Mapping[str, Tensor]) -> None:
    """Set the trained weights."""
    for name, parameter in vlm.trained().items():
        parameter.copy_(weights[name])


@torch.no_grad()
def fresh(vlm: Vlm, base: Mapping[str, Tensor], seed: int) -> Weights:
    """Weights to begin with: LoRA's A drawn by a seed, its B 0, the projector as in `base`."""
    generator, found = torch.Generator().manual_seed(seed), {}
    for name, parameter in vlm.trained().items():
        if name.startswith("projector"):
            found[name] = base[name].clone()
        elif name.endswith("lora_A"):
            drawn = torch.rand(parameter.shape, generator=generator) * 2 - 1
            found[name] = (drawn / parameter.shape[1] ** 0.5).to(parameter)
        else:
            found[name] = torch.zeros_like(parameter)
    return found
