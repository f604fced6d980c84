"""The Distil page: asking for a race, its live curves, and what teacher, assistant and student see."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engines.distillation.tas.recipe import METHODS, STUDENTS, TEACHERS
from engines.errors import MienError
from workbench import jobs
from workbench.digest import Digest
from workbench.figures import distil
from workbench.paths import public
from workbench.runs import Run
from workbench.widgets import run_view, sliders, states
from workbench.widgets.card import card
from workbench.widgets.provenance import of_run

COLLAPSE = "no-teacher-assistant"
KINDS = {"Mean over channels": "mean", "Three components": "colour"}


def is_distillation(run: Run) -> bool:
    """Whether a run is one of the recipe `tas`."""
    return run.spec.recipe == "tas"


def empty() -> None:
    """No run yet: what would be here, and the form that starts one."""
    with st.container(border=True, key="state-no-race"):
        st.markdown("## No race yet")
        st.write("Choose who teaches, who learns and by which methods. A demo fills this page while it runs.")
        _form()
    run_view.notice()


def show(run: Run) -> None:
    """Draw a run; while it is alive, read and draw what is new once a second."""
    if not is_distillation(run):
        words = f"Run {run.id} is of the recipe {run.spec.recipe}; this page shows runs of the recipe tas."
        return states.empty("This run is no distillation", words, "Set one up", "train", recipe="tas", preset="demo")
    with st.expander("Start another race"):
        _form()
    run_view.notice()
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    pair = _pair(run)
    run_view.alive(run, lambda: VIEWS[view](run, run.digest(), pair))
    return None


def _form() -> None:
    if public():
        st.caption("This workbench is open to the public: races can be watched here, not started.")
        return
    left, right = st.columns(2)
    teacher = left.selectbox("Teacher", TEACHERS, key="teacher", bind="query-params")
    student = right.selectbox("Student", STUDENTS, key="student", bind="query-params")
    start = ["tas", "scratch", "kd", COLLAPSE]
    methods = st.multiselect(
        "Methods", METHODS, start, key="methods", bind="query-params", help="Each trains a student of its own"
    )
    if st.button("Start the race", type="primary", icon=":material/play_arrow:", disabled=not methods):
        _start(f"{teacher}>{student}", methods)


def _start(pair: str, methods: list[str]) -> None:
    try:
        run = jobs.submit("tas", "demo", {"pairs": (pair,), "methods": tuple(methods)})
    except MienError as error:
        st.session_state["notice"] = str(error)
    else:
        st.query_params["run"] = run.id
    st.rerun()


def _pair(run: Run) -> str:
    pairs = [str(pair) for pair in run.spec.config.get("pairs", ())]
    return sliders.choose("Teacher > student", pairs, "pair") if len(pairs) > 1 else pairs[0]


def _race(run: Run, said: Digest, pair: str) -> None:
    curves = said.curves()
    if not distil.races(curves, pair):
        return _wait("Curves appear with the first look at the validation pictures. The teacher is trained first.", run)
    teacher = next((row["teacher_accuracy"] for row in said.tables.get("networks", []) if row["pair"] == pair), None)
    rows = [{"step": step, "curve": name, "accuracy": value} for name, (steps, values) in curves.items()
            if name.startswith("val/") for step, value in zip(steps, values, strict=True)]  # fmt: skip
    _card(run, "Accuracy while it trains", distil.race(curves, pair, teacher), rows, "race", "distil-race",
          f"distil.race(run.digest().curves(), {pair!r}, {teacher!r})")  # fmt: skip
    if networks := said.tables.get("networks"):
        with st.expander("The networks"):
            st.dataframe(networks, hide_index=True)
    return None


def _methods(run: Run, said: Digest, pair: str) -> None:
    rows = said.tables.get("accuracy", [])
    if not rows:
        return _wait("Accuracies appear when the first student has been trained.", run)
    _card(run, "Accuracy on test pictures", distil.accuracy(rows, pair), rows, "accuracy", "distil-accuracy",
          f"distil.accuracy(run.tables('accuracy'), {pair!r})")  # fmt: skip
    if paired := said.tables.get("paired"):
        _card(run, "TAS less each other", distil.paired(paired, pair), paired, "paired", "distil-paired",
              f"distil.paired(run.tables('paired'), {pair!r})")  # fmt: skip
        if len({row["pair"] for row in paired}) > 1:
            _card(run, "All pairs", distil.gains(paired), paired, "gains", "distil-gains",
                  "distil.gains(run.tables('paired'))")  # fmt: skip
    return None


def _cka(run: Run, said: Digest, pair: str) -> None:
    kept, call = _kept(run, said, pair, "cka")
    if kept is None:
        return _wait("CKA maps appear when TAS has been trained.", run)
    kind = {"Maps": "raw", "Pooled": "pooled"}[sliders.choose("Features", ["Maps", "Pooled"], "features")]
    names = [str(name) for name in kept["names"]]
    figure = distil.cka(kept[f"{kind}_before"], kept[f"{kind}_after"], names)
    code = f"{call}\ndistil.cka(kept['{kind}_before'], kept['{kind}_after'], kept['names'].tolist())"
    return _card(run, "CKA before and after", figure, kept, "cka", "distil-cka", code)


def _maps(run: Run, said: Digest, pair: str) -> None:
    kept, call = _kept(run, said, pair, "maps")
    if kept is None:
        return _wait("Feature maps appear when TAS has been trained.", run)
    pictures = kept["pictures"]
    number = int(sliders.choose("Picture", [str(n) for n in range(len(pictures))], "picture"))
    kind = KINDS[sliders.choose("Drawn as", list(KINDS), "drawn")]
    with st.columns(6)[0]:
        st.image(pictures[number], width="stretch", alt=f"Test picture {number}", caption=f"picture {number}")
    code = f"{call}\ndistil.maps(kept, {number}, '{kind}')"
    return _card(run, "Feature maps", distil.maps(kept, number, kind), kept, "maps", "distil-maps", code)


def _shuffle(run: Run, said: Digest, pair: str) -> None:
    kept, call = _kept(run, said, pair, "shuffle")
    if kept is None:
        return _wait("The shuffle is measured when TAS has been trained.", run)
    code = f"{call}\ndistil.shuffle(kept['share'], kept['infonce'], kept['mse'])"
    figure = distil.shuffle(kept["share"], kept["infonce"], kept["mse"])
    return _card(run, "When places are shuffled", figure, kept, "shuffle", "distil-shuffle", code)


def _infonce(run: Run, said: Digest, pair: str) -> None:
    kept, call = _kept(run, said, pair, "infonce")
    if kept is None:
        return _wait("The matrix appears when TAS has been trained.", run)
    there = {words: name for name, words in distil.PAIRS.items() if f"learner {name}" in kept}
    name = there[sliders.choose("Who", list(there), "who")]
    learnt = 1 / float(kept[f"scale {name}"])
    tau = st.slider("Temperature τ", 0.01, 1.0, float(np.clip(learnt, 0.01, 1.0)), 0.01, key=f"tau-{name}",
                    bind="query-params",
                    help=f"It was learnt to be {learnt:.3f}")  # fmt: skip
    ours, theirs = kept[f"learner {name}"], kept[f"guide {name}"]
    code = f"{call}\ndistil.matrix(kept['learner {name}'], kept['guide {name}'], {tau:g})"
    _card(run, "What InfoNCE sees", distil.matrix(ours, theirs, tau, distil.PAIRS[name]), kept, "matrix",
          "distil-infonce", code)  # fmt: skip
    gamma = st.slider("Exponent γ of the OFA loss", 1.0, 2.0, 1.4, 0.1, key="gamma", bind="query-params")
    p = np.linspace(0, 1, 51)
    data = {"p": p, "weight": (1 + p) ** gamma - 1}
    return _card(run, "OFA: a sure guide counts more", distil.ofa_weight(gamma), data, "ofa", "distil-ofa",
                 f"distil.ofa_weight({gamma:g})")  # fmt: skip


def _collapse(run: Run, said: Digest, pair: str) -> None:
    if COLLAPSE not in run.spec.config.get("methods", ()):
        words = f"This run did not train without it. Start a race with {COLLAPSE} among the methods."
        return states.empty("Not in this run", words)
    wanted = ("tas", COLLAPSE, "scratch", "teacher", "assistant", f"assistant of {COLLAPSE}")
    rows = [row for row in said.tables.get("accuracy", []) if row["method"] in wanted]
    if not any(row["method"] == COLLAPSE for row in rows):
        return _wait("This appears when both have been trained.", run)
    code = f"names = {wanted!r}\ndistil.accuracy([r for r in run.tables('accuracy') if r['method'] in names], {pair!r})"
    return _card(run, "With and without teacher to assistant", distil.accuracy(rows, pair), rows, "collapse",
                 "distil-collapse", code)  # fmt: skip


VIEWS: dict[str, Callable[[Run, Digest, str], None]] = {
    "Race": _race, "Methods": _methods, "CKA": _cka, "Feature maps": _maps, "Shuffle": _shuffle, "InfoNCE": _infonce,
    "Without teacher to assistant": _collapse,
}  # fmt: skip


def _kept(run: Run, said: Digest, pair: str, kind: str) -> tuple[dict[str, np.ndarray] | None, str]:
    """The arrays of a pair, and the Python that reads them."""
    stem = f"{kind}-{list(run.spec.config['pairs']).index(pair)}"
    if stem not in said.arrays:
        return None, ""
    return run.arrays(stem), f"kept = run.arrays('{stem}')"


def _wait(words: str, run: Run) -> None:
    if run.status.active:
        st.info(words, icon=":material/hourglass_empty:")
    else:
        st.info("This run ended before it had this, or was set up without.", icon=":material/info:")


def _card(run: Run, title: str, figure: go.Figure, data: Any, key: str, about: str, code: str) -> None:
    code = f"from workbench.figures import distil\n\n{code}"
    card(title, figure, data, of_run(run), key=f"distil-{key}", about=about, code=code)
