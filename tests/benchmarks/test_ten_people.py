"""How soon every page answers one person, and ten who have it open at once: `make benchmark`.

The server alone is measured, in the seconds until it has sent all of a page; the browser's own work is not in it.
"""

import threading
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest

from tests.benchmarks.visitor import Visitor
from tests.pages.every_run import every_run
from tests.served import served
from workbench.app import SECTIONS
from workbench.runs import shipped_runs

PAGES = [name for entries in SECTIONS.values() for name, _, _ in entries]
EFFORT = next(run.id for run in shipped_runs() if run.spec.recipe == "effort")
QUERIES = {
    "identities": "view=Compared&run={identities}",
    "augment": "view=Comparison&run={augment}",
    "recognition": "view=Groups&run={recognition}",
    **{page: f"run={{{page}}}" for page in ("quality", "reconstruction", "arena", "forgetting", "instruct", "distil")},
    **dict.fromkeys(("train", "subspaces"), f"run={EFFORT}"),
}
"""Page -> what is shown of it, where that is a run."""
PEOPLE, MOVES, PAUSE_S = 10, 3, 1.0
"""Nobody moves faster, to look at what changed."""


@pytest.fixture(scope="module")
def workbench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a workbench that has a run for every page, and the runs' identities."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIEN_HOME", str(home))
        runs = every_run()
        with served(home, tmp_path_factory.mktemp("server") / "log.txt") as address:
            Visitor(address, "").open()  # imports what all pages need
            yield address, runs


@pytest.mark.parametrize("people", [1, PEOPLE])
@pytest.mark.parametrize("page", PAGES)
def test_people_at_a_page(benchmark: Any, page: str, people: int, workbench: tuple[str, dict[str, str]]) -> None:
    address, runs = workbench
    painted, moved = list[float](), list[float]()

    def one(number: int) -> None:
        visitor = Visitor(address, "" if page == "home" else page, QUERIES.get(page, "").format(**runs))
        painted.append(visitor.open())
        time.sleep(PAUSE_S * number / people)  # all open it at once, and then each goes their own way
        for _ in range(MOVES):
            time.sleep(PAUSE_S)
            moved.append(visitor.move())
        visitor.close()

    def everybody() -> None:
        threads = [threading.Thread(target=one, args=(number,)) for number in range(people)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    benchmark.group = f"{page}: opened, then three choices a second apart"
    benchmark.pedantic(everybody, rounds=1)
    benchmark.extra_info |= {
        "first_paint_ms": round(1000 * median(painted)), "interaction_ms": round(1000 * median(moved)),
    }  # fmt: skip
    assert len(painted) == people and len(moved) == people * MOVES
