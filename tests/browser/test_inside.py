"""Attention, Embeddings and Compare as they are used, with the detectors that ship and the real inference process."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import settle
from tests.browser.test_look import whole

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]
SLOW_MS = 180_000
"""The set is rendered once, and the first question waits for torch."""

VIEWS = {
    "attention-heads": ("/attention?view=Heads", "How widely each head looks"),
    "attention-flow": ("/attention?view=Flow", "From the picture to the answer"),
    "attention-why": ("/attention?view=Why&method=gradient-weighted+rollout", "Deletion test"),
    "embeddings-map": ("/embeddings", "PCA of all"),
    "embeddings-erased": ("/embeddings?view=Remove+directions", "What a probe loses"),
    "compare-scores": ("/compare?method=grad-cam", "Where both look"),
    "compare-families": ("/compare?view=Families", "Difference by family"),
    "compare-weights": ("/compare?view=Weights", "How far the weights have turned"),
}


def opened(tab: Any, title: str) -> Any:
    tab.get_by_text(re.compile(title)).first.wait_for(timeout=SLOW_MS)
    settle(tab)
    return tab


LOOKS = [*((view, "light") for view in VIEWS), ("attention-why", "dark"), ("embeddings-map", "dark")]


@pytest.mark.parametrize(("view", "scheme"), LOOKS)
def test_each_view_is_whole_readable_and_named(view: str, scheme: str, open_tab: Tab, tmp_path: Path) -> None:
    path, title = VIEWS[view]
    whole(opened(open_tab(path, scheme=scheme), title), f"{view}-{scheme}", tmp_path)


@pytest.mark.parametrize("view", ["embeddings-map", "compare-scores"])
def test_each_page_fits_a_narrow_window(view: str, open_tab: Tab, tmp_path: Path) -> None:
    path, title = VIEWS[view]
    whole(opened(open_tab(path, width=600), title), f"{view}-narrow", tmp_path)


def drawn_around(tab: Any, share: float) -> None:
    """Draw a loop by hand around the middle of the first chart, `share` of it wide and high."""
    drag = tab.locator(".js-plotly-plot .nsewdrag").first
    drag.scroll_into_view_if_needed()
    box = drag.bounding_box()
    ends = (0.5 - share / 2, 0.5 + share / 2)
    corners = [(ends[0], ends[0]), (ends[1], ends[0]), (ends[1], ends[1]), (ends[0], ends[1]), (ends[0], ends[0])]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=5)
    tab.mouse.up()


def test_points_drawn_around_are_shown_with_their_pictures(open_tab: Tab, tmp_path: Path) -> None:
    tab = opened(open_tab("/embeddings"), "PCA of all")
    drawn_around(tab, 0.4)
    tab.locator(".st-key-chosen-grid img").first.wait_for()
    assert 2 <= tab.locator(".st-key-chosen-grid img").count() <= 24
    tab.locator("[data-testid=stDataFrame]").wait_for()
    tab.get_by_text(re.compile("Nearest to no")).wait_for()
    assert tab.locator(".st-key-neighbour-grid img").count() == 9
    whole(tab, "embeddings-chosen-light", tmp_path)


def test_points_drawn_around_are_in_the_address(open_tab: Tab, tmp_path: Path) -> None:
    tab = opened(open_tab("/compare?method=grad-cam"), "Where both look")
    drawn_around(tab, 0.3)
    tab.wait_for_url(re.compile("points="))
    tab.get_by_text("Chosen", exact=True).wait_for()
    there = tab.locator(".st-key-compare-grid").inner_text()
    fresh = opened(open_tab(tab.url[tab.url.index("/compare") :]), "Where both look")
    fresh.get_by_text("Chosen", exact=True).wait_for()
    assert fresh.locator(".st-key-compare-grid").inner_text() == there
    whole(fresh, "compare-told-light", tmp_path)


def test_pictures_are_chosen_by_their_two_scores(open_tab: Tab, tmp_path: Path) -> None:
    tab = opened(open_tab("/compare?method=grad-cam"), "Where both look")
    drawn_around(tab, 0.96)
    tab.get_by_text("Chosen", exact=True).wait_for()
    tab.get_by_text(re.compile("24 of the .* chosen are shown")).wait_for()
    whole(opened(tab, "Where both look"), "compare-chosen-light", tmp_path)


def test_a_detector_that_is_gone_is_said_until_another_is_chosen(open_tab: Tab) -> None:
    tab = opened(open_tab("/attention?detector=effort+of+run+260101-gone"), "How widely each head looks")
    assert tab.get_by_text("There is no detector 'effort of run 260101-gone'").is_visible()


def test_an_address_opens_the_same_view_in_a_fresh_browser(open_tab: Tab) -> None:
    tab = opened(open_tab("/compare"), "Where both look")
    tab.get_by_text("Families", exact=True).click()
    tab.wait_for_url(re.compile("view=Families"))
    fresh = opened(open_tab(tab.url[tab.url.index("/compare") :]), "Difference by family")
    assert fresh.get_by_text("The same pictures, judged twice").count() == 0
