"""Which tasks share their weights: instructions compared by TF-IDF, a new group where none is alike.

A codebook is a list of groups, each a list of instructions. The likeness of a task to a group is the mean cosine over
all pairs of their instructions. Differs from the paper: the vocabulary is fitted once, on all instructions together;
with `pairwise` it is fitted on each pair alone, as the released code does, which makes rare words of a pair count more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from engines.errors import BadInput

THRESHOLD = 0.90
"""Likeness from which a task joins a group; 0.30 where instructions are worded in many ways."""

Codebook = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Match:
    """Where a task belongs: the number of its group, whether it is new, and the likeness to each group there was."""

    group: int
    new: bool
    likeness: tuple[float, ...]


def match(
    instructions: Sequence[str], codebook: Codebook, threshold: float = THRESHOLD, pairwise: bool = False
) -> Match:
    """The best group if it is alike enough, else a new one after the last.

    Raises:
        BadInput: there are no instructions, or one has no words.
    """
    likeness = tuple(similarity(instructions, group, pairwise) for group in codebook)
    best = int(np.argmax(likeness)) if likeness else 0
    if likeness and likeness[best] > threshold:
        return Match(best, False, likeness)
    return Match(len(codebook), True, likeness)


def joined(instructions: Sequence[str], codebook: Codebook, found: Match) -> list[list[str]]:
    """The codebook with a task's instructions in its group; those it has already are not repeated."""
    groups = [list(group) for group in codebook] + ([[]] if found.new else [])
    groups[found.group] += [text for text in dict.fromkeys(instructions) if text not in groups[found.group]]
    return groups


def similarity(one: Sequence[str], other: Sequence[str], pairwise: bool = False) -> float:
    """Mean cosine over all pairs of two lists of instructions, 0 to 1.

    Raises:
        BadInput: see `match`.
    """
    if not one or not other:
        raise BadInput("A task without instructions cannot be compared; give at least one.")
    if pairwise:
        return float(np.mean([_cosines([a], [b])[0, 0] for a in one for b in other]))
    return float(_cosines(one, other).mean())


def matrix(tasks: Sequence[Sequence[str]], pairwise: bool = False) -> NDArray[np.float64]:
    """Likeness of each task to each other, (T, T), symmetric."""
    found = np.ones((len(tasks), len(tasks)))
    for i, one in enumerate(tasks):
        for j in range(i + 1):
            found[i, j] = found[j, i] = similarity(one, tasks[j], pairwise)
    return found


def instruction(turn: str, cut: str = "") -> str:
    """What a human turn asks for: its last line that is not empty, up to the first `cut`, where one is given.

    Raises:
        BadInput: the turn says nothing.
    """
    lines = [line.strip() for line in turn.replace("<image>", "").splitlines() if line.strip()]
    if not lines:
        raise BadInput(f"The turn {turn!r} holds no instruction.")
    return lines[-1].partition(cut)[0].strip() if cut else lines[-1]


def _cosines(one: Sequence[str], other: Sequence[str]) -> NDArray[np.float64]:
    texts = [*one, *other]
    try:
        rows = TfidfVectorizer(stop_words="english").fit_transform(texts)
    except ValueError:  # nothing but stop-words: they are then all that can be compared
        try:
            rows = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b").fit_transform(texts)  # noqa: S106 no password
        except ValueError as error:
            raise BadInput(f"These instructions hold no words: {texts[0]!r}.") from error
    return np.asarray((rows[: len(one)] @ rows[len(one) :].T).todense())
