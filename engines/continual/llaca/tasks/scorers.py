"""How an answer is scored, by kind of task, after CoIN's scripts.

Differs from them where they are wrong: an empty answer is in every label as a substring and counted as right for
ImageNet there, and is wrong here; a box is read by its four numbers, not by cutting characters off; several right
answers count in every exact match.
"""

import re

from engines.continual.llaca.tasks.asked import Scorer

Box = tuple[float, float, float, float]
SOFT = 3
"""Of ten people's answers, as many like the one given make it fully right."""
_NUMBER = re.compile(r"\d*\.?\d+")


def letter(given: str, answers: tuple[str, ...]) -> float:
    """The option's letter: alone, before a full stop, or as the first character; anything else is wrong."""
    text = given.strip()
    found = text if len(text) == 1 else text[0] if text[1:2] in {".", ")", " "} else ""
    return float(found.upper() == answers[0].strip().upper()) if found else 0.0


def exact(given: str, answers: tuple[str, ...]) -> float:
    """One of the answers, whatever the case."""
    return float(_plain(given) in {_plain(answer) for answer in answers})


def soft(given: str, answers: tuple[str, ...]) -> float:
    """VQA's soft accuracy: a third for each of the people who answered so, at most 1; a single answer counts whole."""
    if len(answers) == 1:
        return exact(given, answers)
    return min(1.0, sum(_plain(given) == _plain(answer) for answer in answers) / SOFT)


def contained(given: str, answers: tuple[str, ...]) -> float:
    """The answer is in the label or the label in the answer; nothing said is wrong."""
    text, label = _plain(given), _plain(answers[0])
    return float(bool(text) and (text in label or label in text))


def overlapping(given: str, answers: tuple[str, ...]) -> float:
    """A box whose intersection over union with the right one is above a half."""
    one, other = box_of(given), box_of(answers[0])
    return float(one is not None and other is not None and overlap(one, other) > 0.5)


def box_of(text: str) -> Box | None:
    """The four numbers of a box "[x0, y0, x1, y1]"; None if there are not four, or they enclose nothing."""
    found = [float(one) for one in _NUMBER.findall(text)]
    if len(found) != 4 or found[0] >= found[2] or found[1] >= found[3]:
        return None
    return found[0], found[1], found[2], found[3]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, wide) * max(0.0, high)
    return shared / (_area(one) + _area(other) - shared)


SCORERS: dict[str, Scorer] = {
    "letter": letter, "exact": exact, "soft": soft, "contained": contained, "overlapping": overlapping,
}  # fmt: skip
"""By name."""


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _plain(text: str) -> str:
    return " ".join(text.lower().strip().rstrip(".").split())
