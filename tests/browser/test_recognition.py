"""The Recognition page as it is used: each view is whole, and a dragged threshold moves the bars."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCREENS, full_height, settle
from tests.browser.test_look import whole, wrong
from tests.pages.recognition_runs import frcsyn_run
from workbench.runs import Run
from workbench.widgets.recognition import VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return frcsyn_run()


@pytest.mark.parametrize(("view", "scheme"), [*((view, "light") for view in VIEWS), ("Groups", "dark")])
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Tab, trained: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/recognition?view={view}&run={trained.id}", scheme=scheme)
    whole(tab, f"recognition-{view.lower()}-{scheme}", tmp_path)


def test_it_fits_a_telephone(open_tab: Tab, trained: Run, tmp_path: Path) -> None:
    tab = open_tab(f"/recognition?view=Groups&run={trained.id}", width=390)
    settle(tab)
    full_height(tab)
    tab.screenshot(path=(SCREENS or tmp_path) / "recognition-narrow.png")
    assert wrong(tab, "overflow") == []


def test_a_dragged_threshold_moves_the_bars(open_tab: Tab, trained: Run) -> None:
    tab = open_tab(f"/recognition?view=Groups&threshold=set+by+hand&run={trained.id}")
    settle(tab)
    bars = "() => [...document.querySelectorAll('.bars path')].map(p => p.getAttribute('d')).join()"
    before = tab.evaluate(bars)
    slider = tab.get_by_role("slider", name="Cosine from which two faces match")
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    tab.wait_for_function(f"before => ({bars})() !== before", arg=before)
    tab.wait_for_url("**cosine=0.4**")
