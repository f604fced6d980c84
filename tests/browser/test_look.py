"""What every page must look like, light and dark, wide and narrow: nothing overflows, overlaps or fades."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCREENS, full_height, settle
from workbench.runs import Run

pytestmark = pytest.mark.browser

VIEWS = {
    "home": "/",
    "train-form": "/train?preset=demo",
    "train-run": "/train?run={done}",
    "train-failed": "/train?run={failed}",
    "train-lessons": "/train?run={done}&teach=1",
    "subspaces": "/subspaces?run={done}",
    "subspaces-movement": "/subspaces?run={done}&view=Movement",
    "subspaces-inert": "/subspaces?run={done}&view=Why+k+%3D+1+hardly+moves",
    "subspaces-attention": "/subspaces?run={done}&view=Attention",
    "subspaces-features": "/subspaces?run={done}&view=Features",
    "runs": "/runs",
    "detect-upload": "/detect?from=Photograph+or+clip",
    "arena": "/arena",
    "lessons": "/lessons",
    "augment-empty": "/augment?view=Comparison&run={done}",
    "distil-empty": "/distil?run={done}",
    "forgetting-empty": "/forgetting?run={done}",
    "forgetting-logs": "/forgetting?view=Other+toolkits&run={done}",
    "quality-empty": "/quality?run={done}",
}
DARK = (
    "home",
    "train-form",
    "train-run",
    "train-failed",
    "subspaces",
    "subspaces-features",
    "detect-upload",
    "lessons",
)
LOOKS = [*((view, "light") for view in VIEWS), *((view, "dark") for view in DARK)]

CHECKS = (Path(__file__).parent / "checks.js").read_text()


def wrong(tab: Any, check: str) -> list[str]:
    """What a check of checks.js finds in a tab."""
    return list(tab.evaluate(f"() => {{ {CHECKS}\n return {check}(); }}"))


def whole(tab: Any, name: str, folder: Path) -> None:
    """Take a picture of all of a page, and see that nothing overflows, overlaps, fades or goes without a name."""
    settle(tab)
    full_height(tab)
    settle(tab)
    folder = SCREENS or folder
    folder.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=folder / f"{name}.png")
    for check in ("overflow", "overlap", "contrast", "unnamed"):
        assert wrong(tab, check) == [], check


@pytest.mark.parametrize(("view", "scheme"), LOOKS)
def test_a_page_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Callable[..., Any], runs: dict[str, Run], tmp_path: Path
) -> None:
    path = VIEWS[view].format(**{state: run.id for state, run in runs.items()})
    whole(open_tab(path, scheme=scheme), f"{view}-{scheme}", tmp_path)


@pytest.mark.parametrize("view", ["home", "train-form", "train-run", "subspaces", "runs"])
def test_a_page_fits_a_narrow_window(
    view: str, open_tab: Callable[..., Any], runs: dict[str, Run], tmp_path: Path
) -> None:
    tab = open_tab(VIEWS[view].format(**{state: run.id for state, run in runs.items()}), width=600)
    settle(tab)
    full_height(tab)
    tab.screenshot(path=(SCREENS or tmp_path) / f"{view}-narrow.png")
    assert wrong(tab, "overflow") == []
    assert wrong(tab, "overlap") == []


def test_nothing_is_fetched_from_elsewhere(open_tab: Callable[..., Any], address: str, runs: dict[str, Run]) -> None:
    tab = open_tab("/")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    for path in ("/", f"/train?run={runs['done'].id}", "/subspaces", "/runs", "/detect"):
        tab.goto(address + path)
        tab.wait_for_selector("h1")
        settle(tab)
    foreign = [url for url in asked if not url.startswith((address, address.replace("http", "ws"), "data:", "blob:"))]
    assert foreign == []
