"""Measures with intervals: test pictures are resampled within each class and session, and runs (seed and order) too.

Every method of a run set is resampled with the same pictures, and seeds and orders are paired, so that a difference of
two methods holds what they share against each other. With one run the interval speaks of the pictures alone.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from engines.continual.matrix import Matrix
from engines.continual.measures import MEASURES, measures
from engines.continual.record import HEADLINE

DRAWS = 200


class Record(Protocol):
    """What is resampled: test items with their session and label, and the matrix under weights of them."""

    session_of: np.ndarray
    labels: np.ndarray

    def matrix(self, curve: str = HEADLINE, weights: np.ndarray | None = None) -> Matrix:
        """The accuracy matrix; see `record.Record`."""
        ...


Draws = dict[str, np.ndarray]


def drawn(record: Record, draws: int = DRAWS, curve: str = HEADLINE) -> Draws:
    """Every measure under resampled test pictures: (draws + 1,), first as measured, NaN if undefined."""
    strata = record.session_of.astype(np.int64) * (int(record.labels.max()) + 1) + record.labels
    values: dict[str, list[float]] = {name: [] for name in MEASURES}
    rng = np.random.default_rng(0)
    for number in range(draws + 1):
        weights = None if number == 0 else _weights(strata, rng)
        for name, value in measures(record.matrix(curve, weights)).items():
            values[name].append(np.nan if value is None else value)
    return {name: np.array(column) for name, column in values.items()}


def rows(found: Mapping[str, Sequence[Draws]]) -> list[dict[str, Any]]:
    """Rows `{method, measure, value, low, high, runs}`: means over runs with a 95 % interval, where defined."""
    table = []
    for method, runs in found.items():
        for name in MEASURES:
            if interval := _interval([run[name] for run in runs]):
                table.append({"method": method, "measure": name, **interval, "runs": len(runs)})
    return table


def differences(found: Mapping[str, Sequence[Draws]], first: str) -> list[dict[str, Any]]:
    """Rows `{first, second, measure, value, low, high, runs}`: `first` less each other, run by run."""
    table = []
    for second, runs in found.items():
        pairs = list(zip(found[first], runs, strict=False))
        for name in MEASURES if second != first else ():
            if interval := _interval([one[name] - other[name] for one, other in pairs]):
                table.append({"first": first, "second": second, "measure": name, **interval, "runs": len(pairs)})
    return table


def _weights(strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    weights = np.zeros(len(strata))
    for stratum in np.unique(strata):
        mine = np.flatnonzero(strata == stratum)
        weights[mine] = np.bincount(rng.integers(len(mine), size=len(mine)), minlength=len(mine))
    return weights


def _interval(columns: list[np.ndarray]) -> dict[str, float] | None:
    values = np.stack(columns)  # runs, draws + 1
    value = values[:, 0].mean()
    if not np.isfinite(value):
        return None
    picks = np.random.default_rng(1).integers(len(values), size=(values.shape[1] - 1, len(values)))
    means = values[:, 1:].T[np.arange(len(picks))[:, None], picks].mean(1)
    low, high = np.nanquantile(means, [0.025, 0.975])
    return {"value": float(value), "low": float(min(low, value)), "high": float(max(high, value))}
