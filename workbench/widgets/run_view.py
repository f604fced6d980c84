"""One run while it lives and after: state, progress, what can be done, its curves and its log."""

import json
from collections.abc import Callable
from typing import Any

import streamlit as st

from engines.errors import MienError
from workbench import jobs
from workbench.digest import Digest
from workbench.figures import auc, curves
from workbench.paths import public
from workbench.runs import ACTIVE, Run
from workbench.widgets import run_pages, states
from workbench.widgets.card import card
from workbench.widgets.pickers import ago, duration
from workbench.widgets.provenance import of_run

POLL_S = 1.0


def watch(run: Run) -> None:
    """Draw a run; while it is alive, read and draw what is new once a second."""
    notice()
    alive(run, lambda: results(run, run.digest()), done_too=True)


def alive(run: Run, draw: Callable[[], None], *, again: bool = True, done_too: bool = False) -> None:
    """Draw something of a run below its state and progress; while it is alive, draw both anew once a second.

    Args:
        again: whether a living run is drawn anew. done_too: whether the state of one that is done is drawn.
    """
    active = run.status.active

    @st.fragment(run_every=POLL_S if active and again else None)
    def live() -> None:
        if done_too or run.state != "done":
            summary(run)
        if active and not run.status.active:
            st.rerun()  # ends the timer
        draw()

    live()


def summary(run: Run) -> None:
    """State, progress and the buttons."""
    status = run.status
    with st.container(border=True, key=f"card-summary-{run.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"## {run.spec.recipe} · {run.spec.preset}", width="content")
            st.html(state_mark(status.state), width="content")
        st.caption(f"{run.id} · asked {ago(run.spec.created)}{f' · on {status.device}' if status.device else ''}")
        if status.reason:
            st.write(states.short(status.reason))
        if status.active:
            progress(run)
        actions(run)
        if status.detail:
            st.code(status.detail, language=None)


def state_mark(state: str) -> str:
    """HTML of a state: a dot and the word."""
    return f'<span class="run-state {state}">{state}</span>'


def progress(run: Run) -> None:
    """What the run is doing and how long that phase will still take."""
    phase = run.digest().phase
    if run.state == "queued":
        st.progress(
            0.0,
            text="Waiting for its turn" if jobs.worker_alive() else "No worker is running; it starts with the next run",
        )
    elif phase:
        left = f", about {duration(phase.time_left_s)} left" if phase.time_left_s else ""
        note = f": {phase.note}" if phase.note else ""
        st.progress(min(1.0, phase.progress or 0.0), text=f"{phase.name}{note}{left}")
    else:
        st.progress(0.0, text="Starting")


def actions(run: Run) -> None:
    """What can be done with the run in its state, each with words beside it. Nothing in public mode."""
    with st.container(horizontal=True, vertical_alignment="center"):
        quick_actions(run)
        if run.state not in ACTIVE and not public():
            _button("Run again", "content_copy", run, jobs.clone, "A new run with the same settings, from the start.")
        if run.state == "stopping":
            st.caption(f"Saving its checkpoint. It is ended by force after {jobs.STOP_WAITS[-1]:.0f} s.")
        run_pages.links(run)


def quick_actions(run: Run) -> None:
    """The one thing one most likely wants: stop, resume or retry."""
    if public():
        return
    if run.state in ("queued", "running"):
        _button("Stop", "stop", run, jobs.stop, "Saves a checkpoint; the run can be resumed.")
    elif run.state == "interrupted":
        _button("Resume", "play_arrow", run, jobs.resume, "Goes on from the last checkpoint.")
    elif run.state == "failed":
        _button("Retry", "replay", run, jobs.retry, "A new run from a copy of the last checkpoint.")


def results(run: Run, said: Digest) -> None:
    """The curves and tables there are so far, and the log."""
    rows = [{"step": step, **values} for step, values in sorted(said.metrics.items())]
    if trainings := curves.trainings(rows):
        _losses(run, rows, trainings)
    elif run.status.active and run.spec.recipe != "arena":
        words = "Curves appear with the first training step. Pictures and features come first."
        st.info(words, icon=":material/hourglass_empty:")
    if table := said.tables.get("auc"):
        figure = auc.by_family(table, said.tables.get("baselines", []))
        call = 'auc.by_family(run.tables("auc"), run.tables("baselines"))'
        card("AUC by forgery family", figure, table, of_run(run), key="auc", about="auc", code=_code("auc", call))
    if (table := said.tables.get("paired")) and "families" in table[0]:  # of detectors; others' are on their own pages
        _paired(run, table)
    _other_curves(rows, run)
    with st.expander("Log"):
        st.code(run.log_tail(40) or "Nothing was logged yet.", language=None)
    with st.expander("Settings"):
        st.code(json.dumps(run.spec.config, indent=1), language=None)


def _losses(run: Run, rows: list[dict[str, float]], trainings: list[str]) -> None:
    chosen = ""
    if len(trainings) > 1:
        labels = {_training(run, prefix): prefix for prefix in trainings}
        chosen = labels[st.selectbox("Training", list(labels), key="training", bind="query-params", width=280)]
    call = f'curves.losses(run.metrics(), "{chosen}")'
    figure = curves.losses(rows, chosen)
    code = _code("curves", call)
    card("Real loss and fake loss", figure, rows, of_run(run), key="losses", about="losses", code=code)


def _training(run: Run, prefix: str) -> str:
    """A training in words: the prefix of its metrics, or for the first its method and seed."""
    first = (run.spec.config.get("methods") or [run.spec.recipe])[0]
    return prefix.rstrip("/") or f"{first}-{run.spec.config.get('seed', 0)}"


def _paired(run: Run, table: list[dict[str, Any]]) -> None:
    methods = auc.compared(table)
    start = "probe" if "probe" in methods else methods[0]
    against = st.segmented_control(
        "Compared with", methods, default=start, key="against", bind="query-params", required=True
    )
    code = _code("auc", f'auc.paired(run.tables("paired"), "{against}")')
    figure = auc.paired(table, str(against))
    card(f"Difference to {against}", figure, table, of_run(run), key="paired", about="paired", code=code)


def _code(module: str, call: str) -> str:
    return f"from workbench.figures import {module}\n\n{call}"


def _other_curves(rows: list[dict[str, float]], run: Run) -> None:
    if groups := curves.prefixes(rows):
        with st.expander(f"Other curves ({len(groups)})"):
            name = st.segmented_control(
                "Group", groups, default=groups[0], key="curve", bind="query-params", required=True
            )
            code = _code("curves", f'curves.group(run.metrics(), "{name}")')
            card(name, curves.group(rows, name), rows, of_run(run), key="group", about="curves", code=code)


def _button(label: str, icon: str, run: Run, act: Callable[[str], Run], words: str) -> None:
    key = f"{label.lower().replace(' ', '-')}-{run.id}"
    if st.button(label, key=key, icon=f":material/{icon}:", help=words):
        try:
            after = act(run.id)
            if "run" in st.query_params:
                st.query_params["run"] = after.id
        except MienError as error:
            st.session_state["notice"] = str(error)
        st.rerun()


def notice() -> None:
    """Say what the last click could not do."""
    if said := st.session_state.pop("notice", ""):
        st.warning(said, icon=":material/info:")
