"""The Lessons page as a class uses it: a step opens its figure under its question, the next follows, and the sheet."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import settle
from tests.browser.test_look import whole
from workbench import courses

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]
COURSE = courses.courses()["effort"]


def at(tab: Any, number: int) -> Any:
    """Wait for a step of the course; the bar that stands above its figure."""
    tab.wait_for_url(re.compile(rf"lesson={COURSE.name}\.{number}"))
    bar = tab.locator(".st-key-lesson-bar")
    bar.get_by_text(f"step {number} of {len(COURSE.steps)}").wait_for()
    settle(tab)
    return bar


def test_a_class_goes_from_step_to_step(open_tab: Tab, tmp_path: Path) -> None:
    tab = open_tab("/lessons")
    tab.get_by_role("link", name=f"1. {COURSE.steps[0].title}").click()
    bar = at(tab, 1)
    chart = tab.locator("[data-testid=stPlotlyChart]").first
    chart.wait_for()
    assert bar.bounding_box()["y"] < chart.bounding_box()["y"]
    answer = bar.get_by_text(COURSE.steps[0].answer)
    assert not answer.is_visible()
    bar.get_by_text("Answer to step 1", exact=True).click()
    answer.wait_for()
    whole(tab, "lessons-step-light", tmp_path)
    bar.get_by_role("link", name=re.compile("Next step")).click()
    assert at(tab, 2).get_by_text(COURSE.steps[1].question).is_visible()
    assert not bar.get_by_text(COURSE.steps[1].answer).is_visible()  # it waits to be asked for, again
    tab.locator("[data-testid=stPlotlyChart]").first.wait_for()
    bar.get_by_role("link", name="All lessons").click()
    tab.wait_for_url(re.compile("/lessons"))
    bar.wait_for(state="detached")


def test_a_step_fits_a_narrow_window(open_tab: Tab, tmp_path: Path) -> None:
    tab = open_tab("/subspaces?view=Movement&lesson=effort.2", width=390)
    at(tab, 2)
    whole(tab, "lessons-step-narrow", tmp_path)


def test_the_sheet_to_print_has_the_questions_then_the_answers(open_tab: Tab) -> None:
    tab = open_tab("/lessons")
    with tab.expect_download() as download:
        tab.locator(f".st-key-sheet-{COURSE.name} button").click()
    assert download.value.suggested_filename == f"mien-{COURSE.name}.html"
    sheet = Path(download.value.path()).read_text(encoding="utf-8")
    for step in COURSE.steps:
        assert step.question in sheet
    assert sheet.index(COURSE.steps[-1].question) < sheet.index("<h2>Answers</h2>")
