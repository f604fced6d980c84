"""A home of its own for each test, the counter recipe in reach of every process, and no worker left behind."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from waiting import until

from engines import recipes
from workbench import jobs
from workbench.processes import KILL, TERM
from workbench.runs import all_runs

PLUGIN = Path(__file__).parent / "plugin"
sys.path.insert(0, str(PLUGIN))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(PLUGIN), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("MIEN_STOP_WAITS", "1.5,3")
    recipes.modules.cache_clear()
    yield tmp_path / "home"
    end_processes()
    recipes.modules.cache_clear()


@pytest.fixture
def no_worker(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose runs stay queued."""
    monkeypatch.setattr(jobs, "ensure_worker", lambda: None)
    return home


def end_processes() -> None:
    left = [jobs.worker_identity(), *(run.status.process for run in all_runs())]
    for process in filter(None, left):
        if process.pid == psutil.Process().pid:
            continue
        process.signal(TERM)
        if not until(lambda process=process: not process.alive(), 8):
            process.signal(KILL)
