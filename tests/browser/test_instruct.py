"""The Instruct page as it is seen: each view whole, light and dark and narrow, and the address brings it back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCREENS, full_height, settle
from tests.browser.test_look import whole, wrong
from tests.pages.instruct_runs import instruct_run
from workbench.runs import Run
from workbench.widgets.instruct import ROUNDING, VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def taught(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return instruct_run()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", [*VIEWS, ROUNDING])
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Tab, taught: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/instruct?view={view}&run={taught.id}", scheme=scheme, width=1440)
    whole(tab, f"instruct-{view.lower()}-{scheme}", tmp_path)


@pytest.mark.parametrize("view", [*VIEWS, ROUNDING])
def test_it_fits_a_narrow_window(view: str, open_tab: Tab, taught: Run, tmp_path: Path) -> None:
    tab = open_tab(f"/instruct?view={view}&run={taught.id}", width=600)
    settle(tab)
    full_height(tab)
    tab.screenshot(path=(SCREENS or tmp_path) / f"instruct-{view.lower()}-narrow.png")
    assert wrong(tab, "overflow") == [] and wrong(tab, "overlap") == []


def test_the_view_is_in_the_address(open_tab: Tab, taught: Run) -> None:
    tab = open_tab(f"/instruct?run={taught.id}")
    settle(tab)
    tab.get_by_text("Balance", exact=True).click()
    tab.wait_for_url(re.compile("view=Balance"))
    tab.get_by_text("Old weights kept, by layer and step").wait_for()
