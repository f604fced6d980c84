"""The state of a run: one small file, changed under a lock and only along the arrows below.

    queued -> running -> (stopping) -> done | failed | interrupted      queued -> cancelled
    interrupted -> queued (resume)                                      done, failed, cancelled never change

The file is the one truth; it moves with the run folder. Whoever reads it also asks whether the process it names
still lives, so a run whose process was killed is *interrupted* at once, without anyone having to say so.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from engines.errors import BadInput, RunStateError
from workbench.files import FULL, write_atomic
from workbench.processes import Identity

ARROWS = {
    "queued": {"running", "cancelled", "interrupted"},
    "running": {"stopping", "done", "failed", "interrupted"},
    "stopping": {"done", "failed", "interrupted"},
    "interrupted": {"queued"},
    "done": set(),
    "failed": set(),
    "cancelled": set(),
}
"""From where to where."""

WORKING = {"running", "stopping"}
ACTIVE = {"queued"} | WORKING
FINAL = {state for state, targets in ARROWS.items() if not targets}

_SILENT_S = 120  # a run of another machine that said nothing for so long is taken for dead
_RESERVE = ".reserve"  # given back to the disk when it is full, so that the last words fit


@dataclass(frozen=True)
class Status:
    """What is known of a run.

    `reason` is a sentence for people, `detail` the last lines of the log of a failed run, `by` who asked to stop,
    `since` the time of the last change in unix seconds, `history` all changes, oldest first.
    """

    state: str = "queued"
    reason: str = ""
    detail: str = ""
    by: str = ""
    since: float = 0.0
    attempt: int = 0
    device: str = ""
    process: Identity | None = None
    worker: Identity | None = None
    history: tuple[dict[str, Any], ...] = field(default=())

    @property
    def active(self) -> bool:
        """Waiting or working: worth asking again in a second."""
        return self.state in ACTIVE

    @property
    def final(self) -> bool:
        """It will never change again."""
        return self.state in FINAL

    @property
    def resumable(self) -> bool:
        """Whether `jobs.resume` would take it."""
        return self.state == "interrupted"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The state as it really is: a run whose process is gone is interrupted, or done if its result stands.

        Raises:
            BadInput: the folder holds no readable state.
        """
        status = cls.written(folder)
        if status.state not in WORKING or _alive(status, folder):
            return status
        if (folder / "result.json").exists():
            return replace(status, state="done", reason="")
        return replace(status, state="interrupted", reason=_gone(status))

    @classmethod
    def written(cls, folder: Path) -> Self:
        """The state as it was last written, whatever became of the process."""
        try:
            values = json.loads((folder / "state.json").read_text())
            people = {key: Identity.read(values.pop(key)) for key in ("process", "worker")}
            return cls(**{**values, **people, "history": tuple(values["history"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise BadInput(f"{folder} is not a run folder: its state.json cannot be read ({error}).") from None


def create(folder: Path) -> None:
    """Write the first state, *queued*, and the reserve for the day the disk is full."""
    (folder / _RESERVE).write_bytes(b"\0" * 65536)
    _write(folder, _next(Status(), "queued"))


def move(folder: Path, sources: set[str], target: str, **changes: Any) -> Status:
    """Change a run's state if it is, at this very moment, one of `sources`.

    Args:
        changes: fields of `Status`, such as `reason`.

    Raises:
        RunStateError: it is another; of two that try the same at once, exactly one gets here.
    """
    with _lock(folder):
        status = _settled(folder)
        if status.state not in sources:
            raise RunStateError(refusal(folder.name, status))
        assert target in ARROWS[status.state], f"{status.state} -> {target}"
        status = _next(status, target, **changes)
        _write(folder, status)
    return status


def amend(folder: Path, **changes: Any) -> Status:
    """Add to what is known of a run that is being worked on, without changing its state.

    Raises:
        RunStateError: nobody works on it.
    """
    with _lock(folder):
        status = _settled(folder)
        if status.state not in WORKING:
            raise RunStateError(refusal(folder.name, status))
        status = replace(status, **changes)
        _write(folder, status)
    return status


def conclude(folder: Path, target: str, **changes: Any) -> Status:
    """Say how an attempt ended, by whoever knows: the attempt itself, or the worker that saw it end.

    Raises:
        RunStateError: that is known already.
    """
    with _lock(folder):
        status = Status.written(folder)
        if target not in ARROWS[status.state] or status.state not in WORKING:
            raise RunStateError(refusal(folder.name, status))
        status = _next(status, target, **changes)
        _write(folder, status)
    return status


def settle(folder: Path) -> Status:
    """Write down that a run's process is gone, if it is."""
    with _lock(folder):
        return _settled(folder)


def refusal(run_id: str, status: Status) -> str:
    """Why a run cannot do what was asked in the state it is in."""
    advice = {
        "queued": "it is already waiting for its turn",
        "running": "it is already running; stop it first",
        "stopping": "it is saving its checkpoint; wait until it has stopped",
        "interrupted": f"it is not running; `mien resume {run_id}` goes on with it",
        "cancelled": f"it never started; `mien retry {run_id}` makes a new run of it",
        "failed": f"its state is final; `mien retry {run_id}` makes a new run from its checkpoints",
        "done": "its state is final; clone it to run it again",
    }
    return f"Run {run_id} is {status.state}: {advice[status.state]}."


def _settled(folder: Path) -> Status:
    written, status = Status.written(folder), Status.read(folder)
    if status.state != written.state:
        status = _next(written, status.state, reason=status.reason)
        _write(folder, status)
    return status


def _next(status: Status, state: str, **changes: Any) -> Status:
    now = round(time.time(), 3)
    told = {"reason": "", "detail": "", "by": "", **changes}
    entry = {"state": state, "time": now, "reason": told["reason"]}
    return replace(status, state=state, since=now, history=(*status.history, entry), **told)


def _write(folder: Path, status: Status) -> None:
    text = json.dumps(asdict(status), indent=1, ensure_ascii=False)
    try:
        write_atomic(folder / "state.json", text)
    except OSError as error:
        if error.errno not in FULL:
            raise
        (folder / _RESERVE).unlink(missing_ok=True)
        write_atomic(folder / "state.json", text)


@contextlib.contextmanager
def _lock(folder: Path) -> Iterator[None]:
    # The system frees the lock of a process that dies, so there is none to clean up.
    try:
        with FileLock(folder / ".lock", timeout=10):
            yield
    except Timeout:
        raise RunStateError(f"Run {folder.name} is busy: another process holds its lock; try again.") from None


def _alive(status: Status, folder: Path) -> bool:
    process = status.process
    if process is None:
        return False
    if process.here:
        return process.alive()
    try:  # of a process elsewhere only its traces tell
        return time.time() - max(status.since, (folder / "events.jsonl").stat().st_mtime) < _SILENT_S
    except OSError:
        return False


def _gone(status: Status) -> str:
    if status.state == "stopping":
        return f"Stopped by {status.by}; its process was ended; resume goes on from its last checkpoint."
    where = "" if status.process is None or status.process.here else f" on {status.process.host}"
    return f"Its process{where} ended without a word; resume goes on from its last checkpoint."
