"""Mammoth's `logs.pyd`: one dictionary a line and a run, with `accmean_task1` … (percent, after each session) and
`accuracy_1_task2` (accuracy on session 1 after session 2), besides the run's arguments.

The numbers are found by their names: the rest of a line may hold anything, and is never evaluated. Mammoth writes the
file for `class-il`; that in `task-il`, where the session is known, looks the same, so the folder must be the right one.
"""

import re

import numpy as np

from engines.continual.logs.base import Log, square
from engines.errors import BadInput

_NUMBER = r"(?:np\.float(?:32|64)\()?(-?[\d.]+(?:e-?\d+)?|nan)\)?"
_MEAN = re.compile(rf"'accmean_task_?(\d+)': {_NUMBER}")
_CELL = re.compile(rf"'accuracy_(\d+)_task_?(\d+)': {_NUMBER}")
_MODEL = re.compile(r"'model': '([^']*)'")
_LINE = re.compile(r"^\s*\{.*'accmean_task", re.MULTILINE)


def fits(text: str) -> bool:
    """Whether it has such a line."""
    return bool(_LINE.search(text))


def parse(text: str) -> Log:
    """The last run of the file.

    Raises:
        BadInput: sessions are missing, or the line is cut off.
    """
    lines = [line for line in text.splitlines() if _LINE.match(line)]
    means = {int(number): float(value) / 100 for number, value in _MEAN.findall(lines[-1])}
    count = max(means, default=0)
    if not means or min(means) != 1 or len(means) != count:
        raise BadInput(f"The log has the sessions {sorted(means)}; some are missing between them, or it is cut off.")
    rows: list[dict[int, float]] = [{} for _ in range(count)]
    for j, t, value in _CELL.findall(lines[-1]):
        if not 1 <= int(t) <= count:
            raise BadInput(f"The log has {count} sessions, but an accuracy after session {t}; it is cut off.")
        rows[int(t) - 1][int(j) - 1] = float(value) / 100
    overall = np.array([means[number] for number in range(1, count + 1)])
    model = _MODEL.search(lines[-1])
    notes = ["Its A_t is the mean over sessions, right where they are equally large."]
    if not any(rows):
        notes.append("It has no accuracy by session: the matrix is not known.")
    if len(lines) > 1:
        notes.append(f"The file has {len(lines)} runs; this is the last.")
    return Log(model.group(1) if model else "Mammoth", square(rows), overall, tuple(notes))
