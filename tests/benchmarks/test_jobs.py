"""What runs cost beside training, as shares of what they stand beside."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from workbench import runs, state
from workbench.journal import FolderJournal
from workbench.processes import Identity

FAST_STEP_S = 0.021
"""The fastest step there is here: inference of a small tower on a batch of 16, 64 px, on 2 cores."""

INTERACTION_S = 0.3


def seconds(act: Callable[[], object], times: int = 5) -> float:
    """The median of a few."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        taken.append(time.perf_counter() - begun)
    return sorted(taken)[times // 2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    state.create(tmp_path)
    me = Identity.of()
    state.move(tmp_path, {"queued"}, "running", process=me, worker=me)
    return tmp_path


def test_a_step_of_the_journal_beside_the_fastest_step(benchmark: BenchmarkFixture, folder: Path) -> None:
    """Six metrics, and the question whether to stop: less than 2 % of the step they belong to."""
    journal = FolderJournal(folder)
    values = {f"loss/{name}": 0.123456789 for name in "abcdef"}

    def steps(count: int = 2000) -> None:
        for step in range(count):
            journal.metric(step, **values)
            journal.stopping()

    benchmark(steps)
    assert seconds(steps) / 2000 < 0.02 * FAST_STEP_S


def test_a_poll_reads_only_what_is_new(benchmark: BenchmarkFixture, folder: Path) -> None:
    journal = FolderJournal(folder)
    for step in range(50_000):
        journal.metric(step, loss=1 / (step + 1), accuracy=0.5)
    journal.flush()
    spec = runs.Spec("x", "counter", "demo", {}, 0.0, None, "", "")
    run = runs.Run(folder, spec)
    begun = time.perf_counter()
    run.digest()
    whole = time.perf_counter() - begun

    def poll() -> None:
        journal.metric(0, loss=0.5)
        journal.flush()
        run.digest()

    benchmark(poll)
    assert seconds(poll, 21) < whole / 50


def test_a_list_of_two_hundred_runs(
    benchmark: BenchmarkFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    for _ in range(200):
        runs.create("counter", "demo", {"steps": 1})

    def listed() -> list[str]:
        return [run.state for run in runs.all_runs()]

    assert benchmark(listed) == ["queued"] * 200
    assert seconds(listed) < INTERACTION_S


def test_asking_where_a_run_stands(benchmark: BenchmarkFixture, folder: Path) -> None:
    """Once a second for each page that is open: a hundred of them take less than 5 % of one core."""
    benchmark(state.Status.read, folder)
    assert seconds(lambda: state.Status.read(folder), 51) < 0.05 / 100
