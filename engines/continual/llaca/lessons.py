"""Questions as batches: tokens of turn and answer, of which only the answer is learned, and what the tower sees."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engines.continual.llaca.model import IGNORED, Vlm
from engines.continual.llaca.tasks.asked import Part, Question
from engines.training.sampling import Item

SEEN_AT_ONCE = 64
Batch = dict[str, Tensor]


class Lesson(NamedTuple):
    """A question of a part, to be learned."""

    part: Part
    question: Question


def lessons_of(part: Part) -> list[Lesson]:
    """All questions of a part."""
    return [Lesson(part, question) for question in part.questions]


class Sight:
    """The frozen tower's tokens of pictures, each computed once and kept in half precision."""

    def __init__(self, vlm: Vlm):
        self.vlm = vlm
        self._kept: dict[tuple[int, int], Tensor] = {}

    def __call__(self, part: Part, numbers: Sequence[int]) -> Tensor:
        """(n, places, D) of some of a part's pictures."""
        key = id(part.pictures)
        missing = sorted({number for number in numbers if (key, number) not in self._kept})
        for start in range(0, len(missing), SEEN_AT_ONCE):
            some = missing[start : start + SEEN_AT_ONCE]
            seen = self.vlm.see([part.pictures.read(number) for number in some]).half().cpu()
            self._kept |= {(key, number): row for number, row in zip(some, seen, strict=True)}
        return torch.stack([self._kept[key, number] for number in numbers]).float()


class Lessons:
    """Lessons as the loop takes them."""

    def __init__(self, sight: Sight, lessons: Sequence[Lesson]):
        self.sight, self.lessons = sight, list(lessons)

    def __len__(self) -> int:
        return len(self.lessons)

    def __getitems__(self, items: Sequence[Item]) -> Batch:
        """See `batch`."""
        return batch(self.sight, [self.lessons[index] for index, _ in items])


def batch(sight: Sight, lessons: Sequence[Lesson]) -> Batch:
    """`tokens` and `labels` (B, L), labels `IGNORED` but for the answers and their ends; `seen` (B, places, D)."""
    vlm = sight.vlm
    pairs = [(vlm.prompt(one.question.turn), vlm.answer_tokens(one.question.answers[0])) for one in lessons]
    width = max(len(asked) + len(answer) for asked, answer in pairs)
    tokens = torch.full((len(pairs), width), vlm.pad)
    labels = torch.full((len(pairs), width), IGNORED)
    for row, (asked, answer) in enumerate(pairs):
        tokens[row, : len(asked) + len(answer)] = torch.tensor([*asked, *answer])
        labels[row, len(asked) : len(asked) + len(answer)] = torch.tensor(answer)
    for part in {id(one.part): one.part for one in lessons}.values():
        sight(part, [one.question.picture for one in lessons if one.part is part])  # the tower sees them together
    seen = torch.cat([sight(one.part, [one.question.picture]) for one in lessons])
    return {"tokens": tokens, "labels": labels, "seen": seen}


def answers(sight: Sight, part: Part, rows: np.ndarray, longest: int, size: int = 32) -> list[str]:
    """Greedy answers to some of a part's questions."""
    device = next(sight.vlm.parameters()).device
    said: list[str] = []
    for start in range(0, len(rows), size):
        asked = [part.questions[row] for row in rows[start : start + size]]
        seen = sight(part, [question.picture for question in asked]).to(device)
        said += sight.vlm.say([question.turn for question in asked], seen, longest)
    return said
