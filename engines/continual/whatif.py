"""What a run of SAFE would have answered under another γ, ridge, mix or head: from what it kept, without training.

Each session's `cached-…` arrays hold the projected test features in the eigenbasis of the sums, so that any ridge is
one small product. NumPy alone, some milliseconds a session: a page calls it at each move of a slider. What it finds was
chosen on test pictures, and is for looking, not for reporting.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from engines.continual.matrix import of_predictions
from engines.continual.mixing import head_logits, mix

Kept = Mapping[str, np.ndarray]


class Answers(NamedTuple):
    """Accuracy (T, T) of the mix, NaN where nothing was asked, and the slow learner's mean weight (T, T)."""

    accuracy: np.ndarray
    slow_weight: np.ndarray


def answers(
    sessions: Sequence[Kept],
    labels: np.ndarray,
    session_of: np.ndarray,
    *,
    head: str = "ridge",
    ridge: float | None = None,
    how: str = "entropy",
    gamma: float = 1.0,
) -> Answers:
    """The matrix under other settings.

    Args:
        sessions: the arrays kept after each session, in order. labels, session_of: (N,) of the test pictures.
        ridge: None keeps the one that each session chose.

    Raises:
        BadConfig: there is no such head or mix.
    """
    count = int(session_of.max()) + 1
    accuracy, weight = np.full((count, count), np.nan), np.full((count, count), np.nan)
    for t, kept in enumerate(sessions):
        slow, fast = (head_logits(kept, name, head, ridge) for name in ("slow", "fast"))
        mixed = mix(slow, fast, how, gamma)
        logits = fast if t == 0 and how == "entropy" else mixed.logits  # the first session has one learner
        rows = kept["rows"]
        accuracy[t] = of_predictions(labels[rows], logits.argmax(1), session_of[rows], count)
        if t:
            total = np.bincount(session_of[rows], mixed.slow_weight, count)
            asked = np.bincount(session_of[rows], minlength=count)
            weight[t] = np.where(asked, total / np.maximum(asked, 1), np.nan)
    return Answers(accuracy, weight)
