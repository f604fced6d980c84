"""The Augment page in a browser: each view is whole, readable and named; and its main task, done by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCREENS, full_height, settle
from tests.browser.test_look import whole, wrong
from tests.pages.augment_answers import deda_run
from workbench.runs import Run
from workbench.widgets.augment import BY_HAND, OF_RUN

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def compared(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return deda_run()


@pytest.mark.parametrize(("view", "scheme"), [*((view, "light") for view in OF_RUN), ("Groups", "dark")])
def test_each_view_of_a_run_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Callable[..., Any], compared: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/augment?view={view}&run={compared.id}", scheme=scheme)
    whole(tab, f"augment-{view.lower()}-{scheme}", tmp_path)


def test_a_picture_is_taken_apart_and_moved(open_tab: Callable[..., Any], tmp_path: Path) -> None:
    """Every view by hand with a rendered person; then the object is made smaller, and the address remembers it."""
    for view in reversed(BY_HAND):
        tab = open_tab(f"/augment?view={view}")
        tab.wait_for_selector(".js-plotly-plot", timeout=120_000)
        whole(tab, f"augment-{view.lower()}-light", tmp_path)
    tab = open_tab("/augment?view=Layers")
    tab.wait_for_selector(".js-plotly-plot", timeout=120_000)
    slider = tab.get_by_role("slider", name="Size")
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    tab.wait_for_url("**scale=0.8**")
    settle(tab)
    assert tab.get_by_text("known mask").count() == 1


def test_it_fits_a_narrow_window(open_tab: Callable[..., Any], compared: Run, tmp_path: Path) -> None:
    tab = open_tab(f"/augment?view=Comparison&run={compared.id}", width=390)
    settle(tab)
    full_height(tab)
    tab.screenshot(path=(SCREENS or tmp_path) / "augment-narrow.png")
    assert wrong(tab, "overflow") == []
