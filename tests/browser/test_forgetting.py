"""The Forgetting page as it is used: each view is whole, sliders answer anew, and the address brings it back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import SCREENS, full_height, settle
from tests.browser.test_look import whole, wrong
from tests.browser.test_world import drawn
from tests.pages.forgetting_runs import forgetting_run
from workbench.runs import Run
from workbench.widgets.forgetting import LOGS, VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def learned(home: Path) -> Run:
    """A run of the recipe that has ended, with two seeds."""
    return forgetting_run(seeds=2)


def address_of(view: str, run: Run) -> str:
    return f"/forgetting?view={view.replace(' ', '+')}&run={run.id}"


@pytest.mark.parametrize(("view", "scheme"), [*((view, "light") for view in (*VIEWS, LOGS)), ("Matrix", "dark")])
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Tab, learned: Run, tmp_path: Path
) -> None:
    tab = open_tab(address_of(view, learned), scheme=scheme, width=1440)
    drawn(tab)
    whole(tab, f"forgetting-{view.lower().replace(' ', '-')}-{scheme}", tmp_path)


def test_it_fits_a_narrow_window(open_tab: Tab, learned: Run, tmp_path: Path) -> None:
    tab = open_tab(address_of("Curves", learned), width=390)
    drawn(tab)
    settle(tab)
    full_height(tab)
    tab.screenshot(path=(SCREENS or tmp_path) / "forgetting-narrow.png")
    assert wrong(tab, "overflow") == [] and wrong(tab, "overlap") == []


def test_a_slider_answers_anew_and_the_address_brings_it_back(open_tab: Tab, learned: Run) -> None:
    tab = open_tab(address_of("What if", learned))
    drawn(tab)
    final = tab.locator("[data-testid=stMetricValue]").first
    before = final.inner_text()
    tab.get_by_text("cosine", exact=True).click()
    tab.wait_for_function(
        "before => document.querySelector('[data-testid=stMetricValue]').innerText !== before", arg=before
    )
    tab.wait_for_url(re.compile("head=cosine"))
    after = final.inner_text()
    other = open_tab(tab.url[tab.url.index("/forgetting") :])
    drawn(other)
    assert other.locator("[data-testid=stMetricValue]").first.inner_text() == after
