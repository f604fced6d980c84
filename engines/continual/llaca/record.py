"""The record of one method: what it answered rightly after each task, inside tasks, and how the average was weighed.

It is said to the journal whole, as the arrays `record-NAME`, whenever it has grown; its keys are those of
`engines.continual.record` where they mean the same, so that the same figures draw both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engines.continual.llaca.ema import BRANCHES, Said
from engines.continual.llaca.tasks.asked import Task
from engines.continual.matrix import Matrix
from engines.continual.record import HEADLINE

SHOWN = 2
"""Questions of each task whose answers are kept after every task."""


@dataclass
class Record:
    """What became of one method; tasks along the first axis.

    Attributes:
        right: (T, N) score of each test question after each task, NaN where it was not asked. said: (T, Q) answers to
            the questions shown. groups: (T,) group of each task, -1 before it came. averaged: (T,) whether a moving
            average was kept. likeness: (T, T) of each task to the groups there were, NaN else. probes: `[task, part,
            NaN, and score on each task (NaN before it has come)]`. steps: `[task, step]`; keep and branch: for each of
            them, share of old weights kept by each group of tensors, and the number of `ema.BRANCHES`; tensors: names.
    """

    method: str
    seed: int
    tasks: Sequence[Task]
    probes: list[list[float]] = field(default_factory=list)
    steps: list[list[int]] = field(default_factory=list)
    keep: list[list[float]] = field(default_factory=list)
    branch: list[list[int]] = field(default_factory=list)
    tensors: tuple[str, ...] = ()
    chance: np.ndarray | None = None

    def __post_init__(self) -> None:
        counts, total = [len(task.test.questions) for task in self.tasks], len(self.tasks)
        self.session_of = np.repeat(np.arange(total), counts)
        self.labels = np.zeros(len(self.session_of), np.int64)
        self.right = np.full((total, len(self.session_of)), np.nan)
        self.said = np.full((total, len(shown(self.tasks))), "", dtype="<U64")
        self.groups, self.averaged = np.full(total, -1), np.zeros(total, bool)
        self.likeness, self.seconds = np.full((total, total), np.nan), np.full(total, np.nan)

    def scored(self, after: int, on: int, scores: np.ndarray) -> None:
        """Take the scores of a task's test questions."""
        self.right[after, self.session_of == on] = scores

    def stepped(self, task: int, step: int, last: dict[str, Said]) -> None:
        """Take what the average did at a step."""
        self.tensors = tuple(last)
        self.steps.append([task, step])
        self.keep.append([one.keep for one in last.values()])
        self.branch.append([BRANCHES.index(one.branch) for one in last.values()])

    def matrix(self, curve: str = HEADLINE, weights: np.ndarray | None = None) -> Matrix:
        """Mean score on each task after each; `weights` (N,) counts questions more or less often."""
        weights = np.ones(len(self.session_of)) if weights is None else weights
        total = len(self.tasks)
        share = np.zeros((len(weights), total))
        share[np.arange(len(weights)), self.session_of] = weights
        counts = share.sum(0)
        accuracy = np.full((total, total), np.nan)
        for j in range(total):
            mine = self.session_of == j
            accuracy[:, j] = (self.right[:, mine] * weights[mine]).sum(1) / counts[j]
        return Matrix(np.clip(accuracy, 0, 1), counts.round().astype(int), self.chance)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything as arrays."""
        shape = len(self.keep), len(self.tensors)
        return {
            "accuracy_answer": self.matrix().accuracy, "right": self.right, "said": self.said, "groups": self.groups,
            "averaged": self.averaged, "likeness": self.likeness, "seconds": self.seconds,
            "probes": np.array(self.probes, float).reshape(len(self.probes), 3 + len(self.tasks)),
            "steps": np.array(self.steps, int).reshape(-1, 2), "keep": np.array(self.keep, float).reshape(shape),
            "branch": np.array(self.branch, int).reshape(shape), "tensors": np.array(self.tensors, dtype="<U96"),
            "branches": np.array(BRANCHES), "sessions": np.array([task.name for task in self.tasks]),
            "session_of": self.session_of, "labels": self.labels, "counts": np.bincount(self.session_of),
            "method": np.array(self.method), "seed": np.array(self.seed), "order": np.array(0),
            **({} if self.chance is None else {"chance": self.chance}),
        }  # fmt: skip

    def take(self, arrays: dict[str, np.ndarray]) -> None:
        """Take back what `arrays` gave."""
        for name in ("right", "said", "groups", "averaged", "likeness", "seconds"):
            setattr(self, name, arrays[name])
        for name in ("probes", "steps", "keep", "branch"):
            setattr(self, name, arrays[name].tolist())
        self.tensors, self.chance = tuple(arrays["tensors"].tolist()), arrays.get("chance")

    def balance(self, task: int) -> dict[str, Any]:
        """Of a task: how often each branch was taken, and the share in which the formula held; empty without one."""
        mine = [branch for (number, _), branch in zip(self.steps, self.branch, strict=True) if number == task]
        if not mine:
            return {}
        counts = np.bincount(np.array(mine).ravel(), minlength=len(BRANCHES))
        taken: dict[str, Any] = {str(name): int(count) for name, count in zip(BRANCHES, counts, strict=True)}
        return {"in_range": taken["formula"] / int(counts.sum()), **taken}


def shown(tasks: Sequence[Task]) -> list[tuple[int, int]]:
    """Task and question of those whose answers are shown."""
    return [(j, row) for j, task in enumerate(tasks) for row in range(min(SHOWN, len(task.test.questions)))]
