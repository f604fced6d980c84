"""Asking for runs: submit, stop, resume, retry, clone, delete; and the queue that one worker process serves.

The queue (huey on SQLite) holds only the order of run ids. What a run is and where it stands is in its folder, so
losing the queue loses nothing: the worker puts back whatever is *queued* and not in line. A page or a command
line only asks; the worker (workbench/worker.py) starts a process for each attempt (workbench/child.py).
"""

import json
import os
import shutil
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engines import recipes
from engines.errors import RunStateError
from workbench import runs, state
from workbench.paths import home, public
from workbench.processes import Identity, reap, spawn
from workbench.queueing import Queue
from workbench.runs import Run, find_run

STOP_WAITS = tuple(float(wait) for wait in os.environ.get("MIEN_STOP_WAITS", "30,60").split(","))
"""Seconds after which a run that was asked to stop gets SIGTERM, and SIGKILL; `$MIEN_STOP_WAITS` changes them."""


def submit(
    recipe: str, preset: str = "demo", overrides: Mapping[str, Any] | None = None, parent: str | None = None
) -> Run:
    """Put a run in line.

    Raises:
        BadConfig: the recipe, the preset or a setting does not exist or is out of bounds.
        RunStateError: this workbench is public, or the run cannot be written.
    """
    _refuse_in_public()
    config = recipes.get(recipe).configure(preset, overrides)
    run = runs.create(recipe, preset, config.model_dump(mode="json"), find_run(parent) if parent else None)
    _enqueue(run)
    return run


def stop(run_id: str) -> Run:
    """Ask a run to stop. It saves a checkpoint and can be resumed; one that never started is cancelled.

    If it does not answer, the worker sends SIGTERM and then SIGKILL, after `STOP_WAITS`.

    Raises:
        RunStateError: it is not active.
    """
    _refuse_in_public()
    run = find_run(run_id)
    status = run.status
    if status.state == "queued":
        target = "interrupted" if status.attempt else "cancelled"
        state.move(run.folder, {"queued"}, target, reason="Stopped by you before its turn came.")
    elif status.state == "running":
        state.move(run.folder, {"running"}, "stopping", by="you")
    elif status.state != "stopping":
        raise RunStateError(f"Run {run.id} is {status.state}: there is nothing to stop.")
    return run


def resume(run_id: str) -> Run:
    """Put an interrupted run in line again; it goes on from its last checkpoint.

    Raises:
        RunStateError: it is not interrupted, or somebody else resumed it at the same moment.
    """
    _refuse_in_public()
    run = find_run(run_id)
    state.move(run.folder, {"interrupted"}, "queued")
    _enqueue(run)
    return run


def retry(run_id: str) -> Run:
    """A new run with the same settings that begins with a copy of the old one's checkpoints.

    Raises:
        RunStateError: the old run is still active.
    """
    _refuse_in_public()
    old = _at_rest(run_id)
    run = runs.create(old.spec.recipe, old.spec.preset, old.spec.config, parent=old, resume=True)
    _enqueue(run)
    return run


def clone(run_id: str, overrides: Mapping[str, Any] | None = None) -> Run:
    """A new run from scratch with the settings of an old one, some of them changed.

    Raises:
        BadConfig: a setting does not exist or is out of bounds.
    """
    _refuse_in_public()
    old = find_run(run_id)
    config = recipes.get(old.spec.recipe).config.build({**old.spec.config, **(overrides or {})})
    run = runs.create(old.spec.recipe, old.spec.preset, config.model_dump(mode="json"), parent=old)
    _enqueue(run)
    return run


def delete(run_id: str) -> None:
    """Remove a run and all it has made.

    Raises:
        RunStateError: it is still active, or came with Mien.
    """
    _refuse_in_public()
    run = _at_rest(run_id)
    if run.shipped:
        raise RunStateError(f"Run {run.id} came with Mien and stays; only your own runs can be removed.")
    grave = run.folder.with_name(f".deleted-{run.id}")
    run.folder.rename(grave)
    shutil.rmtree(grave, ignore_errors=True)


def worker_alive() -> bool:
    """Whether a worker serves the queue."""
    return (worker := worker_identity()) is not None and worker.alive()


def worker_identity() -> Identity | None:
    """The worker that last served this queue."""
    try:
        return Identity.read(json.loads(worker_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def ensure_worker() -> None:
    """Start a worker if none is alive. It is a process of its own, in its own session, and outlives us."""
    if worker_alive():
        return
    process = spawn("workbench.worker", log=home() / "worker.log", env={"MIEN_HOME": str(home())})
    reap(process)
    deadline = time.monotonic() + 10
    while not worker_alive() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


def worker_file() -> Path:
    """Where the worker writes who it is; touched as long as it is well."""
    return home() / "worker.json"


@cache
def queue(folder: Path) -> Queue:
    """The queue of a home."""
    return Queue(folder / "queue.db")


def _enqueue(run: Run) -> None:
    queue(home()).put(run.id)
    ensure_worker()


def _at_rest(run_id: str) -> Run:
    run = find_run(run_id)
    if run.status.active:
        raise RunStateError(f"Run {run.id} is {run.state}; stop it first.")
    return run


def _refuse_in_public() -> None:
    if public():
        raise RunStateError("This workbench is public: runs can be looked at, not started, stopped or removed.")
