"""What came out of a run in one line, for lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.figures import auc
from workbench.runs import Run

Rows = Sequence[Mapping[str, Any]]


def headline(run: Run) -> str:
    """The main number of the run's method, a mean over seeds; empty where a run has none."""
    result = run.result or {}
    method = str((run.spec.config.get("methods") or [""])[0])
    for table, says in _SAYS.items():
        if isinstance(rows := result.get(table), list) and (said := says(rows, method)):
            return said
    return ""


def _auc(rows: Rows, method: str) -> str:
    parts = []
    for pool in auc.POOLS:
        values = [row["auc"] for row in rows if row["method"] == method and row["family"] == pool]
        if values:
            parts.append(f"{sum(values) / len(values):.3f} on {pool}")
    return f"AUC of {method}: {', '.join(parts)}" if parts else ""


def _compared(rows: Rows, method: str) -> str:
    found = [row["value"] for row in rows if (row["method"], row["measure"]) == (method, "final")]
    return f"Accuracy of {method} in the end, on all so far: {found[0]:.3f}" if found else ""


def _pairs(rows: Rows, method: str) -> str:
    found = [f"{row['accuracy']:.3f} ({row['pair']})" for row in rows
             if "pair" in row and (row["method"], row.get("epoch")) == (method, "best")]  # fmt: skip
    return f"Accuracy of {method}: {', '.join(found)}" if found else ""


def _settings(rows: Rows, method: str) -> str:
    gains = [f"{row['gain']:+.3f} ({row['setting']})" for row in rows
             if (row["method"], row.get("epoch")) == ("de-da", "best")]  # fmt: skip
    return f"Accuracy of de-da over none: {', '.join(gains)}" if gains else ""


def _guided(rows: Rows, method: str) -> str:
    found = [f"{row['difference']:+.3f} over {row['second']}" for row in rows if row["first"] == method]
    return f"Cosine of {method} to the identity asked for: {', '.join(found)}" if found else ""


def _ranking(rows: Rows, _method: str) -> str:
    found = {row["system"]: f"{row['system']} {row['avg']:.1f} %" for row in rows if row["subtask"] in ("2.1", "2.3")}
    return f"AVG over four databases: {', '.join(found.values())}" if found else ""


_SAYS: dict[str, Callable[[Rows, str], str]] = {
    "auc": _auc, "compared": _compared, "accuracy": _pairs, "methods": _settings,
    "guided": _guided, "ranking": _ranking,
}  # fmt: skip
"""Table of a result -> what to say of it."""
