"""LAMDA-PILOT's log: after each session a line `CNN: {'total': 88.2, '00-09': 91.0, '10-19': 85.3, 'old': 91.0,
'new': 85.3}` with accuracies in percent by group of classes, and `CNN top1 curve: [98.1, 88.2]` with A_t.

The groups are of `increment` classes, which are sessions where the first session has as many; where it has more, the
groups of the first session stand for themselves and the note says so. NME lines, of a nearest mean, are passed over.
"""

import ast
import re
from typing import Any

import numpy as np

from engines.continual.logs.base import Log, square
from engines.errors import BadInput

_GROUPS = re.compile(r"CNN: (\{.*?\})")
_CURVE = re.compile(r"CNN top1 curve: (\[[^\]]*\])")
_RANGE = re.compile(r"(\d+)-(\d+)")
_NUMPY = re.compile(r"(?:np\.)?float(?:32|64)\(([^()]*)\)")


def fits(text: str) -> bool:
    """Whether it has such lines."""
    return bool(_GROUPS.search(text) or _CURVE.search(text))


def parse(text: str) -> Log:
    """The log's last run.

    Raises:
        BadInput: a line cannot be read, or the curve is of another length than the groups.
    """
    grouped, curves = [_value(found) for found in _GROUPS.findall(text)], [_value(c) for c in _CURVE.findall(text)]
    overall = np.array(curves[-1] if curves else [one.get("total", np.nan) for one in grouped], float) / 100
    grouped = grouped[-len(overall) :]
    if grouped and len(grouped) != len(overall):
        raise BadInput(f"The log has groups of {len(grouped)} sessions and a curve of {len(overall)}; it is cut off.")
    names = sorted({key for one in grouped for key in one if _RANGE.fullmatch(key)}, key=_start)
    notes = () if grouped else ("It has no accuracy by group: the matrix is not known, only A_t.",)
    if len(names) > len(overall):
        notes = ("Its first session has several groups of classes: the matrix is not known, only A_t.",)
        grouped = []
    if not grouped:
        return Log("PILOT", np.full((len(overall), len(overall)), np.nan), overall, notes)
    rows = [{names.index(key): one[key] / 100 for key in one if key in names} for one in grouped]
    return Log("PILOT", square(rows), overall)


def _start(name: str) -> int:
    return int(name.partition("-")[0])


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(_NUMPY.sub(r"\1", text))
    except (ValueError, SyntaxError):
        raise BadInput(f"The log's line {text[:80]!r} is not a dictionary or list of numbers.") from None
