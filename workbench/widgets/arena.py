"""The arena: who tells which forgery, under what damage, how honestly, and what is got wrong; live while it fills."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from workbench.digest import Digest
from workbench.figures import arena, auc, numbers
from workbench.runs import Run
from workbench.widgets import arena_errors, demo, run_view, states
from workbench.widgets.card import card
from workbench.widgets.provenance import of_run

VIEWS = {
    "Matrix": "matrix", "Cross": "matrix", "Numbers": "metrics", "Robustness": "robustness",
    "Calibration": "calibration", "Differences": "paired", "Errors": "metrics",
}  # fmt: skip
"""View -> the table it waits for."""


def is_arena(run: Run) -> bool:
    """Whether a run is one of the arena."""
    return run.spec.recipe == "arena"


def empty() -> None:
    """No run yet: what would be here, and the button that starts one."""
    demo.offer(
        "arena",
        "No comparison yet",
        "Here the detectors that come with Mien, and those you trained, meet every forgery family on people no"
        " training saw. A demo takes some minutes and fills this page while it runs.",
        "arena",
    )


def show(run: Run) -> None:
    """Draw a run; while it is alive, read and draw what is new once a second."""
    if not is_arena(run):
        words = f"Run {run.id} is of the recipe {run.spec.recipe}; the arena compares detectors that are trained."
        return states.empty("This run is no comparison", words, "Set one up", "train", recipe="arena", preset="demo")
    run_view.notice()
    view = st.segmented_control("View", list(VIEWS), default="Matrix", key="view", bind="query-params", required=True,
                                label_visibility="collapsed")  # fmt: skip
    run_view.alive(run, lambda: _draw(run, run.digest(), str(view)))
    label = "Compare other detectors, families or photographs"
    query = {"recipe": "arena", "preset": "full"}
    st.page_link(states.page("train"), label=label, icon=":material/add:", query_params=query)
    return None


def _draw(run: Run, said: Digest, view: str) -> None:
    if not said.tables.get(VIEWS[view]):
        return _not_yet(run, view)
    drawn: dict[str, Callable[[Run, Digest], None]] = {
        "Matrix": _matrix, "Cross": _cross, "Numbers": _numbers, "Robustness": _robustness, "Calibration": _calibration,
        "Differences": _paired, "Errors": _errors,
    }  # fmt: skip
    return drawn[view](run, said)


def _not_yet(run: Run, view: str) -> None:
    if run.status.active:
        st.info(f"{view} appears when the first detector has been measured.", icon=":material/hourglass_empty:")
    else:
        st.info(f"This run ended before it had anything for {view}, or was set up without.", icon=":material/info:")


def _matrix(run: Run, said: Digest) -> None:
    rows = said.tables["matrix"]
    _card(run, "AUC by detector and family", arena.matrix(rows), rows, "matrix", "arena-matrix",
          'arena.matrix(run.tables("matrix"))')  # fmt: skip
    with st.expander("The detectors"):
        st.dataframe(said.tables.get("detectors", []), hide_index=True)


def _cross(run: Run, said: Digest) -> None:
    rows = said.tables["matrix"]
    sets = {tuple(families) for families in arena.trained_on(rows).values()}
    if len(sets) < 2:
        st.info(
            "A cross-manipulation matrix needs detectors that were trained on different families; here all saw the"
            " same. Train one for each, then name their folders, artifacts/model and artifacts/model/rivals/…, as"
            " detectors of a comparison:",
            icon=":material/grid_view:",
        )
        methods = ",".join(f"efficientnet:families={family}" for family in ("swap", "selfblend", "xray"))
        st.code(f"mien train rivals --set methods={methods}", language=None, wrap_lines=True)
        return None
    return _card(run, "Trained on one, tested on another", arena.cross(rows), rows, "cross", "arena-cross",
                 'arena.cross(run.tables("matrix"))')  # fmt: skip


def _numbers(run: Run, said: Digest) -> None:
    rows, level = said.tables["metrics"], "picture"
    levels = list(dict.fromkeys(str(row["level"]) for row in rows))
    if len(levels) > 1:
        level = str(st.segmented_control("Of", levels, default=levels[0], key="level", bind="query-params",
                                         required=True))  # fmt: skip
    mine = [row for row in rows if row["level"] == level]
    code = f"numbers.numbers([row for row in run.tables('metrics') if row['level'] == '{level}'])"
    code = f"from workbench.figures import numbers\n\n{code}"
    title = f"The field's numbers, {level} by {level}"
    card(title, numbers.numbers(mine), mine, of_run(run), key="arena-numbers", about="arena-numbers", code=code)
    with st.expander("As a table"):
        st.dataframe([_worded(row) for row in mine], hide_index=True, column_config=_COLUMNS, key="metrics-table")


def _worded(row: dict[str, Any]) -> dict[str, Any]:
    found = {name: numbers.words(row, name) for name in numbers.NUMBERS if name in row}
    return {"detector": row["detector"], "seed": row["seed"], **found}


_COLUMNS: dict[str, Any] = {
    "seed": st.column_config.NumberColumn("seed", help="Seed of the detector's training"),
    **{key: st.column_config.TextColumn(name, help=words) for key, (name, words) in numbers.NUMBERS.items()},
}


def _robustness(run: Run, said: Digest) -> None:
    rows = said.tables["robustness"]
    _card(run, "AUC under damage", arena.robustness(rows), rows, "robustness", "arena-robustness",
          'arena.robustness(run.tables("robustness"))')  # fmt: skip


def _calibration(run: Run, said: Digest) -> None:
    rows, errors = said.tables["calibration"], said.tables.get("ece", [])
    _card(run, "Promised and observed", arena.reliability(rows, errors), rows, "calibration", "arena-calibration",
          'arena.reliability(run.tables("calibration"), run.tables("ece"))')  # fmt: skip


def _paired(run: Run, said: Digest) -> None:
    rows = said.tables["paired"]
    names = auc.compared(rows)
    against = str(
        st.segmented_control("Compared with", names, default=names[0], key="against", bind="query-params",
                             required=True)
    )  # fmt: skip
    title, call = f"Difference to {against}", f'auc.paired(run.tables("paired"), "{against}")'
    code = f"from workbench.figures import auc\n\n{call}"
    card(title, auc.paired(rows, against), rows, of_run(run), key="arena-paired", about="paired", code=code)


def _errors(run: Run, said: Digest) -> None:
    threshold = {row["detector"]: row["threshold"] for row in said.tables["detectors"]}
    arena_errors.show(run, threshold)


def _card(run: Run, title: str, figure: go.Figure, rows: Any, key: str, about: str, call: str) -> None:
    code = f"from workbench.figures import arena\n\n{call}"
    card(title, figure, rows, of_run(run), key=f"arena-{key}", about=about, code=code)
