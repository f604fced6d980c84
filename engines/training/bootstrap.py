"""Intervals that know which scores belong together, and comparisons on the same resamples.

They are percentile bootstraps over groups (identities, clips), because scores of one person are not independent:
B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.errors import BadInput
from engines.training import weighted
from engines.training.metrics import (
    Floats,
    Metric,
    auc,
    average_precision,
    checked,
    eer,
    eer_nearest,
    mean,
    mean_of_fakes,
    mean_of_reals,
    numbered,
)

_CELLS = 4_000_000
"""Weights held at once: 32 MB."""
_WEIGHTED: dict[Metric, Callable[[Floats, NDArray[np.int64], Floats], Floats]] = {
    auc: weighted.auc,
    average_precision: weighted.average_precision,
    eer: weighted.eer,
    eer_nearest: weighted.eer_nearest,
    mean: weighted.mean,
    mean_of_reals: weighted.mean_of_reals,
    mean_of_fakes: weighted.mean_of_fakes,
}
"""Metrics that a bootstrap computes for many resamples at once."""


@dataclass(frozen=True)
class Interval:
    """A value with a two-sided bootstrap interval.

    `draws` is how many resamples counted: one without a real or without a fake has no value and is left out.
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    draws: int = 200

    def excludes(self, number: float) -> bool:
        """Whether the number lies outside the interval."""
        return not self.low <= number <= self.high

    def to_dict(self) -> dict[str, float]:
        """JSON-able fields."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    metric: Metric,
    scores: ArrayLike,
    labels: ArrayLike,
    groups: Iterable[Hashable] | None = None,
    *,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """A metric with its interval, resampling whole groups with replacement.

    The interval is widened to hold the value itself where a skewed resampling distribution would miss it.

    Args:
        groups: one identity or clip a score; without them each score is its own group.

    Raises:
        BadInput: as for the metric, or fewer than two groups.
    """
    scores, labels = checked(scores, labels, both=metric is auc)
    codes = _groups(groups, len(scores))
    value = metric(scores, labels)
    if metric in _WEIGHTED:
        values = _draws(metric, scores[None], labels, codes, draws, seed)[0]
    else:
        values = np.array([_resampled(metric, scores, labels, w) for w in _weights(codes, draws, seed)])
    return _interval(value, values, level)


def paired_bootstrap(
    first: ArrayLike,
    second: ArrayLike,
    labels: ArrayLike,
    groups: Iterable[Hashable] | None = None,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> Interval:
    """Mean AUC of one method's trainings minus another's, both on the same resamples of groups and trainings.

    What the two have in common (easy faces, hard faces) cancels, so this is far sharper than comparing two
    intervals. With one training each it speaks of these two models; with several it also holds the chance of the seed.

    Args:
        first, second: scores (S, N) of S trainings each, or (N,) of one; S may differ. Where it is the same, training
            i of one is paired with training i of the other.

    Raises:
        BadInput: as for `auc`, or fewer than two groups.
    """
    stacks = [np.atleast_2d(np.asarray(scores, dtype=np.float64)) for scores in (first, second)]
    for scores in (*stacks[0], *stacks[1]):
        checked(scores, labels)
    labels = checked(stacks[0][0], labels)[1]
    values = _draws(auc, np.concatenate(stacks), labels, _groups(groups, len(labels)), draws, seed)
    sizes = [len(stack) for stack in stacks]
    rng = np.random.default_rng((seed, 1))
    picks = [rng.integers(size, size=(draws, size)) for size in sizes]
    if sizes[0] == sizes[1]:
        picks[1] = picks[0]
    one, other = (
        values[offset + pick, np.arange(draws)[:, None]].mean(1)
        for offset, pick in zip((0, sizes[0]), picks, strict=True)
    )
    means = [float(np.mean([auc(scores, labels) for scores in stack])) for stack in stacks]
    return _interval(means[0] - means[1], one - other, level)


def auc_by_family(
    scores: ArrayLike,
    labels: ArrayLike,
    family: Sequence[str] | NDArray[Any],
    groups: Sequence[Hashable] | NDArray[Any] | None = None,
    pools: Mapping[str, Sequence[str]] | None = None,
    *,
    draws: int = 200,
    seed: int = 0,
    level: float = 0.95,
) -> list[dict[str, Any]]:
    """AUC of each forgery family's fakes against all reals, as rows for a table.

    Args:
        family: one name a score; what reals carry does not matter.
        pools: further rows, such as `{"seen": ["swap", "blend"]}`. Against the same reals, the AUC of a pool is the
            mean of its families' AUCs weighted by their numbers of fakes.

    Returns:
        `{family, reals, fakes, auc, low, high}`, families in alphabetical order and then the pools.

    Raises:
        BadInput: as for `auc`, or a pool names a family that has no fakes here.
    """
    scores, labels = checked(scores, labels)
    family = np.asarray(family)
    if family.shape != scores.shape:
        raise BadInput(f"There are {len(scores)} scores and {len(family)} family names; give one name a score.")
    known = sorted(set(family[labels == 1].tolist()))
    codes = _groups(groups, len(scores))
    rows = []
    for name, members in {**{one: [one] for one in known}, **(pools or {})}.items():
        if missing := sorted(set(members) - set(known)):
            raise BadInput(f"No fakes of the family {missing[0]!r}; the families here are {', '.join(known)}.")
        use = (labels == 0) | np.isin(family, list(members))
        found = bootstrap(auc, scores[use], labels[use], codes[use].tolist(), draws=draws, seed=seed, level=level)
        counts = {"reals": int((labels == 0).sum()), "fakes": int(labels[use].sum())}
        rows.append({"family": name, **counts, "auc": found.value, "low": found.low, "high": found.high})
    return rows


def _groups(groups: Iterable[Hashable] | None, count: int) -> NDArray[np.int64]:
    codes = np.arange(count) if groups is None else numbered(groups)
    if len(codes) != count:
        raise BadInput(f"There are {count} scores and {len(codes)} groups; give one group a score.")
    if codes.max() < 1:
        raise BadInput("A bootstrap needs at least two groups (identities or clips) to resample.")
    return codes


def _weights(codes: NDArray[np.int64], draws: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """How often each score is drawn, (N,), one resample of the groups at a time."""
    rng = np.random.default_rng(seed)
    count = codes.max() + 1
    for _ in range(draws):
        yield np.bincount(rng.integers(count, size=count), minlength=count)[codes]


def _draws(
    metric: Metric, lists: Floats, labels: NDArray[np.int64], codes: NDArray[np.int64], draws: int, seed: int
) -> Floats:
    """A metric of M score lists (M, N) under the same resamples: (M, draws), NaN where a class was not drawn."""
    resamples, values = _weights(codes, draws, seed), []
    while chunk := list(islice(resamples, max(1, _CELLS // len(labels)))):
        weights = np.stack(chunk).astype(np.float64)
        values.append(np.stack([_WEIGHTED[metric](scores, labels, weights) for scores in lists]))
    return np.concatenate(values, axis=1)


def _resampled(metric: Metric, scores: Floats, labels: NDArray[np.int64], weights: NDArray[np.int64]) -> float:
    try:
        return metric(np.repeat(scores, weights), np.repeat(labels, weights))
    except BadInput:  # a class was not drawn
        return float("nan")


def _interval(value: float, values: Floats, level: float) -> Interval:
    values = values[np.isfinite(values)]
    if not len(values):
        raise BadInput("No resample held reals and fakes; there are too few groups for an interval.")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, min(float(low), value), max(float(high), value), level, len(values))
