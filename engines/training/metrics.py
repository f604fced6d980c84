"""How well scores separate fakes from reals, with intervals that know which scores belong together.

Labels are 0 (real) and 1 (fake); a score is any number that grows with the belief in "fake". Inputs are arrays of
shape (N,), results plain floats. Two conventions of the field are made explicit here: the equal error rate exists
in the form most benchmarks print (`nearest`) and in the one that does not depend on how many scores there are
(`interpolated`); and a clip is known by the whole path of its folder, since benchmarks that group by the folder's
name alone merge every "000_003" of four forgery methods into one clip.

Intervals are percentile bootstraps over groups (identities, clips), because scores of one person are not
independent: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from engines.errors import BadInput

Metric = Callable[[ArrayLike, ArrayLike], float]
Floats = NDArray[np.float64]

_CELLS = 4_000_000
"""Weights held at once by a bootstrap: 32 MB."""


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


@dataclass(frozen=True)
class VideoScores:
    """One score a clip: means of its frames' scores. `names` are the clips' folders, `frames` their frame counts."""

    scores: Floats
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    frames: NDArray[np.int64]


def checked(scores: ArrayLike, labels: ArrayLike, both: bool = True) -> tuple[Floats, NDArray[np.int64]]:
    """Scores (N,) as float64 and labels (N,) as int64, known to be usable; `both` asks for reals and fakes.

    Raises:
        BadInput: lengths differ or are zero, a score is not finite, a label is not 0 or 1, or a class is missing.
    """
    scores, labels = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise BadInput(f"Scores {scores.shape} and labels {labels.shape} must be two lists of one length.")
    if not len(scores):
        raise BadInput("There are no scores; give at least one.")
    if not np.isfinite(scores).all():
        raise BadInput(f"{int((~np.isfinite(scores)).sum())} of {len(scores)} scores are not finite numbers.")
    if not np.isin(labels, (0, 1)).all():
        raise BadInput(f"Labels must be 0 (real) or 1 (fake), not {np.setdiff1d(labels, (0, 1))[0]!r}.")
    labels = labels.astype(np.int64)
    if both and len(np.unique(labels)) < 2:
        raise BadInput(f"All {len(labels)} samples are {('real', 'fake')[labels[0]]}; this needs reals and fakes.")
    return scores, labels


def auc(scores: ArrayLike, labels: ArrayLike) -> float:
    """Area under the ROC curve: the chance that a fake scores above a real, ties counting one half.

    Raises:
        BadInput: lengths differ, a score is not finite, a label is not 0 or 1, or a class is missing.
    """
    scores, labels = checked(scores, labels)
    return float(roc_auc_score(labels, scores))


def average_precision(scores: ArrayLike, labels: ArrayLike) -> float:
    """Mean precision over recall, fakes being the positives (no interpolation).

    Raises:
        BadInput: as for `auc`.
    """
    scores, labels = checked(scores, labels)
    return float(average_precision_score(labels, scores))


def eer(scores: ArrayLike, labels: ArrayLike, method: str = "interpolated") -> float:
    """Equal error rate: where false alarms on reals are as frequent as missed fakes.

    Args:
        method: `nearest` is the false alarm rate at the threshold where the two rates are closest, as benchmarks
            print it; `interpolated` is where the straight lines between thresholds cross.

    Raises:
        BadInput: as for `auc`, or an unknown method.
    """
    scores, labels = checked(scores, labels)
    false_alarms, hits, _ = roc_curve(labels, scores, drop_intermediate=False)
    gap = 1 - hits - false_alarms  # misses minus false alarms: falls from 1 to -1
    if method == "nearest":
        return float(false_alarms[np.argmin(np.abs(gap))])
    if method != "interpolated":
        raise BadInput(f"There is no EER method {method!r}; choose nearest or interpolated.")
    after = int(np.argmax(gap <= 0))
    part = gap[after - 1] / (gap[after - 1] - gap[after])
    return float(false_alarms[after - 1] + part * (false_alarms[after] - false_alarms[after - 1]))


def accuracy(scores: ArrayLike, labels: ArrayLike, threshold: float = 0.5) -> float:
    """Share judged rightly when a score at or above the threshold means fake.

    Raises:
        BadInput: lengths differ, a score is not finite, a label is not 0 or 1, or there are none.
    """
    scores, labels = checked(scores, labels, both=False)
    return float(np.mean((scores >= threshold) == labels))


def real_accuracy(scores: ArrayLike, labels: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the reals that score below the threshold.

    Raises:
        BadInput: as for `accuracy`, or there is no real.
    """
    return _class_accuracy(scores, labels, threshold, 0)


def fake_accuracy(scores: ArrayLike, labels: ArrayLike, threshold: float = 0.5) -> float:
    """Share of the fakes that score at or above the threshold.

    Raises:
        BadInput: as for `accuracy`, or there is no fake.
    """
    return _class_accuracy(scores, labels, threshold, 1)


def best_threshold(scores: ArrayLike, labels: ArrayLike) -> float:
    """The threshold that makes the mean of real and fake accuracy largest: to be chosen on held-out scores.

    It lies half way between two neighbouring scores, so that scores of the test set do not meet it exactly; among
    equally good ones it is the highest, which accuses fewest reals.

    Raises:
        BadInput: as for `auc`.
    """
    scores, labels = checked(scores, labels)
    false_alarms, hits, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    best = int(np.argmax(hits - false_alarms))
    if best == 0:  # nothing is called fake
        return float(np.nextafter(scores.max(), np.inf))
    middle = thresholds[best] / 2 + thresholds[best + 1] / 2
    return float(middle if middle > thresholds[best + 1] else thresholds[best])  # neighbouring floats have no middle


def video_scores(scores: ArrayLike, labels: ArrayLike, paths: Sequence[Any]) -> VideoScores:
    """Mean score of each clip: frames with the same label and the same folder, by its full path.

    Args:
        paths: one path a frame, `.../<clip>/<frame>.png`; backslashes count as separators.

    Raises:
        BadInput: lengths differ, a score is not finite or a label is not 0 or 1.
    """
    scores, labels = checked(scores, labels, both=False)
    if len(paths) != len(scores):
        raise BadInput(f"There are {len(scores)} scores and {len(paths)} paths; give one path a score.")
    keys = [(int(label), _folder(path)) for label, path in zip(labels, paths, strict=True)]
    clips = list(dict.fromkeys(keys))
    inverse = _codes(keys)
    frames = np.bincount(inverse)
    means = np.bincount(inverse, weights=scores) / frames
    return VideoScores(means, np.array([label for label, _ in clips]), tuple(name for _, name in clips), frames)


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
    if metric is auc:
        values = _auc_draws(scores[None], labels, codes, draws, seed)[0]
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
    values = _auc_draws(np.concatenate(stacks), labels, _groups(groups, len(labels)), draws, seed)
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


def _class_accuracy(scores: ArrayLike, labels: ArrayLike, threshold: float, label: int) -> float:
    scores, labels = checked(scores, labels, both=False)
    if not (labels == label).any():
        raise BadInput(f"There is no {('real', 'fake')[label]} among the {len(labels)} samples.")
    return float(np.mean((scores[labels == label] >= threshold) == label))


def _folder(path: Any) -> str:
    return str(PurePosixPath(str(path).replace("\\", "/")).parent)


def _codes(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def _groups(groups: Iterable[Hashable] | None, count: int) -> NDArray[np.int64]:
    codes = np.arange(count) if groups is None else _codes(groups)
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


def _auc_draws(lists: Floats, labels: NDArray[np.int64], codes: NDArray[np.int64], draws: int, seed: int) -> Floats:
    """AUC of M score lists (M, N) under the same resamples: (M, draws), NaN where a class was not drawn."""
    resamples, values = _weights(codes, draws, seed), []
    while chunk := list(islice(resamples, max(1, _CELLS // len(labels)))):
        weights = np.stack(chunk).astype(np.float64)
        values.append(np.stack([weighted_auc(scores, labels, weights) for scores in lists]))
    return np.concatenate(values, axis=1)


def weighted_auc(scores: Floats, labels: NDArray[np.int64], weights: Floats) -> Floats:
    """AUC of one score list under many weightings (D, N) at once: one sort, then sums over runs of equal scores."""
    order = np.argsort(scores)
    runs = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    weights, fake = weights[:, order], labels[order] == 1
    fakes, reals = (np.add.reduceat(weights * mask, runs, axis=1) for mask in (fake, ~fake))
    below = np.cumsum(reals, axis=1) - reals / 2
    with np.errstate(invalid="ignore"):
        return (fakes * below).sum(axis=1) / (fakes.sum(axis=1) * reals.sum(axis=1))


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
