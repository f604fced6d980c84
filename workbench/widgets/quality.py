"""The Quality page: which view is shown, of a run or, for FreDA, of a forgery chosen here."""

from collections.abc import Callable

from workbench.runs import Run
from workbench.widgets import freda, pacing_editor, quality_run, sliders, states
from workbench.widgets.pickers import run_picker

VIEWS: dict[str, Callable[[Run], None]] = {
    "Scores": quality_run.scores,
    "Static and dynamic": quality_run.static_and_dynamic,
    "Pacing": quality_run.paced,
    "Known quality": quality_run.known,
    "Methods": quality_run.methods,
}
FREDA = "FreDA"


def show() -> None:
    """Draw the chosen view."""
    view = sliders.choose("View", [*VIEWS, FREDA], "view", shown=False)
    if view == FREDA:
        return freda.show()
    run = run_picker(quality_run.has_pacing)
    if run is None:
        states.empty(
            "No quality run yet",
            "This view shows how a training scored, paced and upgraded its forgeries. A demo run takes some minutes;"
            " the FreDA view needs none.",
            "Train one",
            "train",
            recipe="quality",
            preset="demo",
        )
    elif not quality_run.has_pacing(run):
        _nothing_yet(run)
    else:
        VIEWS[view](run)
    if view == "Pacing":
        pacing_editor.show(run)
    return None


def _nothing_yet(run: Run) -> None:
    if run.spec.recipe == "quality":
        words = f"Run {run.id} is {run.state}; scores are kept when its first training ends."
    else:
        words = f"Run {run.id} was trained by {run.spec.recipe}; only the recipe quality scores its forgeries."
    states.empty("This run has no scores", words, "Watch the run", "train", run=run.id)
