"""One attempt at one run: `python -m workbench.child RUN_FOLDER ATTEMPT`, started and watched by the worker.

It builds the recipe and its config from `spec.json`, runs it with a journal that writes into the folder, and says
how it ended. Resuming needs nothing here: the engine itself looks at the journal's newest checkpoint.
"""

import contextlib
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from engines import recipes
from engines.errors import MienError, RunStateError, Stopped
from engines.training.recipe import Outcome
from workbench import jobs, state
from workbench.files import FULL, to_json, write_atomic
from workbench.journal import FolderJournal
from workbench.processes import KILL, Identity
from workbench.runs import Run
from workbench.state import Status


@dataclass(frozen=True)
class Ending:
    """How an attempt ended: the state, a sentence for people, and the end of the log where it helps."""

    state: str
    reason: str = ""
    detail: str = ""


def main(folder: Path, number: int) -> int:
    """Run the attempt of that number, which the worker has claimed; 0 when done, 1 otherwise."""
    run = Run.open(folder)
    worker = run.status.worker
    if worker is None or run.status.attempt != number:  # its worker died, and the run went on without this attempt
        return 1
    state.amend(folder, process=Identity.of())
    if hasattr(os, "nice"):
        os.nice(5)  # pages answer first
    journal = FolderJournal(folder)
    signal.signal(signal.SIGTERM, lambda number, frame: _terminated(journal, number, frame))
    threading.Thread(target=_outlive_no_worker, args=(worker,), daemon=True, name="worker-watch").start()
    ending = attempt(run, journal)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # from here on it only says how it ended
    with contextlib.suppress(OSError):  # the state comes first, even when the disk is full
        journal.state(ending.state, ending.reason)
        journal.close()
    state.conclude(folder, ending.state, reason=ending.reason, detail=ending.detail)
    return int(ending.state != "done")


def attempt(run: Run, journal: FolderJournal) -> Ending:
    """Run the recipe to its end, whatever that is."""
    try:
        journal.state("running")
        recipe = recipes.get(run.spec.recipe)
        outcome = recipe(recipe.config.build(run.spec.config), journal)
        _keep(run, journal, outcome)
    except BaseException as error:  # whatever it is, the run must say so
        return ending_of(error, run, journal)
    return Ending("done")


def ending_of(error: BaseException, run: Run, journal: FolderJournal) -> Ending:
    """What an exception means for the run."""
    if isinstance(error, Stopped | SystemExit | KeyboardInterrupt):
        return Ending("interrupted", _stopped(run, journal, isinstance(error, Stopped)))
    with contextlib.suppress(OSError):  # log.txt may be on the disk that is full
        traceback.print_exception(error)
    if _disk_is_full(error):
        return Ending("failed", _full(run))
    if isinstance(error, MienError):
        return Ending("failed", str(error))
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return Ending("failed", "Memory ran out. A smaller batch, image or model needs less.", run.log_tail())
    first_line = str(error).partition("\n")[0]
    return Ending("failed", f"{type(error).__name__}: {first_line}", run.log_tail())


def _keep(run: Run, journal: FolderJournal, outcome: Outcome) -> None:
    """Save what the recipe returned; `result.json` comes last, so that where it stands everything stands."""
    model, draft = run.folder / "artifacts" / "model", run.folder / "artifacts" / ".model"
    for folder in (model, draft):  # an earlier attempt may have been killed right here
        shutil.rmtree(folder, ignore_errors=True)
    draft.mkdir(parents=True)
    outcome.save(draft)
    draft.rename(model)
    journal.artifact("model", model)
    write_atomic(run.folder / "result.json", to_json(outcome.summary(), indent=1))


def _stopped(run: Run, journal: FolderJournal, answered: bool) -> str:
    step = run.last_checkpoint
    by = journal.asked_by or Status.written(run.folder).by or "a signal"
    if not answered:
        by += ", after it did not answer in time,"
    if step is None:
        return f"Stopped by {by} before its first checkpoint; resume begins it again."
    return f"Stopped by {by} at step {step}; resume goes on from there."


def _full(run: Run) -> str:
    step = run.last_checkpoint
    kept = "it had no checkpoint yet" if step is None else f"its checkpoints up to step {step} are kept"
    return (
        f"The disk that holds {run.folder.parent} is full; {kept}. "
        f"Free some space, then `mien retry {run.id}` goes on from there."
    )


def _disk_is_full(error: BaseException | None) -> bool:
    while error is not None:
        # Libraries written in Rust and C++ wrap the system's error in one of their own and keep only its words.
        if getattr(error, "errno", None) in FULL or "No space left on device" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _terminated(journal: FolderJournal, number: int, frame: FrameType | None) -> None:
    """The first SIGTERM asks for a checkpoint; where that was asked for already, it ends the attempt."""
    if journal.asked_by or Status.written(journal.folder).state == "stopping":
        raise SystemExit(128 + number)
    journal.asked_by = "SIGTERM"


def _outlive_no_worker(worker: Identity) -> None:
    """Once the worker is gone the journal asks the engine to stop; this ends an engine that does not hear."""
    while worker.alive():
        time.sleep(1)
    term_s, kill_s = jobs.STOP_WAITS
    time.sleep(term_s)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(kill_s - term_s)
    Identity.of().signal(KILL)


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
    except RunStateError as error:
        sys.exit(str(error))
