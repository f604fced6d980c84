"""Lessons for a class: one a system, in a few steps, each a live figure in a stated state with a question.

A course is a TOML file in `assets/courses`: `title`, `minutes`, `start` (what must be run first, if anything), and
`[[step]]` tables with `title`, `page`, `query` (the state of the page), `text`, `question` and `answer`. `RUN` in a
query stands for the run that ships with the system, where there is one, and is left out where there is none.
"""

import html
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engines.errors import BadInput
from workbench.runs import shipped_runs

FOLDER = Path(__file__).resolve().parents[1] / "assets" / "courses"


@dataclass(frozen=True)
class Step:
    """A figure in a state, what to say about it, and a question with its answer."""

    title: str
    page: str
    query: Mapping[str, str]
    text: str
    question: str
    answer: str


@dataclass(frozen=True)
class Course:
    """The steps of a system's lesson, and how many minutes it takes."""

    name: str
    title: str
    minutes: int
    steps: tuple[Step, ...]
    start: str = ""

    def address(self, number: int) -> dict[str, str]:
        """Parameters that open step `number`, from 1, on its page."""
        return {**self.steps[number - 1].query, "lesson": f"{self.name}.{number}"}


@cache
def courses() -> dict[str, Course]:
    """All courses by name, in the order of their files."""
    return {path.stem.split("-", 1)[1]: _read(path) for path in sorted(FOLDER.glob("*.toml"))}


def step_at(place: str) -> tuple[Course, int]:
    """The course and the number of the step at "effort.2".

    Raises:
        BadInput: there is no such course or step.
    """
    name, _, number = place.partition(".")
    course = courses().get(name)
    if course is None or not number.isdigit() or not 1 <= int(number) <= len(course.steps):
        raise BadInput(f"There is no lesson {place!r}; choose one on the Lessons page.")
    return course, int(number)


def sheet(course: Course) -> str:
    """A page to print: every step with its question and lines to write on; the answers on a page of their own."""
    said = html.escape
    steps = "".join(
        f"<section><h2>{number}. {said(step.title)}</h2><p>{said(step.text)}</p>"
        f"<p class=q>{said(step.question)}</p><div class=line></div><div class=line></div></section>"
        for number, step in enumerate(course.steps, start=1)
    )
    answers = "".join(f"<li>{said(step.answer)}</li>" for step in course.steps)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{said(course.title)}</title><style>{_PRINT}</style>"
        f"<h1>{said(course.title)}</h1><p class=small>About {course.minutes} minutes, with Mien. Name: ____________</p>"
        f"{steps}<div class=answers><h2>Answers</h2><ol>{answers}</ol></div></html>"
    )


_PRINT = (
    "body{font:12pt/1.45 Georgia,serif;max-width:42em;margin:2em auto;color:#111}h1{font-size:20pt}h2{font-size:13pt}"
    "section{break-inside:avoid}.q{font-weight:bold}.line{border-bottom:1px solid #777;height:1.7em}"
    ".answers{break-before:page}.small{color:#444}"
)


def _read(path: Path) -> Course:
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    name = path.stem.split("-", 1)[1]
    steps = tuple(Step(**{**step, "query": _filled(step.get("query", {}), name)}) for step in told["step"])
    return Course(name, told["title"], int(told["minutes"]), steps, told.get("start", ""))


def _filled(query: Mapping[str, Any], name: str) -> dict[str, str]:
    shipped = next((run.id for run in shipped_runs() if run.spec.recipe == name), None)
    filled = {key: shipped if value == "RUN" else str(value) for key, value in query.items()}
    return {key: value for key, value in filled.items() if value is not None}
