"""The tables of a run, as systems come in: results by seed, their mean over seeds with ranks, parts, and the mix.

Over several trainings a number is the mean, its interval that of the mean on the same resamples of people; `seed_sd`
is the standard deviation over trainings, dividing by one less than their number.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from engines.recognition.frcsyn import metrics
from engines.recognition.frcsyn.report import NUMBERS, Report, Scored, assess, gap_row, interval, ranked
from engines.recognition.frcsyn.tasks import SUBTASKS

Rows = list[dict[str, Any]]
__all__ = ["SUBTASKS", "Tables"]


class Trained(Protocol):
    """What is known of a trained system."""

    @property
    def name(self) -> str: ...
    @property
    def subtasks(self) -> tuple[str, ...]: ...
    @property
    def share(self) -> float: ...


class Tables:
    """Reports by system, seed and sub-task; the first system is the baseline."""

    def __init__(self, draws: int, seed: int):
        self.draws, self.seed = draws, seed
        self.reports: dict[tuple[str, int, str], Report] = {}
        self.systems: dict[str, Trained] = {}
        self.thresholds: dict[tuple[str, int], float] = {}

    def add(self, system: Trained, seed: int, threshold: float, scored: dict[str, Scored]) -> None:
        """Assess a trained system in every sub-task."""
        self.systems.setdefault(system.name, system)
        self.thresholds[system.name, seed] = threshold
        done: dict[str, Report] = {}
        for name, subtask in SUBTASKS.items():  # the sub-tasks of a task are tested alike
            report = done.get(subtask.key) or assess(subtask, scored, self.draws, self.seed)
            done[subtask.key] = report
            self.reports[system.name, seed, name] = Report(
                name, report.values, report.draws, [{**row, "subtask": name} for row in report.parts], report.note
            )

    def tables(self) -> dict[str, Rows]:
        """All tables as they stand."""
        return {"results": self.results(), "ranking": self.ranking(), "parts": self.parts(), "mix": self.mix()}

    def summary(self) -> dict[str, Rows]:
        """The same, for the end of a run."""
        return self.tables()

    @property
    def baseline(self) -> str:
        """The system that was trained on real data alone."""
        return next(iter(self.systems))

    def results(self) -> Rows:
        """A row for each sub-task, system that enters it, and seed."""
        rows = []
        for (name, seed, subtask), report in self.reports.items():
            if self._enters(name, subtask):
                says = {"threshold": self.thresholds[name, seed]}
                rows.append(report.row(system=name, seed=seed, **says, **self._gap(name, seed, subtask)))
        return rows

    def ranking(self) -> Rows:
        """A row for each sub-task and system, the best of a sub-task first; the baseline stands outside the ranks."""
        rows: Rows = []
        for subtask, task in SUBTASKS.items():
            mine = [self._over_seeds(name, subtask) for name in self.systems if self._enters(name, subtask)]
            proposed = [row for row in mine if row["system"] != self.baseline]
            rows += [*ranked(proposed, task.key), *({**row, "rank": 0} for row in mine if row not in proposed)]
        return rows

    def parts(self) -> Rows:
        """Accuracy of each group (task 1) and database (task 2), by system and seed."""
        return [
            {"system": name, "seed": seed, **part}
            for (name, seed, subtask), report in self.reports.items()
            if subtask in ("1.1", "2.1")
            for part in report.parts
        ]

    def mix(self) -> Rows:
        """Every system by its share of synthetic data: TO of task 1, AVG and GAP of task 2."""
        rows = []
        for name, system in self.systems.items():
            fair, whole = self._over_seeds(name, "1.1"), self._over_seeds(name, "2.1")
            row = {"system": name, "share": system.share, "seeds": whole["seeds"]}
            for number, source in (("to", fair), ("avg", whole), ("gap", whole)):
                row |= {key: source[key] for key in (number, f"{number}_low", f"{number}_high") if key in source}
            rows.append(row)
        return sorted(rows, key=lambda row: row["share"])

    def _enters(self, name: str, subtask: str) -> bool:
        return name == self.baseline or subtask in self.systems[name].subtasks

    def _gap(self, name: str, seed: int, subtask: str) -> dict[str, float]:
        real = self.reports.get((self.baseline, seed, subtask))
        mine = self.reports[name, seed, subtask]
        return gap_row(real, mine) if real is not None and name != self.baseline else {}

    def _over_seeds(self, name: str, subtask: str) -> dict[str, Any]:
        mine = self._of(name, subtask)
        row: dict[str, Any] = {"subtask": subtask, "system": name, "seeds": len(mine)}
        for number in NUMBERS:
            values = np.array([report.values[number] for report in mine])
            draws = np.mean([report.draws[number] for report in mine], axis=0)
            row[number] = 100 * float(values.mean())
            row[f"{number}_low"], row[f"{number}_high"] = interval(row[number], 100 * draws)
            if number == SUBTASKS[subtask].key:
                row["seed_sd"] = 100 * float(values.std(ddof=1)) if len(values) > 1 else None
        real = self._of(self.baseline, subtask)
        if name != self.baseline:
            row |= _mean_gap(real, mine)
        return row | ({"note": mine[0].note} if mine[0].note else {})

    def _of(self, name: str, subtask: str) -> list[Report]:
        return [report for (one, _, task), report in self.reports.items() if (one, task) == (name, subtask)]


def _mean_gap(real: Sequence[Report], mine: Sequence[Report]) -> dict[str, float]:
    """GAP of the mean AVGs."""
    values = [float(np.mean([report.values["avg"] for report in some])) for some in (real, mine)]
    draws = [np.mean([report.draws["avg"] for report in some], axis=0) for some in (real, mine)]
    value = float(metrics.gap(*values))
    low, high = interval(value, metrics.gap(*draws))
    return {"gap": value, "gap_low": low, "gap_high": high}
