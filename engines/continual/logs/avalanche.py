"""Avalanche's `eval_results.csv` (its CSVLogger): a header `eval_exp,training_exp,eval_accuracy,eval_loss,
forgetting` and a line for each session evaluated after each session trained, accuracies as shares.

A line repeated for the same pair, as `eval_every` leaves, replaces the one before: the last is after the session.
"""

import csv
import io

import numpy as np

from engines.continual.logs.base import Log, square
from engines.errors import BadInput

NEEDED = ("eval_exp", "training_exp", "eval_accuracy")


def fits(text: str) -> bool:
    """Whether the header has these columns."""
    return set(NEEDED) <= {name.strip() for name in text.lstrip("\ufeff").split("\n", 1)[0].split(",")}


def parse(text: str) -> Log:
    """The run.

    Raises:
        BadInput: a line cannot be read, or a session was trained that was never evaluated.
    """
    cells: dict[tuple[int, int], float] = {}
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")), skipinitialspace=True)
    for number, line in enumerate(reader, start=2):
        if line["training_exp"] == "None":  # evaluated before anything was trained
            continue
        try:
            t, j, value = int(line["training_exp"]), int(line["eval_exp"]), float(line["eval_accuracy"])
        except (TypeError, ValueError):
            raise BadInput(f"Line {number} of the log is not two sessions and an accuracy: {line}.") from None
        if t < 0 or j < 0:
            raise BadInput(f"Line {number} of the log has a session below 0.")
        cells[t, j] = value
    if not cells:
        raise BadInput("The log has a header and no lines; is it of a run that ended a session?")
    rows: list[dict[int, float]] = [{} for _ in range(max(t for t, _ in cells) + 1)]
    for (t, j), value in cells.items():
        rows[t][j] = value
    matrix = square(rows)
    overall = np.array([_mean(matrix[t, : t + 1]) for t in range(len(matrix))])
    note = "It has no numbers of test pictures: A_t is the mean over sessions, right where they are equally large."
    return Log("Avalanche", matrix, overall, (note,))


def _mean(row: np.ndarray) -> float:
    return float(row.mean()) if np.isfinite(row).all() else float("nan")
