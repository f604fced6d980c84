"""Forgery families of the face world that can be made here, from the process that renders."""

from workbench import inference
from workbench.widgets import waiting


def ready() -> list[str]:
    """Their names; empty while the renderer starts, which is said."""
    catalogue = waiting.answer(
        "families-catalogue",
        lambda: inference.ask("catalogue", keep=True, by=inference.renderer(0)),
        "Starting the renderer",
    )
    return [name for name, record in catalogue["families"].items() if record["ready"]] if catalogue else []
