"""EASE (Zhou et al., CVPR 2024): an adapter for each session, and prototypes in all of their feature spaces.

Prototypes of old classes in a new adapter's space cannot be computed without old pictures; they are put together from
the new classes' ones, weighted by how alike old and new are in the old space. A class is scored by cosine in its own
session's space, plus `ease_other` times the cosines in the others'.

Differs from the paper: adapters sit in the tuned blocks alone; where a class comes again in another domain it has a
prototype for each, and the best of them counts.
"""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from engines.continual.bench import Bench, Logits, Memo
from engines.continual.heads import CosineHead, class_means
from engines.continual.learners import BankLearner
from engines.continual.sessions import Session
from engines.continual.tuning import Bank


@dataclass
class Prototype:
    """A class of a session, in each adapter's space (F,)."""

    session: int
    label: int
    spaces: list[Tensor] = field(default_factory=list)


class Subspaces:
    """EASE as a method of the bench."""

    curves = ("answer",)

    def __init__(self, bench: Bench):
        self.bench = bench
        self.banks: list[Bank] = []
        self.memos: list[Memo] = []
        self.prototypes: list[Prototype] = []

    def learn(self, session: Session) -> None:
        """See `bench.Method`."""
        bench, rows = self.bench, self.bench.rows(session)
        bank = bench.network.bank("adapter", bench.seed + session.number, bench.config.pet_width)
        head = CosineHead(len(session.present), bench.network.feature_width, seed=bench.seed + session.number)
        learner = BankLearner(bench.network, bank, head, offset=session.present[0])
        bench.fit(learner, session, rows=rows)
        self.banks.append(bank.requires_grad_(False).eval())
        self.memos.append(Memo(bench, bench.test, bank))
        labels = bench.labels(rows)
        spaces = [class_means(bench.features(bench.train, rows, one), labels, session.present) for one in self.banks]
        complete(self.prototypes, spaces)
        self.prototypes += [
            Prototype(session.number, label, [space[place] for space in spaces])
            for place, label in enumerate(session.present)
        ]
        self.seen = session.seen

    def logits(self, indices: np.ndarray) -> Logits:
        """See `bench.Method`."""
        features = [F.normalize(memo(indices)) for memo in self.memos]
        best = torch.full((len(indices), self.seen), -torch.inf)
        for one in self.prototypes:
            parts = [space @ F.normalize(at, dim=0) for space, at in zip(features, one.spaces, strict=True)]
            weights = [1.0 if place == one.session else self.bench.config.ease_other for place in range(len(parts))]
            score = sum(weight * part for weight, part in zip(weights, parts, strict=True))
            best[:, one.label] = torch.maximum(best[:, one.label], torch.as_tensor(score))
        return {"answer": best.numpy()}

    def features(self, indices: np.ndarray) -> None:
        """Spaces are added; none drifts."""
        return


def complete(old: list[Prototype], new: list[Tensor]) -> None:
    """Give old prototypes a place in the newest space, from the new classes' prototypes (K', F) in every space."""
    for one in old:
        own = one.session
        alike = F.cosine_similarity(one.spaces[own][None], new[own]).softmax(0)
        one.spaces.append(alike @ new[-1])
