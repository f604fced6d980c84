"""The Quality page as it is used: each view is whole, a slider moves FreDA, and the address brings it back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_look import whole
from tests.browser.test_world import drawn
from tests.pages.quality_answers import quality_run
from workbench.runs import Run
from workbench.widgets.quality import FREDA, VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return quality_run(("quality", "plain", "random-score"))


LOOKS = [*((view, 1440, "light") for view in (*VIEWS, FREDA)), ("Pacing", 1440, "dark"), (FREDA, 390, "light")]


@pytest.mark.parametrize(("view", "width", "scheme"), LOOKS)
def test_each_view_is_whole_readable_and_named(
    view: str, width: int, scheme: str, open_tab: Tab, trained: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/quality?view={view.replace(' ', '+')}&run={trained.id}", scheme=scheme, width=width)
    drawn(tab)
    whole(tab, f"quality-{view.lower().replace(' ', '-')}-{width}-{scheme}", tmp_path)


def test_the_cut_off_changes_the_picture_and_the_address_brings_it_back(open_tab: Tab) -> None:
    tab = open_tab(f"/quality?view={FREDA}")
    drawn(tab)
    upgraded = tab.locator("[data-testid=stImage] img").nth(2)
    before = upgraded.get_attribute("src")
    slider = tab.get_by_role("slider", name="Cut-off")
    slider.focus()
    slider.press("ArrowRight")
    tab.wait_for_function(
        "before => document.querySelectorAll('[data-testid=stImage] img')[2].src !== before", arg=before
    )
    tab.wait_for_url(re.compile("cutoff=0.1"))
    other = open_tab(tab.url[tab.url.index("/quality") :])
    drawn(other)
    other.get_by_text(re.compile("cut-off 0.1 of the side")).first.wait_for()
