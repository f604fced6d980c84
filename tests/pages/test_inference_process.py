"""The process that answers: order, errors, cancelling, crashing, and never a word on its pipe but ours."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.errors import BadInput, MienError
from workbench.inference import Busy, Crashed, Worker


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A worker whose child knows the questions below instead of the real ones."""
    (tmp_path / "sitecustomize.py").write_text(QUESTIONS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    one = Worker()
    yield one
    one.close()


QUESTIONS = """
import sys, types
from engines.errors import BadInput

def echo(progress, value):
    print("a library that prints")
    progress(0.5, "half way")
    return value

def slow(progress, seconds):
    import time
    time.sleep(seconds)

def refuse(progress):
    raise BadInput("The picture is empty.")

def defect(progress):
    return {}["key"]

def pid(progress):
    import os
    return os.getpid()

def hungry(progress):
    return len(bytearray(20 * 2**30))

module = types.ModuleType("workbench.questions")
module.QUESTIONS = {f.__name__: f for f in (echo, slow, refuse, defect, pid, hungry)}
sys.modules["workbench.questions"] = module
import workbench
workbench.questions = module
"""


def test_questions_are_answered_with_their_progress(worker: Worker) -> None:
    ticket = worker.ask("echo", value={"a": [1, 2]})
    assert ticket.result(30) == {"a": [1, 2]}
    assert (ticket.state, ticket.progress, ticket.note) == ("done", 0.5, "half way")
    assert ticket.arguments == {}, "what was sent is not kept"


def test_errors_for_people_come_back_as_they_are(worker: Worker) -> None:
    with pytest.raises(MienError, match="The picture is empty"):
        worker.ask("refuse").result(30)
    with pytest.raises(RuntimeError, match="KeyError"):
        worker.ask("defect").result(30)
    assert worker.ask("echo", value=1).result(30) == 1, "a defect does not end the process"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the address space")
def test_memory_is_bounded_and_the_process_lives_on(worker: Worker) -> None:
    first = worker.ask("pid").result(30)
    with pytest.raises(BadInput, match="more memory"):
        worker.ask("hungry").result(30)
    assert worker.ask("pid").result(30) == first


def test_a_question_that_runs_can_be_cancelled_and_the_next_is_answered(worker: Worker) -> None:
    first = worker.ask("pid").result(30)
    running, waiting = worker.ask("slow", seconds=60), worker.ask("pid")
    while running.state != "running":
        time.sleep(0.01)
    started = time.monotonic()
    running.cancel()
    assert running.state == "cancelled"
    assert waiting.result(30) != first, "another process answers"
    assert time.monotonic() - started < 20
    assert not _alive(first)


def test_a_question_that_waits_can_be_cancelled(worker: Worker) -> None:
    running, waiting = worker.ask("slow", seconds=0.5), worker.ask("pid")
    waiting.cancel()
    assert running.result(30) is None
    assert waiting.state == "cancelled"


def test_a_process_that_is_killed_is_said_and_replaced(worker: Worker) -> None:
    victim = worker.ask("pid").result(30)
    ticket = worker.ask("slow", seconds=60)
    while ticket.state != "running":
        time.sleep(0.01)
    os.kill(victim, signal.SIGKILL)
    with pytest.raises(Crashed, match="ended without an answer"):
        ticket.result(30)
    assert worker.ask("pid").result(30) != victim


def test_answers_for_everybody_are_kept_and_others_are_not(worker: Worker) -> None:
    first = worker.ask("echo", keep=True, value=1)
    assert first.result(30) == 1
    assert worker.ask("echo", keep=True, value=1) is first
    assert worker.ask("echo", keep=True, value=2) is not first
    assert worker.ask("echo", value=1) is not first
    failed = worker.ask("refuse", keep=True)
    failed.wait(30)
    assert worker.ask("refuse", keep=True) is not failed, "a failure is not remembered"


def test_a_question_whose_page_was_closed_is_dropped(worker: Worker) -> None:
    worker.ask("slow", seconds=0.5)
    left, stayed = worker.ask("pid"), worker.ask("pid")
    left.patience_s = 0.0
    assert stayed.result(30)
    assert left.state == "cancelled"


def test_the_queue_is_bounded(worker: Worker) -> None:
    worker.ask("slow", seconds=5)
    with pytest.raises(Busy, match="waiting already"):
        for _ in range(50):
            worker.ask("pid")


def test_closing_ends_what_waits(worker: Worker) -> None:
    ticket = worker.ask("slow", seconds=60)
    worker.close()
    assert ticket.state == "cancelled"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
