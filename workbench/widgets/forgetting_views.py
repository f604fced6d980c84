"""The views of a run that learns session after session."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engines.continual.alarms import alarms
from engines.continual.matrix import Matrix
from engines.continual.measures import MEASURES, measures
from workbench.figures import forgetting
from workbench.runs import Run
from workbench.widgets import sliders
from workbench.widgets.card import card
from workbench.widgets.forgetting_records import Record, records, stem
from workbench.widgets.provenance import of_run


def curves(run: Run) -> None:
    """Accuracy on each session while others are learned, with alarms."""
    method, mine = chosen(records(run))
    _alarms(run, mine[0])
    names = ", ".join(f'run.arrays("record-{stem(one)}")' for one in mine)
    data = _rows(mine)
    draw(run, f"What {method} knows", forgetting.curves(mine), data, "curves", f"forgetting.curves([{names}])")
    with st.expander("The sessions"):
        st.dataframe([{"session": number + 1, "arrives": str(name), "test pictures": int(count)}
                      for number, (name, count) in enumerate(zip(mine[0]["sessions"], mine[0]["counts"], strict=True))],
                     hide_index=True)  # fmt: skip


def matrix(run: Run) -> None:
    """The matrix with a scrubber over sessions, and every measure of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        _, mine = chosen(records(run))
        record = mine[0] if len(mine) == 1 else _of_runs(mine)
        kind = sliders.choose("Shown", list(forgetting.KINDS), "shown")
        upto = _scrubber(record)
    accuracy = record["accuracy_answer"]
    names = [str(name) for name in record["sessions"]]
    figure = forgetting.matrix(accuracy, names, kind, upto)
    code = (f'kept = run.arrays("record-{stem(record)}")\n'
            f"forgetting.matrix(kept['accuracy_answer'], kept['sessions'].tolist(), {kind!r}, {upto})")  # fmt: skip
    title = f"{kind.capitalize()} after session {upto + 1}"
    draw(run, title, figure, {"accuracy": accuracy, "counts": record["counts"]}, "matrix", code)
    _measures(run, record, upto)


def trails(run: Run) -> None:
    """New accuracy against forgetting, by method."""
    found = [record for record in records(run) if np.isfinite(record["accuracy_answer"]).any()]
    names = ", ".join(f'run.arrays("record-{stem(one)}")' for one in found)
    data = [row for one in found for row in _rows([one])]
    draw(run, "Stability and plasticity", forgetting.trails(found), data, "trails", f"forgetting.trails([{names}])")


def learners(run: Run) -> None:
    """Slow, fast and mixed, and how they are weighed by the age of a class."""
    found = [
        record for record in records(run) if "accuracy_slow" in record and np.isfinite(record["accuracy_slow"]).any()
    ]
    if not found:
        words = "No session of SAFE has ended yet, or it is not among this run's methods."
        st.info(words, icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        _, mine = chosen(found)
        after = _scrubber(mine[0])
    record, call = mine[0], f'kept = run.arrays("record-{stem(mine[0])}")'
    left, right = st.columns(2)
    with left:
        data = {name: record[name] for name in record if name.startswith("accuracy_")}
        code = f"{call}\nforgetting.learners(kept, {after})"
        title = f"Slow, fast and mixed after session {after + 1}"
        draw(run, title, forgetting.learners(record, after), data, "learners", code)
    with right:
        code = f"{call}\nforgetting.weights(kept['slow_weight'])"
        figure = forgetting.weights(record["slow_weight"])
        draw(run, "Who is heard", figure, {"slow_weight": record["slow_weight"]}, "weights", code)


def drift(run: Run) -> None:
    """Features and subspaces, session by session."""
    found = records(run)
    names = ", ".join(f'run.arrays("record-{stem(one)}")' for one in found)
    titles = {"drift": "Drift of features", "angle": "Drift of the subspace"}
    for column, (what, title) in zip(st.columns(2), titles.items(), strict=True):
        with column:
            data = [{"method": str(one["method"]), "session": t + 1, what: float(value)}
                    for one in found for t, value in enumerate(one[what])]  # fmt: skip
            code = f"forgetting.drift([{names}], {what!r})"
            draw(run, title, forgetting.drift(found, what), data, what, code)
    if any(np.isfinite(one["alike"]).any() for one in found):
        data = [{"method": str(one["method"]), "session": t + 1, "alike": float(value)}
                for one in found for t, value in enumerate(one["alike"])]  # fmt: skip
        code = f"forgetting.drift([{names}], 'alike')"
        draw(run, "Fast beside slow", forgetting.drift(found, "alike"), data, "alike", code)


def compared(run: Run) -> None:
    """Each measure of every method with its interval, and differences to the first."""
    said = run.digest().tables
    if not said.get("compared"):
        st.info(
            "Methods are compared when the first of them has seen every session.", icon=":material/hourglass_empty:"
        )
        return
    titles = {measure.title: name for name, measure in MEASURES.items()}
    there = {row["measure"] for row in said["compared"]}
    picked = st.selectbox("Measure", [title for title, name in titles.items() if name in there], key="measure",
                          bind="query-params", width=320)  # fmt: skip
    name = titles[str(picked)]
    words = MEASURES[name]
    st.caption(
        f"{words.formula}. Printed by {words.used_by}. {'Higher' if words.higher_is_better else 'Lower'} is better."
    )
    for column, (table, title, key) in zip(
        st.columns(2),
        (("compared", words.title, "compared"), ("differences", f"Difference: {words.title.lower()}", "differences")),
        strict=True,
    ):
        rows = [row for row in said.get(table, []) if row["measure"] == name]
        if rows:
            with column:
                call = f"forgetting.compared(run.tables({table!r}), {name!r}, {table == 'differences'})"
                draw(run, title, forgetting.compared(rows, name, table == "differences"), rows, key, call)
    with st.expander("Every run"):
        st.dataframe(said.get("measures", []), hide_index=True)


def chosen(found: list[Record]) -> tuple[str, list[Record]]:
    """The method picked, and its records: all seeds and orders of it."""
    grouped = forgetting.by_method(found)
    method = str(st.selectbox("Method", list(grouped), key="method", bind="query-params", width=280))
    return method, [dict(record) for record in grouped[method]]


def draw(run: Run, title: str, figure: go.Figure, data: Any, about: str, code: str) -> None:
    """A figure card of this page."""
    code = f"from workbench.figures import forgetting\n\n{code}"
    card(title, figure, data, of_run(run), key=about, about=f"forgetting-{about}", code=code)


def _of_runs(mine: list[Record]) -> Record:
    names = [f"seed {int(one['seed'])}, order {int(one['order'])}" for one in mine]
    picked = st.selectbox("Seed and order", names, key="which", bind="query-params", width=220)
    return mine[names.index(str(picked))]


def _scrubber(record: Record) -> int:
    """The session looked at, from 0: the last that has ended, unless another is chosen."""
    done = np.flatnonzero(np.isfinite(record["accuracy_answer"]).any(1))
    last = int(done[-1]) + 1 if len(done) else 1
    if last == 1:
        return 0
    words = "The state after this session"
    return int(st.slider("Session", 1, last, last, key="session", bind="query-params", help=words, width=300)) - 1


def _measures(run: Run, record: Record, upto: int) -> None:
    found = measures(Matrix(record["accuracy_answer"], record["counts"], record.get("chance")).upto(upto))
    rows = [
        {"measure": MEASURES[name].title, "value": "not defined here" if value is None else f"{value:.3f}",
         "formula": MEASURES[name].formula, "printed by": MEASURES[name].used_by}
        for name, value in found.items()
    ]  # fmt: skip
    with st.container(border=True, key="card-measures"):
        st.markdown("## The same matrix under every name")
        st.dataframe(rows, hide_index=True, key="measures-table", column_config=_WIDTHS)
        st.caption(f"{of_run(run).line}. Of this one run and order; intervals are under Compared.")


_WIDTHS: dict[str, Any] = {
    name: st.column_config.Column(width=width)
    for name, width in (("measure", 200), ("value", 120), ("formula", 380), ("printed by", 210))
}


def _alarms(run: Run, record: Record) -> None:
    each = int(run.spec.config.get("probe_each", 0))
    labels = np.unique(record["labels"][record["session_of"] == 0])
    rung = alarms(record["probes"], pictures=each * len(labels))
    said = [alarm.words for alarm in rung[-3:]] + ([f"{len(rung) - 3} more before these."] if len(rung) > 3 else [])
    if said:
        st.warning("  \n".join(said), icon=":material/notification_important:")


def _rows(mine: list[Record]) -> list[dict[str, Any]]:
    """Ends of sessions as rows: method, seed, order, after session, on session, accuracy."""
    return [
        {"method": str(one["method"]), "seed": int(one["seed"]), "order": int(one["order"]), "after": t + 1,
         "on": j + 1, "accuracy": float(value)}
        for one in mine for (t, j), value in np.ndenumerate(one["accuracy_answer"]) if np.isfinite(value)
    ]  # fmt: skip
