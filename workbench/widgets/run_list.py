"""The list of runs: where each stands, and what can be done with it."""

import streamlit as st

from engines.errors import MienError
from workbench import jobs
from workbench.paths import public
from workbench.runs import Run, all_runs, shipped_runs
from workbench.widgets import run_view, states
from workbench.widgets.headlines import headline
from workbench.widgets.pickers import ago, duration, working_seconds

_WIDTHS = [2.4, 1.3, 3.2, 1.3, 2.3]
_AT_ONCE = 20


def run_list() -> None:
    """Draw the list; it follows itself while a run is alive."""
    runs = all_runs()
    _shipped()
    if not runs:
        return states.empty(
            "No runs yet",
            "Training started here or with `mien train` appears in this list and stays.",
            "Start one",
            "train",
        )
    run_view.notice()
    shown = _filtered(runs)
    visible = shown[: st.session_state.get("runs-shown", _AT_ONCE)]
    alive = any(run.status.active for run in visible)

    @st.fragment(run_every=run_view.POLL_S if alive else None)
    def rows() -> None:
        left = [run for run in visible if run.folder.exists()]
        if alive and not any(run.status.active for run in left):
            st.rerun()  # ends the timer
        _head()
        for run in left:
            _row(run)

    rows()
    _more(len(shown))
    return None


def _shipped() -> None:
    for run in shipped_runs():
        with st.container(horizontal=True, vertical_alignment="center", key=f"row-shipped-{run.id}"):
            label = f"{run.spec.recipe} · {run.spec.preset}, comes with Mien"
            st.page_link(states.page("train"), label=label, query_params={"run": run.id})
            st.caption(headline(run))


def _filtered(runs: list[Run]) -> list[Run]:
    found = sorted({run.state for run in runs})
    states_wanted = st.pills("State", found, selection_mode="multi", key="state", bind="query-params")
    return [run for run in runs if not states_wanted or run.state in states_wanted]


def _head() -> None:
    with st.container(key="runs-head"):
        for column, words in zip(st.columns(_WIDTHS), ("Run", "State", "Progress", "Time", ""), strict=True):
            column.caption(words)


def _row(run: Run) -> None:
    status = run.status
    with st.container(key=f"row-{run.id}"):
        name, state, progress, time, what = st.columns(_WIDTHS, vertical_alignment="center")
        with name:
            st.page_link(
                states.page("train"), label=f"{run.spec.recipe} · {run.spec.preset}", query_params={"run": run.id}
            )
            st.caption(f"{run.id} · {ago(run.spec.created)}")
        state.html(run_view.state_mark(status.state))
        with progress:
            if status.active:
                run_view.progress(run)
            else:
                st.caption(states.short(status.reason, 140) or headline(run))
        time.caption(duration(seconds) if (seconds := working_seconds(run)) else "–")
        with what, st.container(horizontal=True, horizontal_alignment="right"):
            run_view.quick_actions(run)
            _menu(run)


def _menu(run: Run) -> None:
    if public() or run.status.active:
        return
    with st.popover("", icon=":material/more_horiz:", help="Run again, delete", type="tertiary", key=f"menu-{run.id}"):
        if st.button("Run again", key=f"again-{run.id}", icon=":material/content_copy:", type="tertiary"):
            _do(run, "again")
        st.caption("Deleting removes its curves, checkpoints and model for good.")
        if st.button("Delete", key=f"delete-{run.id}", icon=":material/delete:", type="tertiary"):
            _do(run, "delete")


def _do(run: Run, what: str) -> None:
    try:
        if what == "delete":
            jobs.delete(run.id)
        else:
            jobs.clone(run.id)
    except MienError as error:
        st.session_state["notice"] = str(error)
    st.rerun()


def _more(count: int) -> None:
    shown = st.session_state.get("runs-shown", _AT_ONCE)
    if count > shown and st.button(f"Show {min(_AT_ONCE, count - shown)} more of {count}"):
        st.session_state["runs-shown"] = shown + _AT_ONCE
        st.rerun()
