import pytest

from engines.errors import BadInput
from workbench import courses
from workbench.app import SECTIONS

PAGES = {name for entries in SECTIONS.values() for name, _, _ in entries}
STEPS = [(name, number) for name, course in courses.courses().items() for number in range(1, len(course.steps) + 1)]


def test_each_course_has_three_to_five_steps_on_pages_there_are() -> None:
    assert len(courses.courses()) >= 3
    for course in courses.courses().values():
        assert 3 <= len(course.steps) <= 5
        assert {step.page for step in course.steps} <= PAGES
        assert all(step.question.rstrip().endswith(("?", ".")) and step.answer for step in course.steps)


def test_the_address_of_a_step_brings_it_back() -> None:
    for name, number in STEPS:
        course, found = courses.step_at(courses.courses()[name].address(number)["lesson"])
        assert (course.name, found) == (name, number)


@pytest.mark.parametrize("place", ["nothing.1", "effort.0", "effort.99", "effort", "effort.x"])
def test_a_step_that_is_not_there_is_said(place: str) -> None:
    with pytest.raises(BadInput, match="choose one on the Lessons page"):
        courses.step_at(place)


def test_the_sheet_has_each_question_once_and_the_answers_apart() -> None:
    course = courses.courses()["effort"]
    page = courses.sheet(course)
    for step in course.steps:
        assert page.count(step.title) == 1
    assert page.index("<h2>Answers</h2>") > page.index(course.steps[-1].title)
    assert "<script" not in page
