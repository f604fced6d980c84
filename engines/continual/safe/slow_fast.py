"""The method: a slow learner that is trained once and frozen, a fast one that goes on, and their mixed answer.

Session 1 trains a bank and a cosine head with the transfer loss; the slow learner is its frozen copy. In each later
session the fast learner is trained on the new pictures, aligned with the slow one, and cross-classified. After every
session each learner gets an analytic head from sums over all sessions; earlier sessions' terms in the fast learner's
sums were computed with its earlier weights and cannot be refreshed, which is why the alignment matters.

Differs from the released code: one forward of the fast learner serves all losses (the release has two, with other
dropout); rows of new classes are written into the slow head when their session begins, so that the cross-classification
of new pictures means something there (`slow_rows=zero` leaves them 0); new rows do not start at 0 (`heads`).
"""

import copy
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.continual.analytic import Projection, Statistics, choose_ridge, one_hot
from engines.continual.bench import Bench, Logits, Memo
from engines.continual.heads import CosineHead, class_means
from engines.continual.learners import BankLearner
from engines.continual.mixing import mix
from engines.continual.network import Network
from engines.continual.safe.losses import alignment, cross_classification, transfer
from engines.continual.safe.recipe import SafeConfig
from engines.continual.sessions import Session
from engines.continual.tuning import Bank

SIDES = ("fast", "slow")
"""In the order in which the release writes their sums."""


class SlowLearner(BankLearner):
    """Session 1: cross-entropy and the transfer loss."""

    def __init__(self, network: Network, bank: Bank, head: CosineHead, config: SafeConfig):
        super().__init__(network, bank, head)
        self.config = config

    def added(self, features: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """See `BankLearner.added`."""
        if not (self.config.lambda_diag or self.config.lambda_rdn):
            return {}
        with torch.no_grad():
            frozen = self.network(batch["x"])
        found = transfer(features, frozen, self.config.corr_norm)
        more = self.config.lambda_diag * found.diagonal + self.config.lambda_rdn * found.rest
        return {"loss": loss + more, "loss/class": loss, "loss/diagonal": found.diagonal, "loss/rest": found.rest}


class FastLearner(BankLearner):
    """Later sessions: cross-entropy, alignment, cross-classification. The slow side is frozen and never in training."""

    def __init__(self, network: Network, bank: Bank, head: CosineHead, slow: "Side", old: int, config: SafeConfig):
        super().__init__(network, bank, head)
        self.slow_bank, self.slow_head, self.old, self.config = slow.bank, slow.head, old, config

    def train(self, mode: bool = True) -> "FastLearner":
        """As `nn.Module.train`, but for the slow bank."""
        super().train(mode)
        self.slow_bank.eval()
        return self

    def added(self, features: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """See `BankLearner.added`."""
        config = self.config
        if not (config.lambda_cos or config.lambda_cc):
            return {}
        with torch.no_grad():
            slow = self.network(batch["x"], self.slow_bank)
        align = alignment(features, slow)
        cross = cross_classification(features, slow, batch["labels"], self.head, self.slow_head, self.old)
        total = loss + config.lambda_cos * align + config.lambda_cc * cross
        return {"loss": total, "loss/class": loss, "loss/align": align / len(features), "loss/cross": cross}


class Side(NamedTuple):
    """A learner: its bank and its training head."""

    bank: Bank
    head: CosineHead


class Analytic(NamedTuple):
    """An analytic head: W (M, K_t), the ridge it was solved with, and σ."""

    weight: Tensor
    ridge: float
    sigma: float


class SlowFast:
    """SAFE as a method of the bench."""

    curves = ("answer", "slow", "fast")

    def __init__(self, bench: Bench):
        self.bench, self.config = bench, bench.config
        width = bench.network.feature_width
        self.projection = Projection(width, self.config.projection, bench.seed)
        sums = [Statistics(self.projection.size, bench.classes) for _ in SIDES]
        if self.config.gram == "shared":
            sums[1] = sums[0]
        self.sums = dict(zip(SIDES, sums, strict=True))
        self.heads: dict[str, Analytic] = {}
        self.sides: dict[str, Side] = {}
        self.means: dict[str, list[Tensor]] = {name: [] for name in SIDES}
        self.alike: list[float] = []
        self.session: Session | None = None

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        if session.number == 0:
            self._first(session)
        else:
            self._later(session)
        self.session = session
        self._solve(session)

    def logits(self, indices: np.ndarray) -> Logits:
        """Logits (N, K_t) of the mix, the slow and the fast learner; in session 1 there is one learner."""
        found = {name: self._analytic(name, self._test(name)(indices)) for name in SIDES}
        if self.session is not None and self.session.number == 0:
            return {"answer": found["fast"], **found}
        mixed = mix(found["slow"], found["fast"], self.config.aggregation, self.config.gamma)
        return {"answer": mixed.logits, **found}

    def features(self, indices: np.ndarray) -> np.ndarray:
        """The fast learner's."""
        return self._test("fast")(indices).numpy()

    def tensors(self) -> dict[str, Tensor]:
        """What is to be kept of it: banks, training heads and analytic heads."""
        kept = {
            f"{name}.bank.{key}": value for name in SIDES for key, value in self.sides[name].bank.state_dict().items()
        }
        for name in SIDES:
            kept |= {f"{name}.head.{key}": value for key, value in self.sides[name].head.state_dict().items()}
            kept[f"{name}.analytic"] = self.heads[name].weight.float()
        return kept

    def cached(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """What pages need to answer anew under another γ, ridge, mix or head, without any training (see `mixing`)."""
        kept: dict[str, np.ndarray] = {}
        for name in SIDES:
            features, head = self._test(name)(indices), self.heads[name]
            values, vectors, target = self.sums[name].rotated(head.weight.shape[1])
            with torch.no_grad():
                cosine = self.sides[name].head.cpu()(features)
                means = F.normalize(torch.cat(self.means[name])) if self.means[name] else None
            by_mean = cosine if means is None else head.sigma * F.normalize(features) @ means.T
            parts: dict[str, Any] = {
                "rotated": self.projection(features) @ vectors, "values": values, "target": target,
                "sigma": torch.tensor(head.sigma), "ridge": torch.tensor(head.ridge), "class_mean": by_mean,
                "cosine": cosine,
            }  # fmt: skip
            kept |= {f"{name}_{key}": value.numpy().astype(np.float32) for key, value in parts.items()}
            self.sides[name].head.to(self.bench.inputs.device)
        return kept

    def _first(self, session: Session) -> None:
        bench, network = self.bench, self.bench.network
        bank = network.bank(self.config.pet, bench.seed, self.config.pet_width)
        head = CosineHead(session.seen, network.feature_width, seed=bench.seed)
        learner = SlowLearner(network, bank, head, self.config)
        bench.fit(learner, session, answer=bench.answering(learner.answer))
        self.sides["slow"] = Side(_frozen(bank), _frozen(head))
        self.sides["fast"] = Side(bank, head)
        self.slow_test = Memo(bench, bench.test, self.sides["slow"].bank)

    def _later(self, session: Session) -> None:
        bench, old = self.bench, len(self.sides["slow"].head.weight)
        rows = bench.rows(session)
        self._grow("fast", session, rows, self.config.new_rows)
        self._grow("slow", session, rows, self.config.slow_rows)
        fast = self.sides["fast"]
        learner = FastLearner(bench.network, fast.bank, fast.head, self.sides["slow"], old, self.config)
        bench.fit(learner, session, rows=rows, answer=bench.answering(learner.answer))

    def _grow(self, name: str, session: Session, rows: np.ndarray, how: str) -> None:
        side, means = self.sides[name], None
        if session.new and how == "class_mean":
            features = self.bench.features(self.bench.train, rows, side.bank)
            means = class_means(features, self.bench.labels(rows), session.new)
        head = side.head.grown(len(session.new), how, means, seed=self.bench.seed + session.number)
        self.sides[name] = Side(side.bank, _frozen(head) if name == "slow" else head)

    def _solve(self, session: Session) -> None:
        rows = self.bench.rows(session)
        labels = self.bench.labels(rows)
        features = {}
        for name in SIDES:
            features[name] = self.bench.features(self.bench.train, rows, self.sides[name].bank)
            hidden = self.projection(features[name])
            self.sums[name].add(hidden, labels)
            ridge = choose_ridge(hidden, one_hot(labels, self.bench.classes, len(rows)), self.config.grid)
            weight = self.sums[name].solve(ridge, session.seen)
            self.heads[name] = Analytic(weight, ridge, float(self.sides[name].head.sigma.detach()))
            if session.new:
                self.means[name].append(class_means(features[name], labels, session.new))
        self.alike.append(float(F.cosine_similarity(features["fast"], features["slow"]).mean()))
        self.fast_test = Memo(self.bench, self.bench.test, self.sides["fast"].bank)

    def _test(self, name: str) -> Memo:
        return self.slow_test if name == "slow" else self.fast_test

    def _analytic(self, name: str, features: Tensor) -> np.ndarray:
        head = self.heads[name]
        return (head.sigma * self.projection(features) @ head.weight).float().numpy()


def _frozen(module: Any) -> Any:
    copied: nn.Module = copy.deepcopy(module)
    return copied.requires_grad_(False).eval()
