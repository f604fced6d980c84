"""What each end of an attempt becomes, also on a disk that takes no more words."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

from engines.errors import BadInput, Stopped
from workbench import child, jobs
from workbench.journal import FolderJournal
from workbench.runs import Run

FULL = OSError(28, "No space left on device")


@pytest.fixture
def run(no_worker: Path) -> Run:
    return jobs.submit("counter")


def ending(error: BaseException, run: Run) -> child.Ending:
    journal = FolderJournal(run.folder)
    try:
        return child.ending_of(error, run, journal)
    finally:
        journal.close()


def chained(outer: Exception, inner: Exception) -> Exception:
    try:
        try:
            raise inner
        except Exception:
            raise outer  # noqa: B904 - as libraries do
    except Exception as error:
        return error


@pytest.mark.parametrize(
    "error",
    [
        FULL,
        OSError(122, "Disk quota exceeded"),
        chained(RuntimeError("cannot write"), FULL),
        RuntimeError("I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_in_any_wrapping(run: Run, error: Exception) -> None:
    told = ending(error, run)
    assert told.state == "failed"
    assert "is full; it had no checkpoint yet. Free some space" in told.reason


def test_an_error_is_kept_where_the_log_takes_no_more(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", buffering=1)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", full)
        assert ending(ValueError("x"), run).reason == "ValueError: x"
        assert "is full" in ending(FULL, run).reason
    with contextlib.suppress(OSError):  # what it could not write, it tries to write once more
        full.close()


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (Stopped("Stopped after step 3."), "interrupted", "Stopped by a signal before its first checkpoint"),
        (SystemExit(143), "interrupted", "did not answer in time"),
        (KeyboardInterrupt(), "interrupted", "did not answer in time"),
        (BadInput("No face."), "failed", "No face."),
        (MemoryError(), "failed", "Memory ran out."),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA"), "failed", "Memory ran out."),
        (KeyError("x"), "failed", "KeyError: 'x'"),
        (FileNotFoundError(2, "No such file", "a"), "failed", "FileNotFoundError: "),
    ],
)
def test_what_an_exception_means(run: Run, error: BaseException, state: str, reason: str) -> None:
    told = ending(error, run)
    assert told.state == state
    assert reason in told.reason


def test_a_child_without_its_worker_touches_nothing(run: Run) -> None:
    before = (run.folder / "state.json").read_bytes()
    assert child.main(run.folder, 1) == 1
    assert (run.folder / "state.json").read_bytes() == before
    assert not (run.folder / "events.jsonl").exists()
