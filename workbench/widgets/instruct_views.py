"""The views of a run in which a model is taught one kind of question after another."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engines.continual.llaca.recipe import file_name
from engines.continual.llaca.rounding import drift
from engines.continual.matrix import Matrix
from engines.continual.measures import MEASURES, measures
from workbench.figures import forgetting, instruct
from workbench.runs import Run
from workbench.widgets import sliders
from workbench.widgets.card import Source, card
from workbench.widgets.forgetting_records import Record, read, records
from workbench.widgets.forgetting_views import chosen
from workbench.widgets.provenance import of_run


def curves(run: Run) -> None:
    """Score on each task while others are learned."""
    method, mine = chosen(records(run))
    names = ", ".join(f'run.arrays("record-{_stem(one)}")' for one in mine)
    data = [
        {"method": method, "seed": int(one["seed"]), "after": t + 1, "on": j + 1, "score": float(value)}
        for one in mine for (t, j), value in np.ndenumerate(one["accuracy_answer"]) if np.isfinite(value)
    ]  # fmt: skip
    _draw(run, f"What {method} still answers", forgetting.curves(mine), data, "curves", f"forgetting.curves([{names}])")
    told = {one["task"]: one for one in run.digest().tables.get("instructions", [])}
    rows = [
        {
            "session": number + 1,
            "task": str(name),
            "stands for": told.get(str(name), {}).get("like", ""),
            "instruction": told.get(str(name), {}).get("instructions", ""),
            "test questions": int(count),
        }
        for number, (name, count) in enumerate(zip(mine[0]["sessions"], mine[0]["counts"], strict=True))
    ]
    st.dataframe(rows, hide_index=True)


def balance(run: Run) -> None:
    """How the moving average was weighed: by layer and step, and how often the formula held."""
    found = [one for one in records(run) if len(one["steps"])]
    if not found:
        words = "No average has been kept yet: it is, from the second task of a group on, by llaca, dema and ema."
        st.info(words, icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        _, mine = chosen(found)
        record = mine[0]
        numbers = [int(one) for one in np.unique(record["steps"][:, 0])]
        names = [str(record["sessions"][one]) for one in numbers]
        task = numbers[names.index(str(sliders.choose("Task", names, "task")))]
    call = f'kept = run.arrays("record-{_stem(record)}")'
    steps, layers, kept = instruct.by_layer(record, task)
    data: Any = {"steps": steps, "layers": np.array(layers), "kept": kept}
    _draw(run, "Old weights kept, by layer and step", instruct.balance(record, task), data, "balance",
          f"{call}\ninstruct.balance(kept, {task})")  # fmt: skip
    rows = [{"task": str(record["sessions"][one]), **instruct.taken(record, one)} for one in numbers]
    _draw(run, "Formula or constant", instruct.branches(record), rows, "branches", f"{call}\ninstruct.branches(kept)")


def instructions(run: Run) -> None:
    """How alike tasks' instructions are, the threshold, and the groups that follow."""
    rows = run.digest().tables.get("likeness", [])
    if not rows:
        st.info("Instructions are compared when the run begins.", icon=":material/hourglass_empty:")
        return
    used = float(run.spec.config.get("threshold", 0.9))
    threshold = float(st.slider("Threshold", 0.05, 0.99, used, 0.01, key="threshold", bind="query-params", width=320))
    code = f'instruct.likeness(run.tables("likeness"), {threshold})'
    _draw(run, "How alike instructions are", instruct.likeness(rows, threshold), rows, "likeness", code)
    found = instruct.groups(rows, threshold)
    st.markdown("  \n".join(f"**Group {number}**: {', '.join(group)}" for number, group in enumerate(found, start=1)))
    st.caption(f"The run used {used:g}. Tasks come in this order; another order may give other groups.")


def matrix(run: Run) -> None:
    """The accuracy matrix of a method, and every measure of it."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        method, mine = chosen(records(run))
        kind = sliders.choose("Shown", list(forgetting.KINDS), "shown")
    record, names = mine[0], [str(name) for name in mine[0]["sessions"]]
    done = np.flatnonzero(np.isfinite(record["accuracy_answer"]).any(1))
    upto = int(done[-1]) if len(done) else 0
    figure = forgetting.matrix(record["accuracy_answer"], names, kind, upto)
    code = (f'kept = run.arrays("record-{_stem(record)}")\n'
            f"forgetting.matrix(kept['accuracy_answer'], kept['sessions'].tolist(), {kind!r}, {upto})")  # fmt: skip
    data = {"accuracy": record["accuracy_answer"], "counts": record["counts"]}
    _draw(run, f"{kind.capitalize()} of {method}", figure, data, "matrix", code)
    st.caption("Sessions: " + ", ".join(f"{number} {name}" for number, name in enumerate(names, start=1)))
    found = measures(Matrix(record["accuracy_answer"], record["counts"], record.get("chance")).upto(upto))
    rows = [{"measure": MEASURES[name].title, "value": "not defined here" if value is None else f"{value:.3f}",
             "formula": MEASURES[name].formula} for name, value in found.items()]  # fmt: skip
    st.dataframe(rows, hide_index=True, key="measures-table")


def answers(run: Run) -> None:
    """Answers to the same pictures after each task."""
    paths = run.digest().arrays
    if "shown" not in paths:
        st.info("The pictures are chosen when the run begins.", icon=":material/hourglass_empty:")
        return
    method, mine = chosen(records(run))
    shown, record = read(paths["shown"]), mine[0]
    st.caption(f"{of_run(run).line}. {method}, seed {int(record['seed'])}; blank: not asked then.")
    for number, picture in enumerate(shown["pictures"]):
        with st.container(border=True, key=f"answer-{number}"):
            left, right = st.columns([1, 5])
            turn, name = str(shown["turns"][number]), str(record["sessions"][int(shown["task"][number])])
            left.image(picture, width=112, alt=f"A test picture of {name}")
            right.markdown(f"**{name}** · {turn.splitlines()[0]} · right: **{shown['right'][number]}**")
            said = {f"after {one}": str(record["said"][t, number]) for t, one in enumerate(record["sessions"])}
            right.dataframe([said], hide_index=True, key=f"said-{number}")


def compared(run: Run) -> None:
    """Each measure of every method with its interval, and differences to the first."""
    said = run.digest().tables
    if not said.get("compared"):
        st.info("Methods are compared when the first has seen every task.", icon=":material/hourglass_empty:")
        return
    there = {row["measure"] for row in said["compared"]}
    titles = {MEASURES[name].title: name for name in MEASURES if name in there}
    name = titles[str(st.selectbox("Measure", list(titles), key="measure", bind="query-params", width=320))]
    words = MEASURES[name]
    better = "Higher" if words.higher_is_better else "Lower"
    st.caption(f"{words.formula}. Printed by {words.used_by}. {better} is better.")
    pairs = (("compared", words.title), ("differences", f"Difference: {words.title.lower()}"))
    for column, (table, title) in zip(st.columns(2), pairs, strict=True):
        rows = [row for row in said.get(table, []) if row["measure"] == name]
        if rows:
            call = f"forgetting.compared(run.tables({table!r}), {name!r}, {table == 'differences'})"
            with column:
                _draw(run, title, forgetting.compared(rows, name, table == "differences"), rows, table, call)
    st.caption("With one seed, intervals speak of the test questions alone; another training would differ.")


def rounding() -> None:
    """What bfloat16 does to a slow average; needs no run."""
    decay = float(sliders.choose("Decay", ["0.9", "0.99", "0.999"], "decay") or 0.99)
    found = _drift(decay)
    source = Source("10,000 normal values, 0.2 standard deviations away, seed 0; no training")
    data = [{"step": step, "float32": a, "bfloat16": b}
            for step, (a, b) in enumerate(zip(found.exact.tolist(), found.rounded.tolist(), strict=True))]  # fmt: skip
    code = (f"from engines.continual.llaca.rounding import drift\nfrom workbench.figures import instruct\n\n"
            f"instruct.rounding(drift({decay}), {decay})")  # fmt: skip
    figure = instruct.rounding(found, decay)
    card("An average that rounds", figure, data, source, key="rounding", about="instruct-rounding", code=code)


@st.cache_data(show_spinner=False)
def _drift(decay: float) -> Any:
    return drift(decay)


def _draw(run: Run, title: str, figure: go.Figure, data: Any, about: str, code: str) -> None:
    code = f"from workbench.figures import forgetting, instruct\n\n{code}"
    card(title, figure, data, of_run(run), key=about, about=f"instruct-{about}", code=code)


def _stem(record: Record) -> str:
    return file_name(str(record["method"]), int(record["seed"]))
