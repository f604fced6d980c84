"""Runs from submission to their end, in real processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from counter.engine import value_after
from waiting import until, until_state, until_step

from engines.errors import RunStateError
from workbench import jobs
from workbench.paths import home as home_folder
from workbench.queueing import Queue
from workbench.runs import Run, all_runs
from workbench.worker import devices


def slow(steps: int = 60, **settings: object) -> Run:
    return jobs.submit("counter", "demo", {"steps": steps, "pause_s": 0.02, "seed": 5, **settings})


def test_a_run_from_its_submission_to_its_result(home: Path) -> None:
    run = until_state(jobs.submit("counter", "demo", {"seed": 3}), "done")
    assert run.result == {"value": value_after(20, 3), "steps": 20, "ratio": None}
    assert run.model is not None
    assert (run.model / "value.json").read_text() == str(value_after(20, 3))
    digest = run.digest()
    assert sorted(digest.metrics) == list(range(1, 21))
    assert digest.tables["values"] == [{"step": 20, "value": value_after(20, 3), "share": None}]
    assert digest.artifacts["model"] == run.model
    assert digest.phase is not None
    assert digest.phase.progress == 1
    events = run.events()[0]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["state"] for event in events if event["kind"] == "state"] == ["running", "done"]
    assert [entry["state"] for entry in run.status.history] == ["queued", "running", "done"]
    assert run.status.device == devices()[0]


def test_stopped_and_resumed_it_ends_with_the_same_value(home: Path) -> None:
    run = until_step(slow(), 7)
    assert jobs.stop(run.id).state in ("stopping", "interrupted")
    until_state(run, "interrupted")
    step = run.last_checkpoint
    assert run.status.reason == f"Stopped by you at step {step}; resume goes on from there."
    jobs.resume(run.id)
    until_state(run, "done")
    assert run.result["value"] == value_after(60, 5)
    assert run.digest().log == [f"resumed after step {step}"]
    assert sorted(run.digest().metrics) == list(range(1, 61))
    assert run.status.attempt == 2


@pytest.mark.parametrize(("fault", "signal_name"), [("deaf", "after it did not answer in time"), ("blind", "SIGKILL")])
def test_an_engine_that_does_not_answer_is_ended(home: Path, fault: str, signal_name: str) -> None:
    run = until_step(slow(steps=2000, fault=fault), 12)
    asked = time.monotonic()
    jobs.stop(run.id)
    assert run.state == "stopping"
    until_state(run, "interrupted")
    assert time.monotonic() - asked > (1.5 if fault == "deaf" else 3) - 0.3
    assert until(lambda: signal_name in run.status.reason, 5)  # who ended it says so a moment after
    assert run.status.reason.startswith("Stopped by you")
    assert run.last_checkpoint >= 10  # what it had saved before is still there


def test_a_signal_from_outside_saves_first(home: Path) -> None:
    run = until_step(slow(), 3)
    run.status.process.signal("SIGTERM")
    until_state(run, "interrupted")
    assert run.status.reason.startswith("Stopped by SIGTERM at step ")


def test_a_run_that_waits_is_cancelled_for_good(no_worker: Path) -> None:
    run = jobs.submit("counter")
    jobs.stop(run.id)
    assert run.state == "cancelled"
    for act in (jobs.stop, jobs.resume):
        with pytest.raises(RunStateError, match="cancelled"):
            act(run.id)


def test_a_cancelled_run_is_skipped_when_its_turn_comes(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "ensure_worker", lambda: None)
        cancelled, other = jobs.submit("counter"), jobs.submit("counter")
        jobs.stop(cancelled.id)
    jobs.ensure_worker()
    until_state(other, "done")
    assert cancelled.state == "cancelled"
    assert not (cancelled.folder / "events.jsonl").exists()


def test_a_resumed_run_that_waits_goes_back_to_interrupted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = until_step(slow(), 3)
    jobs.stop(run.id)
    until_state(run, "interrupted")
    monkeypatch.setattr(jobs, "ensure_worker", lambda: None)
    jobs.worker_identity().signal("SIGTERM")
    assert until(lambda: not jobs.worker_alive())
    jobs.resume(run.id)
    jobs.stop(run.id)
    assert run.state == "interrupted"


def test_one_run_at_a_time_on_one_device_in_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    runs = [slow(steps=10) for _ in range(3)]
    seen = set()
    while any(run.status.active for run in runs):
        seen.add(tuple(run.state for run in runs))
    assert all(states.count("running") <= 1 for states in seen)
    ends = [run.status.since for run in runs]
    assert ends == sorted(ends)


def test_one_slot_for_each_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0, 2")
    assert devices() == ["cuda:0", "cuda:2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert devices() == ["cpu"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("bug", "ZeroDivisionError: a defect"),
        ("input", "The folder holds no pictures; choose another."),
        ("memory", "Memory ran out."),
        ("segfault", "Its process crashed (SIGSEGV)"),
    ],
)
def test_a_failure_says_why_and_is_final(home: Path, fault: str, reason: str) -> None:
    run = until_state(jobs.submit("counter", "demo", {"fault": fault}), "failed")
    status = run.status
    assert status.reason.startswith(reason)
    if fault == "bug":
        assert "Traceback" in status.detail
        assert len(status.detail.splitlines()) <= 40
    with pytest.raises(RunStateError, match="final"):
        jobs.resume(run.id)
    assert run.status == status


@pytest.mark.parametrize("fault", ["full disk in a checkpoint", "wrapped full disk"])
def test_a_full_disk_fails_with_a_sentence_and_the_checkpoints_go_on_in_a_retry(home: Path, fault: str) -> None:
    run = until_state(jobs.submit("counter", "demo", {"fault": fault, "fault_at": 13, "seed": 1}), "failed")
    assert "is full; its checkpoints up to step 10 are kept" in run.status.reason
    assert f"mien retry {run.id}" in run.status.reason
    assert [path.name for path in (run.folder / "checkpoints").iterdir()] == ["step-000000005", "step-000000010"]
    again = until_state(jobs.retry(run.id), "done")
    assert again.spec.parent == run.id
    assert again.spec.hash == run.spec.hash
    assert again.digest().log == ["resumed after step 10"]
    assert again.result["value"] == value_after(20, 1)
    assert run.state == "failed"


def test_a_clone_starts_afresh_with_changes(home: Path) -> None:
    first = until_state(jobs.submit("counter", "tiny", {"seed": 2}), "done")
    clone = until_state(jobs.clone(first.id, {"seed": 4}), "done")
    assert clone.spec.config == {**first.spec.config, "seed": 4}
    assert clone.spec.parent == first.id
    assert clone.result["value"] == value_after(5, 4)
    assert clone.digest().log == []


def test_deleting_removes_everything_but_never_a_run_at_work(home: Path) -> None:
    run = until_step(slow(), 2)
    for act in (jobs.delete, jobs.retry):
        with pytest.raises(RunStateError, match="stop it first"):
            act(run.id)
    jobs.stop(run.id)
    until_state(run, "interrupted")
    jobs.delete(run.id)
    assert list((home_folder() / "runs").iterdir()) == []
    with pytest.raises(RunStateError, match="no run"):
        jobs.delete(run.id)


@pytest.mark.parametrize("act", [lambda: jobs.submit("counter"), lambda: jobs.stop("x"), lambda: jobs.delete("x")])
def test_a_public_workbench_starts_and_removes_nothing(no_worker: Path, monkeypatch: pytest.MonkeyPatch, act) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", "1")
    with pytest.raises(RunStateError, match="public"):
        act()
    assert all_runs() == []


def test_of_many_that_resume_the_same_run_at_once_exactly_one_wins(no_worker: Path) -> None:
    run = jobs.submit("counter")
    jobs.state.move(run.folder, {"queued"}, "running", attempt=1)  # by nobody: interrupted
    assert run.state == "interrupted"
    script = (
        "import pathlib, sys, time; from workbench import jobs; from engines.errors import RunStateError\n"
        "jobs.ensure_worker = lambda: None\n"
        "pathlib.Path(sys.argv[2], sys.argv[3]).touch()\n"
        "while not pathlib.Path(sys.argv[2], 'go').exists(): pass\n"
        "try: jobs.resume(sys.argv[1])\n"
        "except RunStateError as error: sys.exit(str(error))\n"
    )
    meeting = no_worker / "meeting"
    meeting.mkdir()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, run.id, str(meeting), str(n)], stderr=subprocess.PIPE, text=True
        )
        for n in range(5)
    ]
    assert until(lambda: len(list(meeting.iterdir())) == 5)
    (meeting / "go").touch()
    errors = [process.communicate(timeout=30)[1] for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1, 1, 1, 1]
    assert sum("is queued: it is already waiting for its turn." in error for error in errors) == 4
    assert jobs.queue(home_folder()).waiting().count(run.id) == 2  # submitted, resumed


def test_the_worker_leaves_when_idle_and_comes_back(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_WORKER_IDLE_S", "0")
    for _ in range(2):
        until_state(jobs.submit("counter", "tiny"), "done")
        assert until(lambda: not jobs.worker_alive(), 15)
    assert not jobs.worker_file().exists()


def test_one_worker_a_home(home: Path) -> None:
    starters = [
        subprocess.Popen([sys.executable, "-c", "from workbench.jobs import ensure_worker; ensure_worker()"])
        for _ in range(4)
    ]
    assert [starter.wait(30) for starter in starters] == [0] * 4
    worker = jobs.worker_identity()
    time.sleep(4)  # longer than a second one waits for the lock
    assert jobs.worker_identity() == worker
    assert worker.alive()
    log = (home / "worker.log").read_text()
    assert log.count("Huey consumer started") == 1


def test_a_worker_that_is_ended_stops_its_run_and_leaves(home: Path) -> None:
    run = until_step(slow(steps=500), 5)
    worker = jobs.worker_identity()
    worker.signal("SIGTERM")
    assert until(lambda: not worker.alive(), 10)
    assert run.status.reason.startswith("Stopped by its worker, which was ended at step ")
    assert run.state == "interrupted"
    assert not jobs.worker_file().exists()


def test_a_run_outlives_whoever_submitted_it(home: Path) -> None:
    script = "import time; from workbench import jobs\n"
    script += "jobs.submit('counter', 'demo', {'steps': 40, 'pause_s': 0.03}); time.sleep(60)"
    submitter = subprocess.Popen([sys.executable, "-c", script], start_new_session=True)
    assert until(lambda: all_runs() and all_runs()[0].state == "running")
    os.killpg(submitter.pid, signal.SIGKILL)
    submitter.wait()
    until_state(all_runs()[0], "done")


def test_the_queue_holds_no_code(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue.db")
    queue.put("a")
    queue.put("b")
    assert queue.waiting() == ["a", "b"]
    pickled = f"cos\nsystem\n(S'touch {tmp_path}/harm'\ntR.".encode()
    queue._huey.storage.enqueue(pickled)
    assert queue.waiting() == ["a", "b"]
    assert not (tmp_path / "harm").exists()
