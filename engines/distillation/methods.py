"""The rivals of TAS: what each adds to the cross-entropy of the student.

A method is an `nn.Module` whose `forward(view)` returns weighted losses by name; what it trains beside the student lies
in it and is not kept. Weights and temperatures default to those of the OFA protocol.

- `KD`, `DKD`, `DIST`: logits alone (see `losses`).
- `FitNet`: A. Romero et al., ICLR 2015; mean squared error on the maps of all four stages.
- `CRD`: Y. Tian et al., "Contrastive Representation Distillation", ICLR 2020; see `Crd`.
- `OFA`: see `Ofa`.
"""

import math
from dataclasses import dataclass

import torch
from timm.models.vision_transformer import Block
from torch import Tensor, nn
from torch.nn import functional as F

from engines.distillation import losses
from engines.distillation.cut import CNN, STAGES, Cut, Said


@dataclass(frozen=True)
class View:
    """A batch as both networks see it: `labels` (B,) are hard, `index` (B,) numbers the pictures."""

    teacher: Cut
    student: Cut
    taught: Said
    learnt: Said
    labels: Tensor
    index: Tensor


class Logits(nn.Module):
    """A loss of logits alone: `loss(learner, guide, labels)`."""

    def __init__(self, name: str, weight: float = 1.0, **options: float):
        super().__init__()
        self.name, self.weight, self.options = name, weight, options

    def forward(self, view: View) -> dict[str, Tensor]:
        """See the module."""
        learnt, taught = view.learnt.logits.float(), view.taught.logits.float()
        if self.name == "dkd":
            return {"distill/dkd": self.weight * losses.dkd(learnt, taught, view.labels, **self.options)}
        if self.name == "dist":
            return {"distill/dist": self.weight * losses.dist(learnt, taught, **self.options)}
        return {"distill/kd": self.weight * losses.kd(learnt, taught, **self.options)}


class FitNet(nn.Module):
    """Maps of the student's stages, through 1 x 1 convolutions, should be the teacher's.

    Differs from the paper, which distils one layer between convolutional networks before the training proper: here all
    four stages together with it, as in the OFA protocol, and a larger grid is averaged onto the smaller.
    """

    def __init__(self, teacher: Cut, student: Cut, weight: float = 1.0):
        super().__init__()
        self.weight = weight
        pairs = zip(student.channels, teacher.channels, strict=True)
        self.lead = nn.ModuleList(nn.Conv2d(ours, theirs, 1) for ours, theirs in pairs)

    def forward(self, view: View) -> dict[str, Tensor]:
        """See the module."""
        total = view.learnt.logits.new_zeros(())
        for lead, learnt, taught in zip(self.lead, view.learnt.stages, view.taught.stages, strict=True):
            ours, theirs = view.student.as_map(learnt).float(), view.teacher.as_map(taught).float()
            side = min(ours.shape[-1], theirs.shape[-1])
            ours, theirs = (F.adaptive_avg_pool2d(each, side) for each in (ours, theirs))
            total = total + F.mse_loss(lead(ours), theirs)
        return {"distill/fitnet": self.weight * total}


class Crd(nn.Module):
    """Contrast with a memory: an embedding of the student should tell its picture's teacher embedding from those of
    pictures of other classes, and the other way about.

    h = P / (P + M/N) with M negatives, N pictures and P = e^(g/τ) / Z, where Z is N times the mean of e^(g/τ) over the
    negatives of the first batch, as in the released code: P is then 1/N where nothing is known. The paper prints
    h without Z, of which each of M negatives costs about one, and classes are drowned. Memories follow with momentum.

    Args:
        labels: (N,) of the training pictures. width: of the embeddings.
    """

    memory: Tensor
    order: Tensor
    starts: Tensor
    counts: Tensor
    log_z: Tensor

    def __init__(
        self, teacher: Cut, student: Cut, labels: Tensor, *, width: int = 128, negatives: int = 16384,
        tau: float = 0.07, momentum: float = 0.5, weight: float = 1.0,
    ):  # fmt: skip
        super().__init__()
        self.weight, self.tau, self.momentum, self.negatives = weight, tau, momentum, negatives
        self.heads = nn.ModuleList(nn.Linear(cut.width, width) for cut in (student, teacher))
        drawn = torch.randn(2, len(labels), width)
        self.register_buffer("memory", F.normalize(drawn, dim=2))
        self.register_buffer("log_z", torch.full((2,), torch.nan))  # by memory; unknown before the first batch
        counts = torch.bincount(labels)
        self.register_buffer("order", labels.argsort(stable=True), persistent=False)
        self.register_buffer("counts", counts, persistent=False)
        self.register_buffer("starts", counts.cumsum(0) - counts, persistent=False)

    def forward(self, view: View) -> dict[str, Tensor]:
        """See the module."""
        said = (view.learnt.feature, view.taught.feature)
        ours = [F.normalize(head(each.float()), dim=1) for head, each in zip(self.heads, said, strict=True)]
        others = self.drawn(view.labels)
        loss = self._told(ours[0], 1, view.index, others) + self._told(ours[1], 0, view.index, others)
        if self.training:
            self._follow(ours, view.index)
        return {"distill/crd": self.weight * loss}

    def drawn(self, labels: Tensor) -> Tensor:
        """Numbers of pictures of other classes, (B, M), evenly."""
        total, counts = len(self.order), self.counts[labels][:, None]
        draws = torch.rand(len(labels), self.negatives, device=labels.device)
        place = (draws * (total - counts)).long()
        return self.order[torch.where(place < self.starts[labels][:, None], place, place + counts)]

    def _told(self, ours: Tensor, whose: int, index: Tensor, others: Tensor) -> Tensor:
        chance = self.negatives / len(self.order)
        own = (ours * self.memory[whose][index]).sum(1) / self.tau
        rest = torch.einsum("bd,bmd->bm", ours, self.memory[whose][others]) / self.tau
        if self.log_z[whose].isnan():
            self.log_z[whose] = (rest.detach().logsumexp((0, 1)) - math.log(rest.numel())) + math.log(len(self.order))
        even = self.log_z[whose] + math.log(chance)  # where P = M/N
        # log h = -softplus(log(M/N) - log P), log(1 - h) = -softplus(log P - log(M/N))
        return (F.softplus(even - own) + F.softplus(rest - even).sum(1)).mean()

    @torch.no_grad()
    def _follow(self, ours: list[Tensor], index: Tensor) -> None:
        for number, each in enumerate(ours):
            moved = self.momentum * self.memory[number][index] + (1 - self.momentum) * each
            self.memory[number][index] = F.normalize(moved, dim=1)


class Ofa(nn.Module):
    """Exits from the student's stages into logits, each of which follows the teacher by the OFA loss, as do its own.

    A convolutional student's exit has 4 - stage separable convolutions of stride 2, a pool and a layer; another's
    merges patches to at most 7 x 7, then has max(4 - stage, 1) transformer blocks of four heads.
    """

    def __init__(self, teacher: Cut, student: Cut, gamma: float = 1.0, form: str = "code", weight: float = 1.0):
        super().__init__()
        self.gamma, self.form, self.weight = gamma, form, weight
        width = max(teacher.width, student.width)
        self.exits = nn.ModuleList(_exit(student, stage, width) for stage in range(STAGES))

    def forward(self, view: View) -> dict[str, Tensor]:
        """See the module."""
        taught = view.taught.logits.float()
        told = [
            leave(view.student.as_map(stage).float())
            for leave, stage in zip(self.exits, view.learnt.stages, strict=True)
        ]
        stages = torch.stack([losses.ofa(each, taught, view.labels, self.gamma, self.form) for each in told]).sum()
        own = losses.ofa(view.learnt.logits.float(), taught, view.labels, self.gamma, self.form)
        return {"distill/exits": self.weight * stages, "distill/ofa": self.weight * own}


def _exit(student: Cut, stage: int, width: int) -> nn.Module:
    channels, grid = student.channels[stage], student.grids[stage]
    left = STAGES - 1 - stage
    if student.kind == CNN:
        widths = [*(min(width, channels * 2 ** (n + 1)) for n in range(left - 1)), *([width] if left else [])]
        steps = zip([channels, *widths], widths, strict=False)
        body: list[nn.Module] = [_separable(a, b) for a, b in steps]
        return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear((widths or [channels])[-1],
                                                                                      student.classes))  # fmt: skip
    return _TokenExit(channels, max(1, grid[0] // 7), max(left, 1), student.classes)


def _separable(channels: int, out: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, 2, 1, groups=channels, bias=False), nn.BatchNorm2d(channels), nn.ReLU(),
        nn.Conv2d(channels, out, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(),
    )  # fmt: skip


class _TokenExit(nn.Module):
    """(B, C, H, W) -> logits: patches merged, blocks over tokens, their mean."""

    def __init__(self, channels: int, ratio: int, depth: int, classes: int):
        super().__init__()
        width = -(-channels // 4) * 4
        self.merge = nn.Conv2d(channels, width, ratio, ratio)
        self.blocks = nn.Sequential(*(Block(width, 4) for _ in range(depth)), nn.LayerNorm(width))
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.merge(x).flatten(2).transpose(1, 2)).mean(1))
