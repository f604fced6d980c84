"""Lesson texts: one Markdown file a figure, its first paragraph the definition, the rest the lesson."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "lessons"


@dataclass(frozen=True)
class Lesson:
    """What a figure shows, in a paragraph, and how to think about it."""

    definition: str
    text: str


@cache
def lesson(name: str) -> Lesson:
    """The lesson of that name; an absent file is a defect of ours."""
    definition, _, text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n\n")
    return Lesson(definition.strip(), text.strip())
