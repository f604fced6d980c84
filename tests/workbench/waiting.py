"""Waiting for something to become true, with an end."""

import time
from collections.abc import Callable

from workbench.runs import Run


def until(condition: Callable[[], object], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def until_state(run: Run, *states: str, seconds: float = 30) -> Run:
    assert until(lambda: run.state in states, seconds), f"{run.status}\n{run.log_tail()}"
    return run


def until_step(run: Run, step: int, seconds: float = 30) -> Run:
    assert until(lambda: max(run.digest().metrics, default=0) >= step, seconds), f"{run.status}\n{run.log_tail()}"
    return run
