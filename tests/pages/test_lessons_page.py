import pytest

from tests.pages.conftest import Open, words
from workbench import courses

STEPS = [(name, number) for name, course in courses.courses().items() for number in range(1, len(course.steps) + 1)]


def test_all_lessons_are_listed_with_a_link_to_each_step(open_page: Open) -> None:
    app = open_page("lessons")
    links = [link.proto for link in app.get("page_link")]
    for course in courses.courses().values():
        assert f"## {course.title}" in words(app)
    for link, (name, number) in zip(links, STEPS, strict=True):
        assert f"lesson={name}.{number}" in link.query_string


@pytest.mark.parametrize(("name", "number"), STEPS)
def test_each_step_opens_its_figure_under_its_question(name: str, number: int, open_page: Open) -> None:
    course = courses.courses()[name]
    step = course.steps[number - 1]
    app = open_page(step.page, **course.address(number))
    said = words(app)
    assert not app.error
    assert f"step {number} of {len(course.steps)}" in said
    assert step.question in said
    assert (f"lesson={name}.{number + 1}" in said) == (number < len(course.steps))


def test_a_lesson_that_is_gone_leaves_the_page_as_it_is(open_page: Open) -> None:
    said = words(open_page("subspaces", lesson="alchemy.3"))
    assert "There is no lesson 'alchemy.3'" in said
