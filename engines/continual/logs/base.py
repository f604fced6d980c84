"""What every reader of another toolkit's log gives."""

from dataclasses import dataclass, field

import numpy as np

from engines.errors import BadInput


@dataclass(frozen=True)
class Log:
    """Accuracies a[t, j] (T, T), NaN where it was not logged, and A_t (T,), each in [0, 1].

    `name` is what the log calls the run; `notes` say what could not be had of it.

    Raises:
        BadInput: an accuracy is no share, or there is none.
    """

    name: str
    accuracy: np.ndarray
    overall: np.ndarray
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        both = np.concatenate([self.accuracy.ravel(), self.overall])
        known = both[np.isfinite(both)]
        if not len(known):
            raise BadInput(f"The log of {self.name} holds no accuracy; is it of a run that ended a session?")
        if (known < 0).any() or (known > 1).any():
            raise BadInput(f"The log of {self.name} holds an accuracy that is no share or percentage.")


def square(rows: list[dict[int, float]]) -> np.ndarray:
    """Rows of accuracies by session as a matrix (T, T), NaN where absent.

    Raises:
        BadInput: a row speaks of a session that never came.
    """
    matrix = np.full((len(rows), len(rows)), np.nan)
    for t, row in enumerate(rows):
        for j, value in row.items():
            if not 0 <= j < len(rows):
                raise BadInput(
                    f"The log has {len(rows)} sessions, but after session {t + 1} it speaks of session {j + 1}; it is "
                    "cut off, or holds several runs."
                )
            matrix[t, j] = value
    return matrix
