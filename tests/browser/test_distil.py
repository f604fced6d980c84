"""The Distil page in a browser: each view is whole, readable and named, and a race is started from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import settle
from tests.browser.test_look import whole, wrong
from tests.pages.distil_runs import distil_run
from workbench.runs import Run
from workbench.widgets.distil import VIEWS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def race(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return distil_run()


@pytest.mark.parametrize(("view", "scheme"), [*((view, "light") for view in VIEWS), ("Race", "dark"), ("CKA", "dark")])
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Callable[..., Any], race: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/distil?view={view.replace(' ', '+')}&run={race.id}", scheme=scheme)
    whole(tab, f"distil-{view.lower().replace(' ', '-')}-{scheme}", tmp_path)


def test_the_page_fits_a_telephone(open_tab: Callable[..., Any], race: Run, tmp_path: Path) -> None:
    tab = open_tab(f"/distil?view=Methods&run={race.id}", width=390)
    settle(tab)
    assert wrong(tab, "overflow") == []


def test_the_temperature_moves_the_matrix(open_tab: Callable[..., Any], race: Run) -> None:
    tab = open_tab(f"/distil?view=InfoNCE&run={race.id}")
    settle(tab)
    diagonal = "document.querySelector('.js-plotly-plot')?._fullData?.[0]?.z[0][0]"  # absent while it is redrawn
    before = tab.evaluate(diagonal)
    slider = tab.get_by_role("slider").first
    slider.focus()
    for _ in range(5):
        slider.press("ArrowRight")
    tab.wait_for_function(f"before => {diagonal} < before", arg=before)  # warmer is flatter
