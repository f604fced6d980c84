"""The Recognition page: leaderboard, groups under a threshold, trade-offs, scores with their pairs, data mixes."""

from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from engines.recognition.frcsyn import divide, metrics, published
from engines.recognition.frcsyn.tasks import DATABASES, SUBTASKS
from workbench.figures import recognition
from workbench.runs import Run
from workbench.widgets import demo, recognition_pairs, run_view, sliders, states
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import of_run

Kept = dict[str, np.ndarray]
POINTS = 300


def is_frcsyn(run: Run) -> bool:
    """Whether a run is one of the challenge."""
    return run.spec.recipe == "frcsyn"


def show(run: Run | None) -> None:
    """Draw the chosen view; without a run, the published leaderboard and the button that starts one."""
    if run is not None and not is_frcsyn(run):
        words = f"Run {run.id} is of the recipe {run.spec.recipe}; this page shows runs of frcsyn."
        return states.empty("This run trained no recogniser", words, "Set one up", "train", recipe="frcsyn")
    run_view.notice()
    if run is None:
        _empty()
        return _leaderboard(None)
    view = sliders.choose("View", list(VIEWS), "view", shown=False)

    def draw() -> None:
        if view != FIRST and not _trained(run):
            st.info(f"{view} appears when the first recogniser has been trained.", icon=":material/hourglass_empty:")
        else:
            VIEWS[view](run)

    run_view.alive(run, draw)
    st.page_link(states.page("train"), label="Train on other faces", icon=":material/add:",
                        query_params={"recipe": "frcsyn", "preset": "full"})  # fmt: skip
    return None


def _empty() -> None:
    """No run yet: what would be here, and the button that starts one."""
    demo.offer(
        "recognition",
        "No run yet",
        "Below is what teams of the challenge reached. A demo trains three small recognisers, on the world's"
        " people, on a plainer rendering, and on both, and puts them beside the teams.",
        "frcsyn",
    )


def _leaderboard(run: Run | None) -> None:
    left, right = st.columns(2)
    with left:
        subtask = sliders.choose("Sub-task", list(SUBTASKS), "subtask")
    task = SUBTASKS[subtask]
    numbers = [
        task.key,
        *(n for n in recognition.NUMBERS if n != task.key and (task.key == "to" or n not in ("to", "sd"))),
    ]
    with right:
        number = sliders.choose(
            "Number", numbers, f"number{subtask[0]}", format_func=lambda n: recognition.NUMBERS[n][0]
        )
    teams = published.leaderboard(subtask)
    ours = [row for row in run.digest().tables.get("ranking", []) if row["subtask"] == subtask] if run else []
    st.caption(f"Sub-task {subtask}: {task.says}. Published: {published.SOURCE}; it ranks by {task.key.upper()}.")
    rows = [{"measured on": "official databases", **row} for row in teams]
    rows += [{"measured on": "face world", **row} for row in ours]
    call = f"recognition.leaderboard(published.leaderboard('{subtask}'), {{}}, '{number}')"
    mine = f"[row for row in run.tables('ranking') if row['subtask'] == '{subtask}']" if ours else "[]"
    code = f"from engines.recognition.frcsyn import published\n{_code(call.format(mine))}"
    source = of_run(run) if run else Source(published.SOURCE)
    card("Leaderboard", recognition.leaderboard(teams, ours, number), rows, source, key="recognition-board",
         about="recognition-board", code=code)  # fmt: skip
    with st.expander("The first edition's winners"):
        st.dataframe(published.first_edition(), hide_index=True)
        st.caption(published.FIRST_SOURCE)


def _groups(run: Run) -> None:
    names = _trained(run)
    pairs = run.arrays("pairs-bupt")
    weights = _weights(run.id, run)
    first = sorted(names, key=lambda name: " + " in name)[:3]  # mixtures last
    shown = st.multiselect("Systems", list(names), default=first, key="systems", max_selections=4,
                           bind="query-params")  # fmt: skip
    if not shown:
        st.info("Choose a system above to see how well it knows each group.", icon=":material/groups:")
        return
    mode = sliders.choose("Threshold", ["from training people", "set by hand"], "threshold")
    kept = {name: run.arrays(names[name][0]) for name in shown}
    by_hand = None
    if mode == "set by hand":
        start = float(np.round(run.arrays(next(iter(names.values()))[0])["threshold"], 2))
        by_hand = float(st.slider("Cosine from which two faces match", -0.5, 1.0, start, 0.01, key="cosine",
                                  bind="query-params"))  # fmt: skip
    found = {
        name: divide.divided(
            pairs, arrays["bupt"], by_hand if by_hand is not None else float(arrays["threshold"]), weights
        )
        for name, arrays in kept.items()
    }
    rows = [{"system": name, **row} for name, one in found.items() for row in one.groups]
    code = _code(
        "recognition.groups({row['system']: [r for r in rows if r['system'] == row['system']] for row in rows})"
    )
    code = f"rows = [row for row in run.tables('parts') if row['subtask'] == '1.1']\n{code}" if by_hand is None else ""
    _card(
        run, "Accuracy by group", recognition.groups({n: one.groups for n, one in found.items()}), rows, "groups", code
    )
    st.dataframe(
        [{"system": name, "TO": _said(one.whole, "to"), "AVG": _said(one.whole, "avg"), "SD": _said(one.whole, "sd")}
         for name, one in found.items()], hide_index=True,
    )  # fmt: skip
    st.caption("Of the first training of each system, in per cent with 95 % intervals over people of the group.")


def _det(run: Run) -> None:
    curves, marks = _rates(run.id, {name: stems[0] for name, stems in _trained(run).items()}, run)
    rows = [row for rows in marks.values() for row in rows]
    _card(run, "Error trade-off", recognition.det(curves, marks), rows, "det", "")


@st.cache_data(max_entries=8, show_spinner=False)
def _rates(run_id: str, stems: dict[str, str], _run: Run) -> tuple[dict[str, Any], dict[str, Any]]:
    """Error rates of each system by database, thinned to be drawn, and FNMR at the usual FMR; scores never change."""
    curves: dict[str, Any] = {}
    marks: dict[str, Any] = {}
    kept = {name: _run.arrays(stem) for name, stem in stems.items()}
    for database in DATABASES:
        same = _run.arrays(f"pairs-{database}")["same"]
        for name, arrays in kept.items():
            scores = arrays[database]
            fmr, fnmr, _ = metrics.det(scores, same)
            thin = np.unique(np.linspace(0, len(fmr) - 1, POINTS).round().astype(int))
            curves.setdefault(database, {})[name] = fmr[thin], fnmr[thin]
            row = {"system": name, "fnmr": float(metrics.fnmr(scores, same)), "strangers": int((~same).sum())}
            marks.setdefault(database, []).append({"database": database, **row})
    return curves, marks


def _scores(run: Run) -> None:
    names = _trained(run)
    left, right = st.columns([2, 1])
    with left:
        database = sliders.choose("Database", DATABASES, "database")
    with right:
        name = str(st.selectbox("System", list(names), key="system", bind="query-params"))
    pairs, kept = run.arrays(f"pairs-{database}"), run.arrays(names[name][0])
    part_of = pairs["group"] if database == "bupt" else pairs["kind"]
    parts = {
        str(part): (
            kept[database][(part_of == part) & pairs["same"]],
            kept[database][(part_of == part) & ~pairs["same"]],
        )
        for part in _ordered(part_of)
    }
    part, number = recognition_pairs.choose(database, list(parts), float(kept["threshold"]))
    figure = recognition.densities(parts, float(kept["threshold"]), (part, number))
    data = {"cosine": kept[database], "same": pairs["same"], "part": part_of}
    _card(run, "Scores of mated pairs and strangers", figure, data, "scores", "")
    recognition_pairs.show(run, database, kept[database], (part_of == part), number)


def _mix(run: Run) -> None:
    rows = run.tables("mix")
    _card(
        run, "Share of synthetic data", recognition.mix(rows), rows, "mix", _code("recognition.mix(run.tables('mix'))")
    )
    with st.expander("What each system was trained on"):
        st.dataframe(run.tables("systems"), hide_index=True)


FIRST = "Leaderboard"
VIEWS: dict[str, Callable[[Run], None]] = {
    FIRST: _leaderboard, "Groups": _groups, "Trade-off": _det, "Scores": _scores, "Mix": _mix,
}  # fmt: skip


def _trained(run: Run) -> dict[str, list[str]]:
    """System -> its kept scores, in the order of training."""
    said = run.digest()
    found: dict[str, list[str]] = {}
    for stem in sorted((name for name in said.arrays if name.startswith("scores-")), key=lambda n: int(n[7:])):
        found.setdefault(str(run.arrays(stem)["system"]), []).append(stem)
    return found if said.tables.get("ranking") else {}


@st.cache_data(max_entries=4, show_spinner=False)
def _weights(run_id: str, _run: Run) -> np.ndarray:
    return divide.balanced_weights(_run.arrays("pairs-bupt"))


def _ordered(parts: np.ndarray) -> list[str]:
    """Names of parts; age gaps by their years."""
    names = np.unique(parts).tolist()
    return sorted(names, key=lambda name: (int(name.split()[-1]) if name.split()[-1].isdecimal() else 0, name))


def _said(numbers: dict[str, float], name: str) -> str:
    return f"{numbers[name]:.1f} ({numbers[f'{name}_low']:.1f} to {numbers[f'{name}_high']:.1f})"


def _code(call: str) -> str:
    return f"from workbench.figures import recognition\n\n{call}"


def _card(run: Run, title: str, figure: go.Figure, data: Any, key: str, code: str) -> None:
    card(title, figure, data, of_run(run), key=f"recognition-{key}", about=f"recognition-{key}", code=code)
