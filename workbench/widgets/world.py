"""The World page: which view is shown, and what all of them need."""

from collections.abc import Callable
from typing import Any

from workbench import inference
from workbench.widgets import (
    sliders,
    waiting,
    world_clips,
    world_forgeries,
    world_people,
    world_person,
    world_photographs,
)

Catalogue = dict[str, Any]
VIEWS: dict[str, Callable[[Catalogue], None]] = {
    "A person": world_person.show,
    "Photographs": world_photographs.show,
    "Forgeries": world_forgeries.show,
    "People": world_people.show,
    "Clips": world_clips.show,
}


def show() -> None:
    """Draw the chosen view."""
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    catalogue = waiting.answer(
        "world-catalogue",
        lambda: inference.ask("catalogue", keep=True, by=inference.renderer(0)),
        "Starting the renderer",
    )
    if catalogue is not None and all(map(_ready, range(inference.RENDERERS))):
        VIEWS[view](catalogue)


def _ready(number: int) -> bool:
    """Whether a renderer has its compiled code; after an install that takes half a minute, once."""
    ticket = waiting.answer(
        f"world-warm-{number}",
        lambda: inference.ask("warm_world", keep=True, by=inference.renderer(number)),
        "Compiling the renderer, once",
    )
    return ticket is not None
