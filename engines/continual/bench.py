"""The bench that methods of one run stand on: one tower, one stream in one order, one seed; and how each is probed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from engines.backbones.precision import autocast
from engines.continual.inputs import BATCH, Inputs, Samples
from engines.continual.network import NOTHING, Network
from engines.continual.safe.recipe import SafeConfig
from engines.continual.sessions import Plan, Session
from engines.continual.stream import Part
from engines.continual.tuning import Bank
from engines.errors import Stopped
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig

Logits = dict[str, np.ndarray]


class Method(Protocol):
    """A continual learner. `curves` names what it answers with, the headline first."""

    curves: tuple[str, ...]

    def learn(self, session: Session) -> None:
        """Learn a session; earlier training pictures are not to be had."""
        ...

    def logits(self, indices: np.ndarray) -> Logits | None:
        """Logits (N, K_t) of test pictures by curve; None if it has no answer yet."""
        ...

    def features(self, indices: np.ndarray) -> np.ndarray | None:
        """The headline learner's features (N, F) of test pictures; None where they cannot drift."""
        ...


Answer = Callable[[np.ndarray], np.ndarray]
"""Test pictures (N,) -> logits (N, K) of what is being trained now."""


class Watcher(Protocol):
    """Keeps what is found inside sessions."""

    def __call__(self, session: Session, part: float, answer: Answer, norm: float) -> None:
        """A probe, `part` of the way through a session; `norm` is that of the head's longest row."""
        ...

    def probes(self, session: Session) -> list[list[float]]:
        """Those of a session, as plain numbers."""
        ...

    def restore(self, session: Session, probes: list[list[float]]) -> None:
        """Take back what `probes` gave."""
        ...


@dataclass
class Bench:
    """What a method is given.

    Attributes:
        name: of the entry, its seed and order, as stages have it. watch: who keeps what probes find.
    """

    config: SafeConfig
    journal: Journal
    network: Network
    inputs: Inputs
    plan: Plan
    seed: int
    name: str
    watch: "Watcher"

    @property
    def train(self) -> Part:
        """Training pictures."""
        return self.plan.stream.train

    @property
    def test(self) -> Part:
        """Test pictures."""
        return self.plan.stream.test

    @property
    def classes(self) -> int:
        """K, classes of the whole stream."""
        return len(self.plan.stream.classes)

    def rows(self, session: Session) -> np.ndarray:
        """The session's training pictures, shuffled by the seed."""
        rows = self.plan.rows(self.train, session)
        return np.random.default_rng((self.seed, session.number)).permutation(rows)

    def labels(self, rows: np.ndarray) -> Tensor:
        """Labels of training pictures as classes arrive."""
        return torch.from_numpy(self.plan.labels(self.train)[rows])

    def fit(
        self,
        learner: nn.Module,
        session: Session,
        answer: Answer | None = None,
        rows: np.ndarray | None = None,
        epochs: int = 0,
    ) -> None:
        """Train a learner on a session's pictures, or on other rows, from where a stopped run left it."""
        config, rows = self.config, self.rows(session) if rows is None else rows
        epochs = epochs or (config.epochs if session.number == 0 else config.later_epochs)
        steps_of = lambda count: max(1, round(count * len(rows) / config.batch))  # noqa: E731
        loop = LoopConfig(
            seed=self.seed, steps=steps_of(epochs), horizon=steps_of(config.cosine_epochs),
            batch=config.batch, lr=config.lr, weight_decay=config.weight_decay, optimiser="sgd", schedule="cosine",
            precision=config.precision, device=config.device, checkpoint_s=config.checkpoint_s,
        )  # fmt: skip
        samples = Samples(self.inputs, self.train, rows, self.plan.labels(self.train))
        stage = f"{self.name}-{session.number}"
        observer = Prober(self, session, answer, loop.steps) if answer else None
        Loop(learner, samples, loop, self.journal, stage, f"{self.name}/", observer).fit()
        learner.eval()

    def heard(self) -> None:
        """Stop here if that was asked for.

        Raises:
            Stopped: it was.
        """
        if self.journal.stopping():
            raise Stopped(f"Stopped in {self.name}; resume it to go on. What was trained is kept.")

    @torch.no_grad()
    def compute(
        self, function: Callable[[Tensor], Tensor], part: Part, indices: Sequence[int] | np.ndarray, heed: bool = True
    ) -> Tensor:
        """A function of test views, batch by batch: float32 on the CPU.

        Args:
            heed: leave between two batches if that is asked for; not inside a step, whose checkpoint would be lost.

        Raises:
            Stopped: the journal asked to stop.
        """
        done = []
        for start in range(0, len(indices), BATCH):
            if heed:
                self.heard()
            x = self.inputs.clean(part, [int(index) for index in indices[start : start + BATCH]])
            with autocast(self.inputs.device, self.config.precision):
                done.append(function(x).float().cpu())
        return torch.cat(done)

    def features(self, part: Part, indices: np.ndarray, bank: Bank = NOTHING, network: Network | None = None) -> Tensor:
        """Features (N, F) of test views under a bank."""
        return self.compute(lambda x: (network or self.network)(x, bank), part, indices)

    def answering(self, function: Callable[[Tensor], Tensor]) -> Answer:
        """How a learner in training answers to test pictures."""
        return lambda indices: self.compute(function, self.test, indices, heed=False).numpy()


class Memo:
    """Features of a part under a bank that never changes again, each computed once."""

    def __init__(self, bench: Bench, part: Part, bank: Bank = NOTHING):
        self.bench, self.part, self.bank = bench, part, bank
        self._kept: dict[int, Tensor] = {}

    def __call__(self, indices: np.ndarray) -> Tensor:
        """(N, F)."""
        missing = np.array([index for index in indices.tolist() if index not in self._kept], np.int64)
        if len(missing):
            found = self.bench.features(self.part, missing, self.bank)
            self._kept |= dict(zip(missing.tolist(), found, strict=True))
        return torch.stack([self._kept[index] for index in indices.tolist()])


class Prober:
    """Probes what is being trained every few steps; what it found is part of the checkpoint."""

    def __init__(self, bench: Bench, session: Session, answer: Answer, steps: int):
        self.bench, self.session, self.answer, self.steps = bench, session, answer, steps

    def __call__(self, step: int, learner: nn.Module) -> None:
        """See `loop.Observer`."""
        if step % self.bench.config.probe_every and step != self.steps:
            return
        learner.eval()
        norm = getattr(learner, "longest_row", lambda: float("nan"))()
        with torch.random.fork_rng(devices=[]):
            self.bench.watch(self.session, step / self.steps, self.answer, norm)
        learner.train()

    def state_dict(self) -> dict[str, Any]:
        """What was probed in this session."""
        return {"probes": self.bench.watch.probes(self.session)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take that back."""
        self.bench.watch.restore(self.session, state["probes"])
