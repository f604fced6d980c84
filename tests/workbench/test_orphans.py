"""A new worker waits for the children of a worker that was killed, and leaves alone who is no child any more."""

import threading
import time
from pathlib import Path

import pytest

from workbench import jobs, state, worker
from workbench.processes import Identity
from workbench.runs import Run


@pytest.fixture
def run(no_worker: Path) -> Run:
    made = jobs.submit("counter", "demo")
    state.move(made.folder, {"queued"}, "running", process=Identity.of(), device="cpu", attempt=1)
    return made


@pytest.fixture
def signals(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    sent = list[str]()
    monkeypatch.setattr(Identity, "signal", lambda identity, name: sent.append(name))
    monkeypatch.setattr(jobs, "STOP_WAITS", (0.6, 0.9))
    return sent


def test_a_run_that_concludes_while_it_is_waited_for_is_left_alone(run: Run, signals: list[str]) -> None:
    waiting = threading.Thread(target=worker._await_orphans)
    waiting.start()
    time.sleep(0.2)
    state.conclude(run.folder, "done")
    waiting.join(5)
    assert not waiting.is_alive() and signals == [], "its process, which lives on, may be another program's"
    assert run.state == "done"


def test_one_that_goes_on_is_told_to_end_and_then_ended(run: Run, signals: list[str]) -> None:
    waiting = threading.Thread(target=worker._await_orphans)
    waiting.start()
    time.sleep(1.4)
    assert signals == ["SIGTERM", "SIGKILL"]
    state.conclude(run.folder, "interrupted", reason="the test is over")
    waiting.join(5)
    assert not waiting.is_alive()
