"""The Forgetting page: which run, which view; live while a run learns."""

from collections.abc import Callable

import streamlit as st

from workbench.runs import Run
from workbench.widgets import demo, forgetting_logs, forgetting_views, forgetting_whatif, run_view, sliders, states
from workbench.widgets.forgetting_records import has_records, records
from workbench.widgets.pickers import run_picker

VIEWS: dict[str, Callable[[Run], None]] = {
    "Curves": forgetting_views.curves,
    "Matrix": forgetting_views.matrix,
    "Stability and plasticity": forgetting_views.trails,
    "Slow and fast": forgetting_views.learners,
    "What if": forgetting_whatif.show,
    "Drift": forgetting_views.drift,
    "Compared": forgetting_views.compared,
}
LOGS = "Other toolkits"


def is_safe(run: Run) -> bool:
    """Whether a run is of the recipe."""
    return run.spec.recipe == "safe"


def page() -> None:
    """Draw the chosen view of the chosen run."""
    view = sliders.choose("View", [*VIEWS, LOGS], "view", shown=False)
    run = run_picker(is_safe)
    run_view.notice()
    if view == LOGS:
        return forgetting_logs.show(run if run and is_safe(run) else None)
    if run is None:
        return _empty()
    if not is_safe(run):
        words = f"Run {run.id} is of the recipe {run.spec.recipe}; this page shows what SAFE and its rivals forget."
        return states.empty(
            "This run learns one thing only", words, "Set one up", "train", recipe="safe", preset="demo"
        )
    return _live(run, view)


def _live(run: Run, view: str) -> None:
    def draw() -> None:
        if has_records(run) and records(run):
            VIEWS[view](run)
        else:
            _not_yet(run)

    run_view.alive(run, draw, again=view != "What if")
    label = "Other streams, orders and methods"
    query = {"recipe": "safe", "preset": "full"}
    st.page_link(states.page("train"), label=label, icon=":material/add:", query_params=query)


def _not_yet(run: Run) -> None:
    if run.status.active:
        words = "The first curve appears when the first pictures have been made and the first steps are done."
        st.info(words, icon=":material/hourglass_empty:")
    else:
        st.info("This run ended before its first probe; it has nothing to show.", icon=":material/info:")


def _empty() -> None:
    """No run yet: what would be here, and the button that starts one."""
    demo.offer(
        "forgetting",
        "Nothing has been learned yet",
        "A demo shows twelve people of the face world in four sessions to three methods, and draws what each of"
        " them still knows while it learns.",
        "safe",
    )
