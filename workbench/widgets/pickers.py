"""Choosing a run: kept in the address, so that a link or a reload finds it again."""

import time
from collections.abc import Callable
from itertools import pairwise

import streamlit as st

from engines.errors import RunStateError
from workbench.runs import Run, all_runs, find_run, shipped_runs
from workbench.widgets.permalink import remember


def run_picker(wanted: Callable[[Run], bool] = lambda run: True, label: str = "Run") -> Run | None:
    """A run that `wanted` accepts, the one in the address first; None if there is none."""
    runs = [run for run in [*all_runs(), *shipped_runs()] if wanted(run)]
    asked = chosen_run()
    if asked and asked.id not in {run.id for run in runs}:
        runs.insert(0, asked)
    if not runs:
        return None
    by_id = {run.id: run for run in runs}
    start = list(by_id).index(asked.id) if asked else 0
    picked = st.selectbox(
        label, list(by_id), index=start, format_func=lambda name: describe(by_id[name]), key="run-pick",
        on_change=lambda: st.session_state.pop(_gone(), None),
    )  # fmt: skip
    remember("run", picked)
    if _gone() in st.session_state and not asked:
        st.session_state[_gone()]["instead"] = picked
    return by_id[picked]


def chosen_run() -> Run | None:
    """The run in the address, or None. A name that fits none is dropped, and said until another run is chosen."""
    name, found = st.query_params.get("run"), None
    try:
        found = find_run(name) if name else None
    except RunStateError as error:
        st.session_state[_gone()] = {"said": str(error), "instead": ""}
        del st.query_params["run"]
    gone = st.session_state.get(_gone())
    if gone and found and found.id != gone["instead"]:
        del st.session_state[_gone()]
    elif gone:
        st.warning(gone["said"])
    return found


def _gone() -> str:
    """Where a page keeps what it has to say of a run that is gone: a page that waits is drawn many times."""
    return f"run-gone-{st.context.url}"


def describe(run: Run) -> str:
    """A run in one line."""
    if run.shipped:
        return f"{run.spec.recipe} · {run.spec.preset} · comes with Mien · {run.id}"
    return f"{run.spec.recipe} · {run.spec.preset} · {run.state} · {ago(run.spec.created)} · {run.id}"


def ago(then: float) -> str:
    """How long ago, roughly: "just now", "5 min ago", "3 h ago", or the day."""
    seconds = time.time() - then
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min ago"
    if seconds < 86400:
        return f"{seconds / 3600:.0f} h ago"
    return time.strftime("%d %b %Y", time.localtime(then))


def duration(seconds: float) -> str:
    """A stretch of time: "42 s", "3 min 05 s", "1 h 12 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def working_seconds(run: Run) -> float:
    """Seconds the run has been worked on so far, over all attempts."""
    status = run.status
    changes = [*status.history, {"state": status.state, "time": time.time() if status.active else status.since}]
    working = ("running", "stopping")
    return sum(after["time"] - now["time"] for now, after in pairwise(changes) if now["state"] in working)
