"""kill -9, at any moment: the run is interrupted for every reader, can be resumed, and ends with the same value."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from counter.engine import value_after
from waiting import until, until_state, until_step

from workbench import jobs
from workbench.runs import Run

STEPS, SEED = 36, 9


def submit(**settings: object) -> Run:
    return jobs.submit("counter", "demo", {"steps": STEPS, "pause_s": 0.02, "seed": SEED, **settings})


def kill(identity) -> None:
    os.kill(identity.pid, signal.SIGKILL)


def resume_to_the_end(run: Run) -> None:
    jobs.resume(run.id)
    until_state(run, "done")
    assert run.result == {"value": value_after(STEPS, SEED), "steps": STEPS, "ratio": None}
    digest = run.digest()
    assert sorted(digest.metrics) == list(range(1, STEPS + 1))
    values = [digest.metrics[step]["count/value"] for step in sorted(digest.metrics)]
    assert values == [value_after(step, SEED) for step in range(1, STEPS + 1)]


@pytest.mark.parametrize("step", [1, 30])
def test_the_attempt_is_killed(home: Path, step: int) -> None:
    run = until_step(submit(), step)
    kill(run.status.process)
    until_state(run, "interrupted", seconds=5)
    assert until(lambda: "SIGKILL" in run.status.reason, 5)
    resume_to_the_end(run)


def test_it_is_killed_in_the_middle_of_a_checkpoint(home: Path) -> None:
    run = until_state(submit(fault="killed in a checkpoint", fault_at=13), "interrupted")
    checkpoints = run.folder / "checkpoints"
    assert any(path.name.startswith(".draft") for path in checkpoints.iterdir())
    assert run.last_checkpoint == 10
    resume_to_the_end(run)
    assert not any(path.name.startswith(".draft") for path in checkpoints.iterdir())


@pytest.mark.parametrize("step", [1, 20])
def test_the_worker_is_killed(home: Path, step: int) -> None:
    """The attempt notices, saves a checkpoint and ends; nothing trains unseen."""
    run = until_step(submit(), step)
    child = run.status.process
    kill(jobs.worker_identity())
    assert until(lambda: not jobs.worker_alive(), 2)
    until_state(run, "interrupted", seconds=5)
    assert until(lambda: not child.alive(), 5)
    assert (
        run.status.reason
        == f"Stopped by the end of its worker at step {run.last_checkpoint}; resume goes on from there."
    )
    resume_to_the_end(run)


def test_the_worker_is_killed_while_the_attempt_is_deaf(home: Path) -> None:
    """An attempt that does not hear ends itself after the stated waits, and gives its device free."""
    run = until_step(submit(fault="blind", steps=5000), 12)
    child = run.status.process
    kill(jobs.worker_identity())
    assert until(lambda: not child.alive(), 10)
    assert run.state == "interrupted"


def test_worker_and_attempt_are_killed_at_once(home: Path) -> None:
    run = until_step(submit(), 12)
    child = run.status.process
    kill(jobs.worker_identity())
    kill(child)
    until_state(run, "interrupted", seconds=2)
    assert "ended without a word" in run.status.reason
    resume_to_the_end(run)


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.3, 0.6])
def test_the_worker_is_killed_soon_after_the_submission(home: Path, delay_s: float) -> None:
    """Whatever was under way then (the queue, the claim, the start of the attempt), the run is not lost."""
    run = submit()
    time.sleep(delay_s)
    kill(jobs.worker_identity())
    assert until(lambda: not jobs.worker_alive(), 2)
    assert until(lambda: run.state in ("queued", "interrupted"), 10), run.status
    time.sleep(0.7)  # an attempt that was just starting has by now found its worker gone
    if run.state == "queued":
        jobs.ensure_worker()
        until_state(run, "done")
        assert run.result["value"] == value_after(STEPS, SEED)
    else:
        resume_to_the_end(run)


def test_the_worker_is_killed_while_a_run_stops(home: Path) -> None:
    run = until_step(submit(fault="deaf", steps=5000), 12)
    jobs.stop(run.id)
    kill(jobs.worker_identity())
    until_state(run, "interrupted", seconds=10)
    assert until(lambda: not run.status.process.alive(), 5)


def test_a_new_worker_waits_for_the_attempts_of_a_killed_one(home: Path) -> None:
    """They hold a device: two trainings at once on one would be two slow ones, or no memory."""
    orphan = until_step(submit(fault="deaf", steps=5000), 12)
    child = orphan.status.process
    kill(jobs.worker_identity())
    assert until(lambda: not jobs.worker_alive(), 2)
    following = submit()
    until_state(following, "running")
    assert not child.alive()
    until_state(following, "done")


def test_a_run_lost_between_the_queue_and_its_claim_gets_its_turn(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "_enqueue", lambda run: None)
        run = submit()
    jobs.ensure_worker()
    until_state(run, "done")


def test_a_half_written_last_line_does_not_stop_a_resume(home: Path) -> None:
    run = until_step(submit(), 12)
    kill(run.status.process)
    until_state(run, "interrupted")
    with (run.folder / "events.jsonl").open("ab") as file:
        file.write(b'{"seq": 99, "time": 1, "kind": "met')
    before = len(run.events()[0])
    assert before > 12
    resume_to_the_end(run)
    events = run.events()[0]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


def test_a_folder_that_is_removed_ends_its_attempt_and_frees_the_device(home: Path) -> None:
    run = until_step(submit(fault="blind", steps=5000), 3)
    child = run.status.process
    shutil.rmtree(run.folder, ignore_errors=True)
    assert until(lambda: not child.alive(), 10)
    until_state(submit(), "done")


def test_an_attempt_that_cannot_be_started_has_failed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "ensure_worker", lambda: None)
        run = submit()
    run.log_path.mkdir()  # a log that cannot be written
    jobs.ensure_worker()
    until_state(run, "failed")
    assert run.status.reason == "Its process could not be started: Is a directory."
