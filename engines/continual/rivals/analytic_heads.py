"""Rivals that sum: RanPAC with and without its first phase, the nearest class mean, and the joint linear probe.

RanPAC (McDonnell et al., NeurIPS 2023): phase 1 tunes a bank on the first session alone, phase 2 is the analytic head.
NCM: cosine to class means of frozen features. The linear probe sees all sessions so far at once: it bounds what a
linear head on frozen features can reach, and forgets nothing because it never has to.
"""

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torch import Tensor
from torch.nn import functional as F

from engines.continual.analytic import Projection, Statistics, choose_ridge, one_hot
from engines.continual.bench import Bench, Logits, Memo
from engines.continual.heads import CosineHead
from engines.continual.learners import BankLearner
from engines.continual.network import NOTHING
from engines.continual.sessions import Session
from engines.continual.tuning import Bank


class RanPac:
    """RanPAC; `tuned` says whether it has phase 1."""

    curves = ("answer",)

    def __init__(self, bench: Bench, tuned: bool = True):
        self.bench, self.tuned, self.bank = bench, tuned, NOTHING
        self.projection = Projection(bench.network.feature_width, bench.config.projection, bench.seed)
        self.sums = Statistics(self.projection.size, bench.classes)

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        bench = self.bench
        if session.number == 0:
            self.bank = self._phase_1(session) if self.tuned else NOTHING
            self.memo = Memo(bench, bench.test, self.bank)
        rows = bench.rows(session)
        labels, hidden = bench.labels(rows), self.projection(bench.features(bench.train, rows, self.bank))
        self.sums.add(hidden, labels)
        ridge = choose_ridge(hidden, one_hot(labels, bench.classes, len(rows)), bench.config.grid)
        self.weight = self.sums.solve(ridge, session.seen)

    def logits(self, indices: np.ndarray) -> Logits:
        """See `bench.Method`."""
        return {"answer": (self.projection(self.memo(indices)) @ self.weight).float().numpy()}

    def features(self, indices: np.ndarray) -> None:
        """They never drift."""
        return

    def _phase_1(self, session: Session) -> Bank:
        bench, network = self.bench, self.bench.network
        bank = network.bank(bench.config.pet, bench.seed, bench.config.pet_width)
        learner = BankLearner(network, bank, CosineHead(session.seen, network.feature_width, seed=bench.seed))
        bench.fit(learner, session, answer=bench.answering(learner.answer))
        return bank.requires_grad_(False).eval()


class ClassMeans:
    """NCM on frozen features. Where a class comes again, as domains do, its mean is over all of them."""

    curves = ("answer",)

    def __init__(self, bench: Bench):
        self.bench, self.memo = bench, Memo(bench, bench.test)
        self.total = torch.zeros(bench.classes, bench.network.feature_width)
        self.count = torch.zeros(bench.classes)

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        rows = self.bench.rows(session)
        labels = self.bench.labels(rows)
        self.total.index_add_(0, labels, self.bench.features(self.bench.train, rows))
        self.count += torch.bincount(labels, minlength=len(self.count))
        self.seen = session.seen

    def logits(self, indices: np.ndarray) -> Logits:
        """See `bench.Method`."""
        means = F.normalize(self.total[: self.seen] / self.count[: self.seen, None])
        return {"answer": (F.normalize(self.memo(indices)) @ means.T).numpy()}

    def features(self, indices: np.ndarray) -> None:
        """They never drift."""
        return


class LinearProbe:
    """Logistic regression on frozen features of everything so far."""

    curves = ("answer",)

    def __init__(self, bench: Bench):
        self.bench, self.memo = bench, Memo(bench, bench.test)
        self.kept: list[tuple[Tensor, Tensor]] = []

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        rows = self.bench.rows(session)
        self.kept.append((self.bench.features(self.bench.train, rows), self.bench.labels(rows)))
        features, labels = (torch.cat(parts).numpy() for parts in zip(*self.kept, strict=True))
        self.scaler = StandardScaler().fit(features)
        self.model = LogisticRegression(C=0.01, max_iter=300).fit(self.scaler.transform(features), labels)

    def logits(self, indices: np.ndarray) -> Logits:
        """See `bench.Method`."""
        found = self.model.decision_function(self.scaler.transform(self.memo(indices).numpy()))
        two = np.stack([-found, found], 1) if found.ndim == 1 else found
        return {"answer": two.astype(np.float32)}

    def features(self, indices: np.ndarray) -> None:
        """They never drift."""
        return
