"""Every number that the field derives from an accuracy matrix, each under its own name and formula.

The same word means different numbers: PILOT's and Mammoth's forgetting takes the best accuracy ever seen, the last one
included, and is never negative; LCIA's leaves the last out; Avalanche's compares with the first. So each has a name of
its own here. A measure whose entries are missing is None, never a guess. T sessions, j from 1 to T; N_j test pictures.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engines.continual.matrix import Matrix


@dataclass(frozen=True)
class Measure:
    """A derived number: its title, its formula as text, who prints it, and how it is computed."""

    title: str
    formula: str
    used_by: str
    of: Callable[[Matrix], float | None]
    higher_is_better: bool = True


def overall(matrix: Matrix, t: int) -> float | None:
    """A_t: accuracy over all test pictures of the sessions up to t."""
    row, counts = matrix.seen(t), matrix.counts[: t + 1]
    return _number((row * counts).sum() / counts.sum())


def final(matrix: Matrix) -> float | None:
    """A_T."""
    return overall(matrix, matrix.sessions - 1)


def mean_of_groups(matrix: Matrix) -> float | None:
    """Mean over sessions of a[T, j], whatever their sizes."""
    return _number(matrix.accuracy[-1].mean())


def average(matrix: Matrix) -> float | None:
    """Mean over t of A_t."""
    values = [overall(matrix, t) for t in range(matrix.sessions)]
    return None if None in values else float(np.mean([value for value in values if value is not None]))


def forgetting_from_best(matrix: Matrix) -> float | None:
    """Best accuracy ever, the last included, less the last: 0 or more."""
    a = matrix.accuracy
    return _mean([_best(a[j:, j]) - a[-1, j] for j in range(matrix.sessions - 1)])


def forgetting_from_best_before(matrix: Matrix) -> float | None:
    """Best accuracy before the last session less the last: below 0 where the last session helped."""
    a = matrix.accuracy
    return _mean([_best(a[j:-1, j]) - a[-1, j] for j in range(matrix.sessions - 1)])


def forgetting_from_first(matrix: Matrix) -> float | None:
    """Accuracy when it was learned less the last, mean over the sessions before the last."""
    a = matrix.accuracy
    return _mean([a[j, j] - a[-1, j] for j in range(matrix.sessions - 1)])


def backward_transfer(matrix: Matrix) -> float | None:
    """The last accuracy less the one when it was learned."""
    lost = forgetting_from_first(matrix)
    return None if lost is None else -lost


def backward_transfer_all(matrix: Matrix) -> float | None:
    """As `backward_transfer`, but divided by all T sessions, the last adding 0."""
    a = matrix.accuracy
    return _mean([a[-1, j] - a[j, j] for j in range(matrix.sessions)])


def forward_transfer(matrix: Matrix) -> float | None:
    """Accuracy just before a session is learned less that of an untrained model."""
    if matrix.chance is None:
        return None
    return _mean([matrix.accuracy[j - 1, j] - matrix.chance[j] for j in range(1, matrix.sessions)])


def new(matrix: Matrix) -> float | None:
    """Plasticity: accuracy of each session when it was learned."""
    return _mean(list(np.diag(matrix.accuracy)))


MEASURES: dict[str, Measure] = {
    "final": Measure("Final", "A_T = Σ_j N_j a[T, j] / Σ_j N_j", "SAFE, PILOT", final),
    "mean_of_groups": Measure(
        "Mean of groups", "mean over j of a[T, j]", "RanPAC's tables, Mammoth, LCIA's Avg.ACC", mean_of_groups
    ),
    "average": Measure("Average", "mean over t of A_t", "SAFE, PILOT", average),
    "forgetting_from_best": Measure(
        "Forgetting from the best", "mean over j < T of (max over t ≥ j of a[t, j]) − a[T, j], ≥ 0", "PILOT, Mammoth",
        forgetting_from_best, False,
    ),
    "forgetting_from_best_before": Measure(
        "Forgetting from the best before", "mean over j < T of (max over j ≤ t < T of a[t, j]) − a[T, j]", "LCIA",
        forgetting_from_best_before, False,
    ),
    "forgetting_from_first": Measure(
        "Forgetting from the first", "mean over j < T of a[j, j] − a[T, j]", "Avalanche", forgetting_from_first, False
    ),
    "backward_transfer": Measure(
        "Backward transfer", "mean over j < T of a[T, j] − a[j, j]", "Mammoth, Avalanche", backward_transfer
    ),
    "backward_transfer_all": Measure(
        "Backward transfer over all T", "Σ_j (a[T, j] − a[j, j]) / T", "CoIN", backward_transfer_all
    ),
    "forward_transfer": Measure(
        "Forward transfer", "mean over j > 1 of a[j − 1, j] − accuracy of an untrained model", "Mammoth, Avalanche",
        forward_transfer,
    ),
    "new": Measure("New", "mean over j of a[j, j]", "LCIA's New.ACC", new),
}  # fmt: skip
"""By name; titles and formulas are what pages show."""


def measures(matrix: Matrix) -> dict[str, float | None]:
    """All of them."""
    return {name: measure.of(matrix) for name, measure in MEASURES.items()}


def _best(column: np.ndarray) -> float:
    known = column[np.isfinite(column)]
    return float(known.max()) if len(known) == len(column) else float("nan")


def _mean(values: list[float]) -> float | None:
    return _number(float(np.mean(values))) if values else None


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
