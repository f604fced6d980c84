"""A question about a picture, and a task: many of them, with how its answers are scored and which way it is worded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from engines.errors import BadInput

Scorer = Callable[[str, tuple[str, ...]], float]
"""Answer given, right answers -> score in [0, 1]."""


class Question(NamedTuple):
    """A question: which picture, the turn that is put to the model, and the answers that are right, the first of which
    is taught."""

    picture: int
    turn: str
    answers: tuple[str, ...]


class Pictures(Protocol):
    """Pictures by number."""

    def __len__(self) -> int: ...

    def read(self, number: int) -> np.ndarray:
        """A picture (H, W, 3), RGB uint8."""
        ...


@dataclass(frozen=True)
class Part:
    """Training or test questions with their pictures."""

    pictures: Pictures
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Task:
    """A task of the sequence.

    Attributes:
        name: short. like: the task of CoIN that it stands for. instructions: what it asks for, without repetition, as
            tasks are compared by them. scorer: see `scorers`.

    Raises:
        BadInput: no question to learn from, or none to test.
    """

    name: str
    like: str
    train: Part
    test: Part
    instructions: tuple[str, ...]
    scorer: Scorer

    def __post_init__(self) -> None:
        if not self.train.questions or not self.test.questions:
            raise BadInput(f"The task {self.name} needs questions to learn from and others to test.")

    def score(self, given: Sequence[str]) -> np.ndarray:
        """Score (N,) of an answer to each test question."""
        pairs = zip(given, self.test.questions, strict=True)
        return np.array([self.scorer(answer, question.answers) for answer, question in pairs])
