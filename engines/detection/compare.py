"""Methods compared on the same test pictures: AUC by family, and paired differences over seeds.

Two things vary: which test identities were drawn, and which seed trained. A paired interval resamples both,
identities and, where a method has several, seeds; what two methods share cancels.
"""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from engines.detection.samples import Samples
from engines.training.metrics import auc_by_family, paired_seeds

Scores = Mapping[tuple[str, int], np.ndarray]
"""(method, seed) -> logits of the test set, (N,)."""


def auc_rows(scores: Scores, test: Samples, seen: Sequence[str], draws: int) -> list[dict[str, Any]]:
    """One row a method, seed and family, and the pools "seen families" and "unseen families"."""
    rows = []
    for (method, seed), values in scores.items():
        for row in auc_by_family(values, test.labels, test.family, test.group, pools(test, seen), draws=draws):
            is_seen = row["family"] in seen or row["family"] == "seen families"
            rows.append({"method": method, "seed": seed, "seen": is_seen, **row})
    return rows


def pools(test: Samples, seen: Sequence[str]) -> dict[str, list[str]]:
    """The families trained on and the others, where there are any."""
    known = sorted(set(test.family[test.labels == 1].tolist()))
    both = {
        "seen families": [name for name in known if name in seen],
        "unseen families": [name for name in known if name not in seen],
    }
    return {name: members for name, members in both.items() if members}


def paired_rows(scores: Scores, test: Samples, seen: Sequence[str], draws: int) -> list[dict[str, Any]]:
    """AUC of one method less that of another, for each pair and pool of families."""
    stacks: dict[str, list[np.ndarray]] = {}
    for (method, _), values in scores.items():
        stacks.setdefault(method, []).append(values)
    rows = []
    for first, second in combinations(stacks, 2):
        for pool, members in pools(test, seen).items():
            use = (test.labels == 0) | np.isin(test.family, members)
            one, other = (np.stack(stacks[name])[:, use] for name in (first, second))
            found = paired_seeds(one, other, test.labels[use], test.group[use].tolist(), draws=draws)
            rows.append(
                {"first": first, "second": second, "families": pool, "difference": found.value, "low": found.low,
                 "high": found.high, "seeds": max(len(stacks[first]), len(stacks[second]))}
            )  # fmt: skip
    return rows
