"""The record of one method in one stream, order and seed: what it got right, session by session, and inside sessions.

From it come the accuracy matrices of every curve, all measures with their intervals, and everything that pages draw. It
is said to the journal whole, as the arrays `record-NAME`, whenever it has grown.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engines.analysis.subspaces import principal_angles
from engines.continual.matrix import Matrix, of_predictions
from engines.continual.measures import overall
from engines.continual.mixing import entropy_weights
from engines.continual.sessions import Plan, Session
from engines.errors import BadInput

HEADLINE = "answer"
DIRECTIONS = 5
"""Principal directions of the features whose angles are followed."""


@dataclass
class Record:
    """What became of one method; sessions along the first axis, test pictures or sessions along the second.

    Attributes:
        session_of: (N,) session of each test picture. right: by curve (T, N), 1 right, 0 wrong, NaN not asked.
        slow_weight: (T, J) mean weight of the slow learner on a session's pictures. probes: `[session, part, norm, and
        accuracy on each session (NaN before it has come)]`. drift, angle, alike, seconds: (T,), see `followed`.
    """

    method: str
    seed: int
    order: int
    plan: Plan
    gamma: float = 1.0
    curves: tuple[str, ...] = (HEADLINE,)
    right: dict[str, np.ndarray] = field(default_factory=dict)
    probes: list[list[float]] = field(default_factory=list)
    chance: np.ndarray | None = None

    def __post_init__(self) -> None:
        test, count = self.plan.stream.test, len(self.plan.sessions)
        self.labels = self.plan.labels(test)
        self.session_of = np.full(len(test), -1)
        for session in self.plan.sessions:
            self.session_of[self.plan.rows(test, session)] = session.number
        if (self.session_of < 0).any():
            raise BadInput(f"{int((self.session_of < 0).sum())} test pictures belong to no session of the stream.")
        self.right = {name: np.full((count, len(test)), np.nan, np.float32) for name in self.curves}
        self.slow_weight = np.full((count, count), np.nan)
        self.drift, self.angle, self.alike, self.seconds = (np.full(count, np.nan) for _ in range(4))
        self._first: np.ndarray | None = None

    def asked(self, session: Session) -> np.ndarray:
        """The test pictures asked after a session: of all classes seen, which in a domain stream is all."""
        if self.plan.by_domain:
            return np.arange(len(self.session_of))
        return np.flatnonzero(self.session_of <= session.number)

    def answered(self, session: Session, logits: dict[str, np.ndarray]) -> None:
        """Take the logits (N', K_t) of the pictures asked after a session."""
        rows, t = self.asked(session), session.number
        for name, values in logits.items():
            if values.shape != (len(rows), session.seen):
                raise BadInput(f"{self.method} gave logits {values.shape}, not {(len(rows), session.seen)}.")
            self.right[name][t, rows] = values.argmax(1) == self.labels[rows]
        if {"slow", "fast"} <= set(logits) and t > 0:
            weight = entropy_weights(logits["slow"], logits["fast"], self.gamma)
            for j in range(len(self.plan.sessions)):
                mine = self.session_of[rows] == j
                if mine.any():
                    self.slow_weight[t, j] = weight[mine].mean()

    def followed(self, session: Session, features: np.ndarray | None) -> None:
        """Take the features (n, F) of the first session's pictures: mean cosine to those after session 1 (`drift`), and
        the largest angle, in degrees, between the spans of their first principal directions then and now (`angle`)."""
        t = session.number
        if features is None:
            self.drift[t], self.angle[t] = 1.0, 0.0
            return
        if self._first is None:
            self._first = features
        now, then = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (features, self._first))
        self.drift[t] = (now * then).sum(1).mean()
        self.angle[t] = np.degrees(_largest_angle(self._first, features))

    def probe_rows(self, each: int, session: Session) -> np.ndarray:
        """A class-balanced few of the test pictures of the sessions so far."""
        chosen = []
        for j in range(session.number + 1):
            mine = np.flatnonzero(self.session_of == j)
            for label in np.unique(self.labels[mine]):
                chosen.append(mine[self.labels[mine] == label][:each])
        return np.concatenate(chosen)

    def matrix(self, curve: str = HEADLINE, weights: np.ndarray | None = None) -> Matrix:
        """The accuracy matrix of a curve; `weights` (N,) counts pictures more or less often.

        "released" is the released code's number: after each session the better of fast and mixed by test accuracy.
        """
        if curve == "released":
            return self._released()
        weights = np.ones(len(self.session_of)) if weights is None else weights
        share = np.zeros((len(self.session_of), len(self.plan.sessions)))
        share[np.arange(len(share)), self.session_of] = weights
        counts = share.sum(0)
        right = self.right[curve].astype(float)
        accuracy = np.full((len(right), len(counts)), np.nan)
        for j in range(len(counts)):
            mine = self.session_of == j
            accuracy[:, j] = (right[:, mine] * weights[mine]).sum(1) / counts[j]
        return Matrix(np.clip(accuracy, 0, 1), counts.round().astype(int), self.chance)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything as arrays, accuracies among them, for the journal and for resuming."""
        matrices = {f"accuracy_{name}": self.matrix(name).accuracy for name in self.right}
        if "fast" in self.right:
            matrices["accuracy_released"] = self._released().accuracy
        probes = np.array(self.probes, float).reshape(len(self.probes), 3 + len(self.plan.sessions))
        return {
            **matrices, **{f"right_{name}": values for name, values in self.right.items()}, "probes": probes,
            "sessions": np.array([session.name for session in self.plan.sessions]), "session_of": self.session_of,
            "labels": self.labels, "counts": np.bincount(self.session_of), "slow_weight": self.slow_weight,
            "drift": self.drift, "angle": self.angle, "alike": self.alike, "seconds": self.seconds,
            "method": np.array(self.method), "seed": np.array(self.seed), "order": np.array(self.order),
            **({} if self.chance is None else {"chance": self.chance}),
        }  # fmt: skip

    def take(self, arrays: dict[str, np.ndarray]) -> None:
        """Take back what `arrays` gave."""
        self.right = {name: arrays[f"right_{name}"] for name in self.curves}
        for name in ("slow_weight", "drift", "angle", "alike", "seconds"):
            setattr(self, name, arrays[name])
        self.probes, self.chance = arrays["probes"].tolist(), arrays.get("chance")

    def _released(self) -> Matrix:
        mixed, fast = self.matrix(HEADLINE), self.matrix("fast")
        accuracy = mixed.accuracy.copy()
        for t in range(1, mixed.sessions):
            if (overall(fast, t) or 0) > (overall(mixed, t) or 0):
                accuracy[t] = fast.accuracy[t]
        return Matrix(accuracy, mixed.counts, self.chance)


@dataclass
class Watch:
    """Keeps a record's probes inside sessions; `say` is called after each."""

    record: Record
    each: int
    say: Any

    def __call__(self, session: Session, part: float, answer: Any, norm: float) -> None:
        """See `bench.Watcher`."""
        record = self.record
        rows = record.probe_rows(self.each, session)
        logits = answer(rows)
        found = of_predictions(
            record.labels[rows], logits.argmax(1), record.session_of[rows], len(record.plan.sessions)
        )
        record.probes.append([session.number, part, norm, *found.tolist()])
        self.say(found)

    def probes(self, session: Session) -> list[list[float]]:
        """See `bench.Watcher`."""
        return [[float(value) for value in probe] for probe in self.record.probes if probe[0] == session.number]

    def restore(self, session: Session, probes: list[list[float]]) -> None:
        """See `bench.Watcher`."""
        others = [probe for probe in self.record.probes if probe[0] != session.number]
        self.record.probes = others + probes


def _largest_angle(first: np.ndarray, second: np.ndarray) -> float:
    import torch

    count = min(DIRECTIONS, len(first) - 1)
    if count < 1 or np.array_equal(first, second):
        return 0.0
    spans = [np.linalg.svd(one - one.mean(0), full_matrices=False)[2][:count].T for one in (first, second)]
    return float(principal_angles(*(torch.from_numpy(np.ascontiguousarray(span)).double() for span in spans))[-1])
