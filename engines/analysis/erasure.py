"""How much a probe loses when directions are taken out of the features: where in the space the answer lies.

Features (N, D) of two classes; the probe is logistic regression, judged on people it was not fitted on. Directions are
the principal axes of the training features, from the strongest or from the weakest.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from engines.analysis.embedding import Floats, checked, project
from engines.errors import BadInput
from engines.training.metrics import auc

Order = Literal["strongest", "weakest"]


def removed(features: ArrayLike, axes: Floats, mean: Floats) -> Floats:
    """Features (N, D) without their part along unit rows axes (K, D), taken at the mean (D,)."""
    rows = checked(features)
    return rows - ((rows - mean) @ axes.T) @ axes


def auc_without(
    features: ArrayLike,
    labels: NDArray[Any],
    groups: Sequence[Any],
    counts: Sequence[int],
    *,
    order: Order = "strongest",
    folds: int = 4,
) -> list[dict[str, float]]:
    """AUC of a probe when so many principal directions are removed, by cross-validation over groups.

    Args:
        labels: (N,) 0 or 1. groups: (N,) people; no person is on both sides of a fold.
        counts: numbers of directions to remove, each below the number of axes.

    Returns:
        Rows `{removed, kept, auc, low, high}`: share of variance kept, mean AUC over folds, least and largest fold.

    Raises:
        BadInput: one class alone, fewer groups than folds, or more directions than there are.
    """
    rows, labels = checked(features), np.asarray(labels)
    if len(set(labels.tolist())) != 2:
        raise BadInput("A probe needs two classes, real and forged; this set has one.")
    if len(set(groups)) < folds:
        raise BadInput(f"{len(set(groups))} people cannot be split into {folds} folds; take more people.")
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in counts}
    for train, test in GroupKFold(folds).split(rows, labels, groups):
        for count, pair in zip(counts, _fold(rows, labels, train, test, counts, order), strict=True):
            found[count].append(pair)
    return [_row(count, pairs) for count, pairs in found.items()]


def _fold(
    rows: Floats, labels: NDArray[Any], train: NDArray[Any], test: NDArray[Any], counts: Sequence[int], order: Order
) -> list[tuple[float, float]]:
    """(AUC, share of variance kept) for each count."""
    most = min(len(train) - 1, rows.shape[1])
    if max(counts) >= most:
        raise BadInput(f"There are {most} directions; remove fewer than that, not {max(counts)}.")
    fitted = project(rows[train], most)
    axes, share = fitted.axes, fitted.explained
    if order == "weakest":
        axes, share = axes[::-1], share[::-1]
    pairs = []
    for count in counts:
        left, right = (removed(rows[part], axes[:count], fitted.mean) for part in (train, test))
        scale = float(np.sqrt(left.var(axis=0).mean())) or 1.0  # one for all axes, which keep their lengths
        probe = LogisticRegression(max_iter=500).fit((left - fitted.mean) / scale, labels[train])
        found = auc(probe.decision_function((right - fitted.mean) / scale), labels[test])
        pairs.append((found, float(1 - share[:count].sum())))
    return pairs


def _row(count: int, pairs: list[tuple[float, float]]) -> dict[str, float]:
    values = [value for value, _ in pairs]
    kept = float(np.mean([share for _, share in pairs]))
    return {"removed": count, "kept": kept, "auc": float(np.mean(values)), "low": min(values), "high": max(values)}
