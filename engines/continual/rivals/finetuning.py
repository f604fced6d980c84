"""Rivals that train the tower's own weights: one after the other, all at once, EWC and LwF.

- sequential: cross-entropy over all classes so far on the new session alone.
- joint: the same over the whole stream at once, after the last session; only the last row of its matrix exists.
- ewc (Kirkpatrick et al., 2017): plus λ/2 Σ F (θ - θ*)², F summed over sessions, from the gradients of single pictures,
  and at most 1 / (rate λ), as far as one step can follow.
- lwf (Li and Hoiem, 2016): plus the old network's answers to the new pictures, at temperature 2.

Which weights are trained follows `tuned_blocks`, as for banks: all of the tower where it is 0.
"""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.continual.bench import Bench, Logits
from engines.continual.learners import MOMENTUM
from engines.continual.network import Network
from engines.continual.sessions import Session

TEMPERATURE = 2.0
FISHER_PICTURES = 32


class TowerLearner(nn.Module):
    """A network of its own and a linear head, each with its rate.

    The tower's features are long, so that a head learns from them at a tenth of the rate that suits a bank: ten times
    as fast it overshoots, and takes the tower with it.
    """

    def __init__(self, network: Network, head: nn.Linear, full_lr: float, head_lr: float):
        super().__init__()
        self.network, self.head, self.full_lr, self.head_lr = network, head, full_lr, head_lr

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        logits = self.answer(batch["x"])
        loss = F.cross_entropy(logits, batch["labels"])
        return {"loss": loss, **self.added(logits, batch, loss)}

    def added(self, logits: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """More losses; may replace "loss"."""
        return {}

    def answer(self, x: Tensor) -> Tensor:
        """Logits (B, K_t), float32."""
        return self.head(self.network(x)).float()

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """The tower's weights and the head, at rates of their own."""
        rates = ((self.network.own_parameters(), self.full_lr), (list(self.head.parameters()), self.head_lr))
        return [{"params": parameters, "lr": rate, "momentum": MOMENTUM} for parameters, rate in rates]


class EwcLearner(TowerLearner):
    """Held where old sessions need it. `important`: name -> (F, θ*). `firmest`: the largest F that counts."""

    important: dict[str, tuple[Tensor, Tensor]]
    weight: float
    firmest: float

    def added(self, logits: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """See `TowerLearner.added`."""
        if not self.important:
            return {}
        named = dict(self.named_parameters())
        moved = [
            (f.clamp(max=self.firmest) * (named[name][: len(f)] - at).square()).sum()
            for name, (f, at) in self.important.items()
        ]
        penalty = torch.stack(moved).sum() / 2
        return {"loss": loss + self.weight * penalty, "loss/class": loss, "loss/held": penalty}


class LwfLearner(TowerLearner):
    """Reminded of the old answers."""

    old: TowerLearner | None
    weight: float

    def train(self, mode: bool = True) -> "LwfLearner":
        """As `nn.Module.train`, but for the old network."""
        super().train(mode)
        if self.old is not None:
            self.old.eval()
        return self

    def added(self, logits: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """See `TowerLearner.added`."""
        if self.old is None:
            return {}
        with torch.no_grad():
            before = self.old.answer(batch["x"])
        now = F.log_softmax(logits[:, : before.shape[1]] / TEMPERATURE, 1)
        kept = F.kl_div(now, F.softmax(before / TEMPERATURE, 1), reduction="batchmean") * TEMPERATURE**2
        return {"loss": loss + self.weight * kept, "loss/class": loss, "loss/kept": kept}


class FineTuning:
    """Sequential fine-tuning, and the base of the others."""

    curves = ("answer",)
    learner_type: type[TowerLearner] = TowerLearner

    def __init__(self, bench: Bench):
        self.bench = bench
        self.network = copy.deepcopy(bench.network)
        for parameter in self.network.own_parameters():
            parameter.requires_grad_(True)
        self.head: nn.Linear | None = None
        self.learner: TowerLearner | None = None

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        self._train(session, self.bench.rows(session))

    def logits(self, indices: np.ndarray) -> Logits | None:
        """See `bench.Method`."""
        if self.learner is None:
            return None
        return {"answer": self.bench.compute(self.learner.answer, self.bench.test, indices).numpy()}

    def features(self, indices: np.ndarray) -> np.ndarray | None:
        """See `bench.Method`."""
        if self.learner is None:
            return None
        return self.bench.features(self.bench.test, indices, network=self.network).numpy()

    def prepare(self, learner: Any) -> None:
        """Give a learner what its loss needs."""

    def _train(self, session: Session, rows: np.ndarray, epochs: int = 0) -> None:
        self.head = _grown(self.head, self.network.feature_width, session.seen, self.bench.seed + session.number)
        config = self.bench.config
        learner = self.learner_type(self.network, self.head, config.full_lr, config.head_lr)
        self.prepare(learner)
        learner.to(self.bench.inputs.device)
        self.bench.fit(learner, session, self.bench.answering(learner.answer), rows, epochs)
        self.learner = learner


class Joint(FineTuning):
    """Everything at once, when the last session has come."""

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        if session.number == len(self.bench.plan.sessions) - 1:
            rows = np.concatenate([self.bench.rows(one) for one in self.bench.plan.sessions])
            self._train(session, rows, self.bench.config.epochs)


class Ewc(FineTuning):
    """EWC."""

    learner_type = EwcLearner

    def __init__(self, bench: Bench):
        super().__init__(bench)
        self.important: dict[str, tuple[Tensor, Tensor]] = {}

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        super().learn(session)
        assert self.learner is not None
        fisher = self._fisher(self.learner, self.bench.rows(session)[:FISHER_PICTURES])
        for name, parameter in self.learner.named_parameters():
            if name in fisher:
                total = fisher[name]
                if name in self.important:
                    before = self.important[name][0]
                    total[: len(before)] += before
                self.important[name] = total, parameter.detach().clone()

    def prepare(self, learner: Any) -> None:
        """See `FineTuning.prepare`."""
        config = self.bench.config
        learner.important, learner.weight = self.important, config.ewc_weight
        # A step against the penalty moves by lr λ F (θ - θ*); where that is more than the way back, steps diverge.
        learner.firmest = 1 / max(max(config.full_lr, config.head_lr) * config.ewc_weight, 1e-12)

    def _fisher(self, learner: TowerLearner, rows: np.ndarray) -> dict[str, Tensor]:
        trainable = {name: one for name, one in learner.named_parameters() if one.requires_grad}
        total = {name: torch.zeros_like(one) for name, one in trainable.items()}
        x, labels = self.bench.inputs.clean(self.bench.train, rows.tolist()), self.bench.labels(rows)
        for one, label in zip(x, labels.to(x.device), strict=True):
            loss = F.cross_entropy(learner.answer(one[None]), label[None])
            for name, gradient in zip(total, torch.autograd.grad(loss, list(trainable.values())), strict=True):
                total[name] += gradient.square() / len(rows)
        return total


class Lwf(FineTuning):
    """LwF."""

    learner_type = LwfLearner

    def prepare(self, learner: Any) -> None:
        """See `FineTuning.prepare`."""
        learner.old = None
        if self.old_head is not None:
            learner.old = TowerLearner(self.old_network, self.old_head, 0, 0).requires_grad_(False).eval()
        learner.weight = self.bench.config.lwf_weight

    def _train(self, session: Session, rows: np.ndarray, epochs: int = 0) -> None:
        self.old_network, self.old_head = copy.deepcopy(self.network), copy.deepcopy(self.head)
        super()._train(session, rows, epochs)


def _grown(head: nn.Linear | None, width: int, classes: int, seed: int) -> nn.Linear:
    """A copy with rows up to `classes`, new ones drawn small."""
    grown = nn.Linear(width, classes)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        grown.weight.copy_(0.01 * torch.randn(grown.weight.shape, generator=generator))
        grown.bias.zero_()
        if head is None:
            return grown
        grown.weight[: head.out_features].copy_(head.weight)
        grown.bias[: head.out_features].copy_(head.bias)
    return grown.to(head.weight.device)
