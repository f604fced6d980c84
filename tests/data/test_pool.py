"""Work in processes: all of it comes back, it can be stopped, and nothing outlives the caller."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from engines.data.pool import each
from engines.errors import BadInput, Stopped

BEGIN = "import operator, os, time; from engines.data.pool import each;"


def never() -> bool:
    return False


@pytest.mark.parametrize("workers", [1, 2])
def test_every_result_comes_back(workers: int) -> None:
    assert sorted(each(pow, [(n, 2) for n in range(6)], workers, never)) == [0, 1, 4, 9, 16, 25]


def test_it_happens_in_other_processes() -> None:
    found = set(each(os.getpid, [()] * 6, 2, never))
    assert os.getpid() not in found and len(found) <= 2
    assert set(each(os.getpid, [()] * 6, 1, never)) == {os.getpid()}


@pytest.mark.parametrize("workers", [1, 2])
def test_what_has_begun_is_finished_and_the_rest_is_not_begun(workers: int) -> None:
    got: list[None] = []
    with pytest.raises(Stopped, match="What is finished stays"):
        got.extend(None for _ in each(time.sleep, [(0.05,)] * 400, workers, lambda: len(got) >= 2))
    assert len(got) < 400


def test_an_error_of_a_task_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        list(each(divmod, [(1, 0), (1, 1)], 2, never))


def test_a_process_that_dies_is_said() -> None:
    with pytest.raises(BadInput, match="A process ended early"):
        list(each(os._exit, [(1,), (1,)], 2, never))


def test_processes_end_with_a_caller_that_is_killed() -> None:
    code = f"{BEGIN}\nif __name__ == '__main__': list(each(time.sleep, [(60,)] * 4, 2, lambda: print(flush=True)))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        caller.stdout.readline()
        until = time.monotonic() + 30
        while len(children := psutil.Process(caller.pid).children()) < 3 and time.monotonic() < until:
            time.sleep(0.1)  # two at work, and multiprocessing's resource tracker
        caller.send_signal(signal.SIGKILL)
    assert len(children) >= 2
    _, alive = psutil.wait_procs(children, timeout=15)
    assert alive == []
