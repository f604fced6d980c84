"""Methods compared on the same test pictures: AUC by family, and paired differences over seeds.

Two things vary: which test identities were drawn, and which seed trained. A paired interval resamples both,
identities and, where a method has several, seeds; what two methods share cancels.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from engines.detection.samples import Labelled, Samples
from engines.training.bootstrap import auc_by_family, bootstrap, paired_bootstrap
from engines.training.calibration import Calibration
from engines.training.metrics import (
    auc,
    average_precision,
    eer,
    eer_nearest,
    mean,
    mean_of_fakes,
    mean_of_reals,
    video_scores,
)

Scores = Mapping[tuple[str, int], np.ndarray]
"""(method, seed) -> logits of the test set, (N,)."""


def auc_rows(scores: Scores, test: Labelled, seen: Sequence[str], draws: int, draw: int = 0) -> list[dict[str, Any]]:
    """One row a method, seed and family, and the pools "seen families" and "unseen families".

    Args:
        draw: seed of the resamples.
    """
    rows = []
    for (method, seed), values in scores.items():
        for row in auc_by_family(
            values, test.labels, test.family, test.group, pools(test, seen), draws=draws, seed=draw
        ):
            is_seen = row["family"] in seen or row["family"] == "seen families"
            rows.append({"method": method, "seed": seed, "seen": is_seen, **row})
    return rows


def pools(test: Labelled, seen: Sequence[str]) -> dict[str, list[str]]:
    """The families trained on and the others, where there are any."""
    known = sorted(set(test.family[test.labels == 1].tolist()))
    both = {
        "seen families": [name for name in known if name in seen],
        "unseen families": [name for name in known if name not in seen],
    }
    return {name: members for name, members in both.items() if members}


def paired_rows(scores: Scores, test: Labelled, seen: Sequence[str], draws: int, draw: int = 0) -> list[dict[str, Any]]:
    """AUC of one method less that of another, for each pair and pool of families."""
    stacks: dict[str, list[np.ndarray]] = {}
    for (method, _), values in scores.items():
        stacks.setdefault(method, []).append(values)
    rows = []
    for first, second in combinations(stacks, 2):
        for pool, members in pools(test, seen).items():
            use = (test.labels == 0) | np.isin(test.family, members)
            one, other = (np.stack(stacks[name])[:, use] for name in (first, second))
            found = paired_bootstrap(one, other, test.labels[use], test.group[use].tolist(), draws, draw)
            rows.append(
                {"first": first, "second": second, "families": pool, "difference": found.value, "low": found.low,
                 "high": found.high, "seeds": max(len(stacks[first]), len(stacks[second]))}
            )  # fmt: skip
    return rows


def mean_rows(scores: Scores, test: Labelled, seen: Sequence[str], draws: int, draw: int = 0) -> list[dict[str, Any]]:
    """One row a method and family or pool: the mean AUC of its trainings, and an interval over identities and seeds."""
    stacks: dict[str, list[np.ndarray]] = {}
    for (method, _), values in scores.items():
        stacks.setdefault(method, []).append(values)
    known = sorted(set(test.family[test.labels == 1].tolist()))
    rows = []
    for method, trained in stacks.items():
        for name, members in {**{one: [one] for one in known}, **pools(test, seen)}.items():
            use = (test.labels == 0) | np.isin(test.family, members)
            stack = np.stack(trained)[:, use]
            # Against scores that say nothing, whose AUC is one half on every resample.
            over = paired_bootstrap(stack, 0 * stack, test.labels[use], test.group[use].tolist(), draws, draw)
            found = {"auc": 0.5 + over.value, "low": 0.5 + over.low, "high": 0.5 + over.high}
            rows.append({"method": method, "family": name, **found, "seeds": len(trained)})
    return rows


def metric_rows(
    scores: Scores, calibrations: Mapping[tuple[str, int], Calibration], test: Samples, draws: int, draw: int = 0
) -> list[dict[str, Any]]:
    """One row a method and seed: the field's other numbers over all families, of pictures and, where there are, videos.

    `eer` crosses between thresholds, `eer_nearest` is as benchmarks print it; `accuracy_half` divides the calibrated
    probability at 0.5, `accuracy` at the threshold found on validation pictures, with the share of reals and of fakes
    that are right. Each number but the AUC, whose interval is `low` and `high`, has its own beside it, as `eer_low` and
    `eer_high`; pictures are resampled by their groups (people or videos), videos each on its own.
    """
    rows = []
    for key, logits in scores.items():
        probability, threshold = calibrations[key](logits), calibrations[key].threshold
        named = {"method": key[0], "seed": key[1]}
        rows.append(
            {**named, "level": "picture", **_metrics(probability, test.labels, threshold, test.group, draws, draw)}
        )
        if test.videos:
            videos = video_scores(probability, test.labels, [f"{video}/frame" for video in test.group])
            found = _metrics(videos.scores, videos.labels, threshold, np.arange(len(videos.labels)), draws, draw)
            rows.append({**named, "level": "video", **found})
    return rows


def _metrics(
    probability: np.ndarray, labels: np.ndarray, threshold: float, groups: np.ndarray, draws: int, draw: int
) -> dict[str, float]:
    right, half = ((probability >= limit) == (labels == 1) for limit in (threshold, 0.5))
    measured = {
        "auc": (auc, probability), "average_precision": (average_precision, probability), "eer": (eer, probability),
        "eer_nearest": (eer_nearest, probability), "accuracy_half": (mean, half), "accuracy": (mean, right),
        "accuracy_real": (mean_of_reals, right), "accuracy_fake": (mean_of_fakes, right),
    }  # fmt: skip
    row: dict[str, float] = {}
    for name, (metric, values) in measured.items():
        found = bootstrap(metric, values, labels, groups.tolist(), draws=draws, seed=draw)
        prefix = "" if metric is auc else f"{name}_"
        row |= {name: found.value, f"{prefix}low": found.low, f"{prefix}high": found.high}
    return row
