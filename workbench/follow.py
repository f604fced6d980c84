"""A run followed on a terminal: one line that moves, then its tables and numbers."""

import sys
import time
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table

from workbench.digest import Digest, Phase
from workbench.runs import Run
from workbench.state import Status

POLL_S = 0.5
QUIET_S = 15  # between lines where the output is no terminal


def follow(run: Run, out: TextIO = sys.stderr) -> Status:
    """Show how a run goes on until it is no longer active."""
    line, digest = _Line(out), run.digest()
    shown = len(digest.log)
    while (status := run.status).active:
        digest = run.digest()
        for text in digest.log[shown:]:
            line.above(text)
        shown = len(digest.log)
        line.show(progress(status, digest))
        time.sleep(POLL_S)
    line.above(f"{run.id} is {status.state}. {status.reason}".rstrip())
    return status


def progress(status: Status, digest: Digest) -> str:
    """What a run is doing, in a line."""
    if status.state != "running" or digest.phase is None:
        return {"queued": "waiting for its turn", "stopping": "saving its checkpoint"}.get(status.state, "starting")
    phase = digest.phase
    share = "" if phase.progress is None else f"{phase.progress:4.0%}"
    return "  ".join(filter(None, [phase.name, share, phase.note or _time_left(phase)]))


def show_results(run: Run, out: TextIO = sys.stdout) -> None:
    """The tables and numbers of a run that is done."""
    result = run.result or {}
    for name, value in result.items():
        if _is_table(value):
            print_table(name, value, out)
    for name, value in result.items():
        if not _is_table(value):
            _console(out).print(f"{name}: {_text(value)}", markup=False, highlight=False)


def print_table(title: str, rows: list[dict[str, Any]], out: TextIO = sys.stdout) -> None:
    """Rows as a table for people."""
    _console(out).print(_table(title, rows))


def _console(out: TextIO) -> Console:
    return Console(file=out, width=None if out.isatty() else 160)


class _Line:
    """A line that is written over on a terminal, and repeated only now and then in a file."""

    def __init__(self, out: TextIO):
        self._out, self._moving = out, out.isatty()
        self._last, self._time = "", -float(QUIET_S)

    def show(self, text: str) -> None:
        if self._moving:
            self._write(f"\r\x1b[2K{text[:118]}")
        elif text != self._last and time.monotonic() - self._time >= QUIET_S:
            self._time = time.monotonic()
            self._write(text + "\n")
        self._last = text

    def above(self, text: str) -> None:
        self._write(f"\r\x1b[2K{text}\n" if self._moving else f"{text}\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()


def _time_left(phase: Phase) -> str:
    left = phase.time_left_s
    return "" if left is None else f"{left:.0f} s left"


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _table(title: str, rows: list[dict[str, Any]]) -> Table:
    table = Table(title=title, title_justify="left")
    columns = list(dict.fromkeys(key for row in rows for key in row))
    for column in columns:
        numeric = all(isinstance(row.get(column), int | float | None) for row in rows)
        table.add_column(column, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_text(row.get(column, "")) for column in columns))
    return table


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return " ".join(_text(item) for item in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    return "–" if value is None else str(value)
