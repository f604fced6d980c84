"""The accuracy matrix: a[t, j] is the accuracy on session j's test pictures after session t, over all classes seen
then, without being told the session. NaN where it was not measured or has no meaning; sessions count from 0.

Everything else that the field prints is derived from it and from how many test pictures each session has.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.errors import BadInput


@dataclass(frozen=True)
class Matrix:
    """Accuracies (T, J), in [0, 1] or NaN, and test pictures of each session (J,).

    `chance` (J,) is the accuracy of an untrained model, where it was measured.

    Raises:
        BadInput: a shape is wrong, an accuracy is no share, or a session has no pictures.
    """

    accuracy: NDArray[np.float64]
    counts: NDArray[np.int64]
    chance: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        accuracy, counts = np.asarray(self.accuracy, float), np.asarray(self.counts)
        if accuracy.ndim != 2 or accuracy.shape[0] != accuracy.shape[1] or not accuracy.size:
            raise BadInput(f"An accuracy matrix is square, sessions by sessions, not {accuracy.shape}.")
        if counts.shape != (len(accuracy),) or (counts < 1).any():
            raise BadInput(f"Each of the {len(accuracy)} sessions needs its number of test pictures, 1 or more.")
        known = accuracy[np.isfinite(accuracy)]
        if np.isinf(accuracy).any() or (known < 0).any() or (known > 1).any():
            raise BadInput("An accuracy is a share from 0 to 1; divide percentages by 100.")
        object.__setattr__(self, "accuracy", accuracy)
        object.__setattr__(self, "counts", counts.astype(np.int64))

    @property
    def sessions(self) -> int:
        """T."""
        return len(self.accuracy)

    def seen(self, t: int) -> NDArray[np.float64]:
        """Accuracies on the sessions up to t after session t, (t + 1,)."""
        return self.accuracy[t, : t + 1]

    def upto(self, t: int) -> "Matrix":
        """The matrix as it was after session t."""
        chance = None if self.chance is None else self.chance[: t + 1]
        return Matrix(self.accuracy[: t + 1, : t + 1], self.counts[: t + 1], chance)


def of_predictions(labels: ArrayLike, predicted: ArrayLike, sessions: ArrayLike, count: int) -> NDArray[np.float64]:
    """One row of the matrix: accuracy (count,) on each session's pictures, NaN where there are none.

    Args:
        labels, predicted, sessions: (N,) each.

    Raises:
        BadInput: they differ in length.
    """
    labels, predicted, sessions = (np.asarray(one) for one in (labels, predicted, sessions))
    if not len(labels) == len(predicted) == len(sessions):
        raise BadInput(f"There are {len(labels)} labels, {len(predicted)} predictions and {len(sessions)} sessions.")
    right, total = np.zeros(count), np.zeros(count)
    np.add.at(right, sessions, labels == predicted)
    np.add.at(total, sessions, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return right / total
