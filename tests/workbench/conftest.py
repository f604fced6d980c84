"""A home of its own for each test, the counter recipe in reach of every process, and no worker left behind."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines import recipes
from workbench import jobs
from workbench.processes import KILL, TERM

PLUGIN = Path(__file__).parent / "plugin"
sys.path.insert(0, str(PLUGIN))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MIEN_STOP_WAITS", "2,4")
    recipes.modules.cache_clear()
    yield tmp_path / "home"
    if worker := jobs.worker_identity():
        worker.signal(TERM)
        until(lambda: not worker.alive(), 20) or worker.signal(KILL)
    recipes.modules.cache_clear()


@pytest.fixture
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose runs stay queued."""
    monkeypatch.setattr(jobs, "ensure_worker", lambda: None)
    return home


def until(condition: Callable[[], object], seconds: float = 30) -> bool:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False
