"""The Instruct page: which run, which view; live while a run learns."""

from collections.abc import Callable

import streamlit as st

from workbench.runs import Run
from workbench.widgets import demo, instruct_views, run_view, sliders, states
from workbench.widgets.forgetting_records import has_records, records
from workbench.widgets.pickers import run_picker

VIEWS: dict[str, Callable[[Run], None]] = {
    "Curves": instruct_views.curves,
    "Balance": instruct_views.balance,
    "Instructions": instruct_views.instructions,
    "Matrix": instruct_views.matrix,
    "Answers": instruct_views.answers,
    "Compared": instruct_views.compared,
}
ROUNDING = "Rounding"


def is_llaca(run: Run) -> bool:
    """Whether a run is of the recipe."""
    return run.spec.recipe == "llaca"


def page() -> None:
    """Draw the chosen view of the chosen run."""
    view = sliders.choose("View", [*VIEWS, ROUNDING], "view", shown=False)
    if view == ROUNDING:
        return instruct_views.rounding()
    run = run_picker(is_llaca)
    run_view.notice()
    if run is None:
        return _empty()
    if not is_llaca(run):
        words = f"Run {run.id} is of the recipe {run.spec.recipe}; this page shows LLaCA and its rivals."
        return states.empty(
            "This run answers no questions", words, "Set one up", "train", recipe="llaca", preset="demo"
        )
    return _live(run, view)


def _live(run: Run, view: str) -> None:
    def draw() -> None:
        if has_records(run) and records(run):
            VIEWS[view](run)
        elif run.status.active:
            words = "The first curve appears when the pictures have been made and the first questions were learned."
            st.info(words, icon=":material/hourglass_empty:")
        else:
            st.info("This run ended before its first probe; it has nothing to show.", icon=":material/info:")

    run_view.alive(run, draw)
    query = {"recipe": "llaca", "preset": "full"}
    st.page_link(
        states.page("train"), label="Other tasks, orders and methods", icon=":material/add:", query_params=query
    )


def _empty() -> None:
    """No run yet: what would be here, and the button that starts one."""
    demo.offer(
        "instruct",
        "Nothing has been taught yet",
        "A demo teaches a small multimodal model four kinds of questions about faces, one after another, in three"
        " ways, and asks again about all that came before.",
        "llaca",
    )
