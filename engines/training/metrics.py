"""How well scores separate fakes from reals; `bootstrap` gives these numbers their intervals.

Labels are 0 (real) and 1 (fake); a score is any number that grows with the belief in "fake". Inputs are arrays of
shape (N,), results plain floats. Two conventions of the field are made explicit here: the equal error rate exists
in the form most benchmarks print (`nearest`) and in the one that does not depend on how many scores there are
(`interpolated`); and a clip is known by the whole path of its folder, since benchmarks that group by the folder's
name alone merge every "000_003" of four forgery methods into one clip.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from engines.errors import BadInput

Metric = Callable[[ArrayLike, ArrayLike], float]
Floats = NDArray[np.float64]


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


def eer_nearest(scores: ArrayLike, labels: ArrayLike) -> float:
    """`eer` as benchmarks print it.

    Raises:
        BadInput: as for `auc`.
    """
    return eer(scores, labels, "nearest")


def mean(scores: ArrayLike, labels: ArrayLike) -> float:
    """Mean of the scores, such as 1 where a picture is judged rightly and 0 elsewhere, whatever their labels."""
    return float(np.mean(checked(scores, labels, both=False)[0]))


def mean_of_reals(scores: ArrayLike, labels: ArrayLike) -> float:
    """Mean of the reals' scores.

    Raises:
        BadInput: there is no real.
    """
    return _class_mean(scores, labels, 0)


def mean_of_fakes(scores: ArrayLike, labels: ArrayLike) -> float:
    """Mean of the fakes' scores.

    Raises:
        BadInput: there is no fake.
    """
    return _class_mean(scores, labels, 1)


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
    inverse = numbered(keys)
    frames = np.bincount(inverse)
    means = np.bincount(inverse, weights=scores) / frames
    return VideoScores(means, np.array([label for label, _ in clips]), tuple(name for _, name in clips), frames)


def _class_accuracy(scores: ArrayLike, labels: ArrayLike, threshold: float, label: int) -> float:
    scores, labels = checked(scores, labels, both=False)
    return _class_mean((scores >= threshold) == label, labels, label)


def _class_mean(scores: ArrayLike, labels: ArrayLike, label: int) -> float:
    scores, labels = checked(scores, labels, both=False)
    if not (labels == label).any():
        raise BadInput(f"There is no {('real', 'fake')[label]} among the {len(labels)} samples.")
    return float(np.mean(scores[labels == label]))


def _folder(path: Any) -> str:
    return str(PurePosixPath(str(path).replace("\\", "/")).parent)


def numbered(keys: Iterable[Hashable]) -> NDArray[np.int64]:
    """Each key's number (N,), counted from 0 in the order in which keys come."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
