"""What a system is worth in a sub-task, with intervals that resample people.

Pairs of one person are not independent, so intervals draw people with replacement: a mated pair counts as often as its
person was drawn, a non-mated one as the product of both (R. Bolle, N. Ratha and S. Pankanti, CVIU 2004). With a
thousand pairs a group, a system that is alike for all groups still shows an SD of about 0.7 points: no SD or TO stands
here without its interval. In each resample both kinds of pair keep their share of a group's list. People of
different databases are drawn apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import BadInput
from engines.recognition.frcsyn import metrics
from engines.recognition.frcsyn.lists import PairList
from engines.recognition.frcsyn.tasks import SubTask

Floats = metrics.Floats
NUMBERS = ("avg", "sd", "to", "sd1", "to1", "fnmr", "fnmr_other", "auc", "auc_other")
FEW_GROUPS = "4-group TO, not comparable to the official 8-group TO"


@dataclass(frozen=True, eq=False)
class Scored:
    """Scores (M,) and decisions (M,) bool of a system on a list."""

    pairs: PairList
    scores: np.ndarray
    decisions: np.ndarray


@dataclass(frozen=True, eq=False)
class Report:
    """Numbers of a system in a sub-task: `values` by name, their `draws` (D,) by name, `parts` the accuracy of each
    group or database, as rows."""

    subtask: str
    values: Mapping[str, float]
    draws: Mapping[str, Floats]
    parts: Sequence[Mapping[str, Any]]
    note: str = ""

    def row(self, **more: Any) -> dict[str, Any]:
        """One row: each number in per cent, with `NAME_low` and `NAME_high` at 95 %."""
        row: dict[str, Any] = {"subtask": self.subtask, **more}
        for name, value in self.values.items():
            row[name] = 100 * value
            row[f"{name}_low"], row[f"{name}_high"] = interval(100 * value, 100 * self.draws[name])
        return row | ({"note": self.note} if self.note else {})


def interval(value: float, draws: Floats) -> tuple[float, float]:
    """The 95 % percentile interval of a value, widened to hold it."""
    draws = draws[np.isfinite(draws)]
    low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (value, value)
    return min(float(low), float(value)), max(float(high), float(value))


def weights_of(pairs: PairList, draws: int, seed: int) -> Floats:
    """How often each pair counts in each resample of the people, (draws, M); as many of each group as there are."""
    one, other = pairs.people
    return resampled(one, other, pairs.same, pairs.group, draws, seed)


def resampled(one: np.ndarray, other: np.ndarray, same: np.ndarray, group: np.ndarray, draws: int, seed: int) -> Floats:
    """See `weights_of`; the two people of each pair as codes from 0, and their group, (M,) each."""
    names, stratum = np.unique(group, return_inverse=True)
    of = np.zeros(int(max(one.max(), other.max())) + 1, np.int64)
    of[one], of[other] = stratum, stratum
    drawn = np.zeros((draws, len(of)), np.int64)
    rng = np.random.default_rng((seed, len(same)))
    for members in (np.flatnonzero(of == number) for number in range(len(names))):
        picks = rng.integers(len(members), size=(draws, len(members)))
        drawn[:, members] = (picks[..., None] == np.arange(len(members))).sum(1)
    return np.where(same, drawn[:, one], drawn[:, one] * drawn[:, other]).astype(np.float64)


def assess(subtask: SubTask, scored: Mapping[str, Scored], draws: int = 200, seed: int = 0) -> Report:
    """All numbers of a system in a sub-task.

    FNMR and AUC are pooled over BUPT's pairs in task 1 and the mean over databases in task 2; `fnmr_other` and
    `auc_other` are the other convention, the mean over groups and the pool of all databases.

    Raises:
        BadInput: a database is missing, scores are not finite, or a group has pairs of one kind only.
    """
    missing = [name for name in subtask.databases if name not in scored]
    if missing:
        raise BadInput(f"Sub-task {subtask.name} needs scores on {', '.join(missing)}.")
    parts = {name: part for name in subtask.databases for name, part in _divided(subtask, name, scored[name]).items()}
    weights = {name: weights_of(scored[name].pairs, draws, seed) for name in subtask.databases}
    for base, mask in parts.values():
        balance(weights[base], mask, scored[base].pairs.same)
    one = {name: np.ones((1, len(scored[name].pairs))) for name in subtask.databases}
    values, draw = _numbers(subtask, scored, parts, one), _numbers(subtask, scored, parts, weights)
    rows = [
        _part_row(subtask, name, scored[base], mask, weights[base][:, mask], float(values["parts"][0, number]))
        for number, (name, (base, mask)) in enumerate(parts.items())
    ]  # fmt: skip
    few = FEW_GROUPS if subtask.key == "to" and len(parts) == 4 else ""
    return Report(
        subtask.name,
        {name: float(values[name][0]) for name in NUMBERS},
        {name: draw[name] for name in NUMBERS},
        rows,
        few,
    )


def ranked(rows: Sequence[Mapping[str, Any]], key: str) -> list[dict[str, Any]]:
    """Rows with their `rank` by a number, the largest first; equals share a rank."""
    values = [row[key] for row in rows]
    found = [{**row, "rank": 1 + sum(other > row[key] for other in values)} for row in rows]
    return sorted(found, key=lambda row: row["rank"])


def gap_row(real: Report, synthetic: Report) -> dict[str, float]:
    """GAP of a system against the one trained on real data, in per cent, on the same resamples of people."""
    value = float(metrics.gap(real.values["avg"], synthetic.values["avg"]))
    low, high = interval(value, metrics.gap(real.draws["avg"], synthetic.draws["avg"]))
    return {"gap": value, "gap_low": low, "gap_high": high}


Part = tuple[str, np.ndarray]


def balance(weights: Floats, mask: np.ndarray, same: np.ndarray) -> None:
    """Give mated pairs and strangers of a part, in every resample, the weight that they have in the list, in place: a
    list is made of so many of each, and chance has no part in that. A resample that lacks one has no value."""
    for kind in (mask & same, mask & ~same):
        total = weights[:, kind].sum(1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            weights[:, kind] *= np.where(total > 0, kind.sum() / total, np.nan)


def _divided(subtask: SubTask, name: str, scored: Scored) -> dict[str, Part]:
    """The parts over which AVG and SD are taken: name -> database and mask of its pairs."""
    metrics.checked(scored.scores, scored.pairs.same, f"the scores on {name}")
    if subtask.key != "to":
        return {name: (name, np.ones(len(scored.pairs), bool))}
    parts = {str(group): (name, scored.pairs.group == group) for group in sorted(set(scored.pairs.group.tolist()))}
    for group, (_, mask) in parts.items():
        metrics.checked(scored.scores[mask], scored.pairs.same[mask], f"the group {group or 'without a name'}")
    return parts


def _numbers(
    subtask: SubTask, scored: Mapping[str, Scored], parts: Mapping[str, Part], weights: Mapping[str, Floats]
) -> dict[str, Floats]:
    cut = [(scored[base], mask, weights[base][:, mask]) for base, mask in parts.values()]
    accuracies = np.stack([metrics.accuracy(s.decisions[m], s.pairs.same[m], w) for s, m, w in cut], axis=1)
    found = {"parts": accuracies}
    found["avg"], found["sd"], found["to"] = metrics.spread(accuracies, 0)
    _, found["sd1"], found["to1"] = metrics.spread(accuracies, 1)
    pool = np.concatenate([scored[name].scores for name in subtask.databases])
    same = np.concatenate([scored[name].pairs.same for name in subtask.databases])
    every = np.concatenate([weights[name] for name in subtask.databases], axis=1)
    for name, metric in (("fnmr", metrics.fnmr), ("auc", metrics.auc)):
        pooled = metric(pool, same, every)
        mean = np.mean([metric(s.scores[m], s.pairs.same[m], w) for s, m, w in cut], axis=0)
        usual, other = (pooled, mean) if subtask.key == "to" else (mean, pooled)
        found |= {name: usual, f"{name}_other": other}
    return found


def _part_row(
    subtask: SubTask, name: str, scored: Scored, mask: np.ndarray, weights: Floats, value: float
) -> dict[str, Any]:
    low, high = interval(value, metrics.accuracy(scored.decisions[mask], scored.pairs.same[mask], weights))
    same = scored.pairs.same[mask]
    fnmr = float(metrics.fnmr(scored.scores[mask], same))
    counts = {"mated": int(same.sum()), "non_mated": int((~same).sum())}
    numbers = {"accuracy": 100 * value, "low": 100 * low, "high": 100 * high, "fnmr": 100 * fnmr}
    return {"subtask": subtask.name, "part": name, **counts, **numbers}
