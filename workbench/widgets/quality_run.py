"""What a quality run left, view by view: scores, pacing, agreement with the truth, and methods compared."""

from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from workbench.figures import auc, pacing, quality
from workbench.runs import Run
from workbench.widgets.card import card
from workbench.widgets.provenance import of_run

Kept = dict[str, np.ndarray]
SHOWN = 6
"""Forgeries pictured at each end of the score."""


def has_pacing(run: Run) -> bool:
    """Whether a training of the run has ended and left what it did."""
    return run.spec.recipe == "quality" and (run.folder / "artifacts" / "arrays" / "pacing.npz").exists()


def scores(run: Run) -> None:
    """How FQS and its two parts are spread, family by family, at an epoch."""
    kept, call, epoch = _method_and_epoch(run)
    family, top = kept["family"], 1 + float(run.spec.config["alpha"])
    fqs, dynamic, static = kept["fqs"][epoch], kept["dynamic"][epoch], kept["static"]
    data = {"fqs": fqs, "dynamic": dynamic, "static": static, "family": family}
    at = f"kept['fqs'][{epoch}], kept['family'], 'FQS', {top:g}"
    figure = quality.spread(fqs, family, "FQS", max(top, float(fqs.max())))
    _card(run, f"Forgery quality score, epoch {epoch + 1}", figure, data, "fqs", "fqs", f"{call}\nquality.spread({at})")
    left, right = st.columns(2)
    with left:
        figure = quality.spread(dynamic, family, "dynamic d")
        code = f"{call}\nquality.spread(kept['dynamic'][{epoch}], kept['family'], 'dynamic d')"
        _card(run, f"Dynamic d, epoch {epoch + 1}", figure, data, "dynamic", "dynamic", code)
    with right:
        figure = quality.spread(static, family, "static q (rank)")
        code = f"{call}\nquality.spread(kept['static'], kept['family'], 'static q (rank)')"
        _card(run, "Static q, all epochs", figure, data, "static", "static", code)


def static_and_dynamic(run: Run) -> None:
    """q against d, with the lowest and the highest forgeries pictured beside."""
    kept, call, epoch = _method_and_epoch(run)
    left, right = st.columns([3, 2], gap="large")
    where, pictures = _ends(kept, epoch)
    with left:
        parts = kept["static"], kept["dynamic"][epoch], kept["family"], kept["easy"][epoch]
        figure = quality.scatter(*parts, pictured=where)
        data = dict(zip(("static", "dynamic", "family", "upgraded"), parts, strict=True))
        at = f"kept['static'], kept['dynamic'][{epoch}], kept['family'], kept['easy'][{epoch}]"
        title = f"Static against dynamic, epoch {epoch + 1}"
        _card(run, title, figure, data, "scatter", "static-dynamic", f"{call}\nquality.scatter({at})")
    with right:
        _gallery(kept, epoch, where, pictures)


def paced(run: Run) -> None:
    """The share of easy forgeries, and which families were upgraded and shown."""
    kept, call = _method(run)
    figure = pacing.curve({"this run": kept["share"].tolist()})
    data = {"share": kept["share"]}
    code = f"{call}\npacing.curve({{'this run': kept['share'].tolist()}})"
    _card(run, "Share of easy forgeries", figure, data, "share", "pacing-curve", code, "pacing")
    for column, array, label in zip(
        st.columns(2), ("easy", "shown"), ("share upgraded", "share shown to the training"), strict=True
    ):
        with column:
            figure = pacing.by_family(kept[array], kept["family"], label)
            code = f"{call}\npacing.by_family(kept['{array}'], kept['family'], '{label}')"
            about = {"easy": "upgraded", "shown": "shown"}[array]
            data = {array: kept[array], "family": kept["family"]}
            _card(run, label.capitalize(), figure, data, about, about, code, "pacing")


def known(run: Run) -> None:
    """Measured quality against the quality known by construction."""
    kept, call = _method(run)
    if "known" not in kept:
        words = "Nobody knows how good these forgeries are: they are photographs. Only the face world knows its own."
        st.info(words, icon=":material/info:")
        return
    rows = [row for row in run.digest().tables.get("checked", []) if row["method"] == _chosen(run)]
    if rows:
        figure = quality.agreement(rows)
        code = f"quality.agreement([row for row in run.tables('checked') if row['method'] == '{_chosen(run)}'])"
        _card(run, "Rank correlation with the known quality", figure, rows, "agreement", "agreement", code)
    shown = {"similarity q": kept["measured"], "dynamic d, last epoch": kept["dynamic"][-1]}
    for column, (label, values), key in zip(st.columns(2), shown.items(), ("measured", "dynamic"), strict=True):
        with column:
            figure = quality.against_known(kept["known"], values, kept["family"], label)
            data = {"known": kept["known"], key: values, "family": kept["family"]}
            at = "kept['measured']" if key == "measured" else "kept['dynamic'][-1]"
            code = f"{call}\nquality.against_known(kept['known'], {at}, kept['family'], '{label}')"
            _card(run, f"{label.capitalize()} against Q*", figure, data, f"{key}-known", "agreement", code)


def methods(run: Run) -> None:
    """Each method and control less another, on the same test pictures."""
    rows = run.digest().tables.get("paired", [])
    if not rows:
        words = "Methods are compared when the run ends, or there is only one: train with methods quality, plain."
        st.info(words, icon=":material/hourglass_empty:")
        return
    named = auc.compared(rows)
    start = "plain" if "plain" in named else named[0]
    against = st.segmented_control(
        "Compared with", named, default=start, key="against", bind="query-params", required=True
    )
    figure = auc.paired(rows, str(against))
    code = f"auc.paired(run.tables('paired'), '{against}')"
    _card(run, f"Difference to {against}", figure, rows, "paired", "quality-methods", code, "auc")


def _arrays(run: Run) -> dict[str, str]:
    """Method -> the name of its arrays, those that were trained."""
    there = run.digest().arrays
    trained = list(run.spec.config.get("methods", ()))
    names = {method: "pacing" if number == 0 else f"pacing-{method}" for number, method in enumerate(trained)}
    return {method: name for method, name in names.items() if name in there}


def _chosen(run: Run) -> str:
    there = list(_arrays(run))
    asked = st.session_state.get("method", there[0])
    return str(asked) if asked in there else there[0]


def _method(run: Run) -> tuple[Kept, str]:
    """The arrays of the method chosen, and the Python that reads them."""
    there = _arrays(run)
    method = st.selectbox("Method", list(there), key="method", bind="query-params", width=280)
    return run.arrays(there[method]), f'kept = run.arrays("{there[method]}")'


def _method_and_epoch(run: Run) -> tuple[Kept, str, int]:
    """As `_method`, and the epoch chosen, counted from 0; pages count from 1."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        kept, call = _method(run)
        count = len(kept["dynamic"])
        if count == 1:
            return kept, call, 0
        words = "Scores at the beginning of an epoch, those it was planned with"
        epoch = st.slider("Epoch", 1, count, count, key="epoch", bind="query-params", help=words, width=360)
    return kept, call, int(epoch) - 1


def _ends(kept: Kept, epoch: int) -> tuple[list[int], np.ndarray]:
    """Of the forgeries that have pictures, those with the lowest and the highest score, lowest first."""
    order = np.argsort(kept["fqs"][epoch][kept["pictured"]], kind="stable")
    ends = np.concatenate([order[:SHOWN], order[SHOWN:][-SHOWN:]])
    return kept["pictured"][ends].tolist(), kept["pictures"][ends]


def _gallery(kept: Kept, epoch: int, where: list[int], pictures: np.ndarray) -> None:
    parts = (("Lowest scores: plain to see", 0), ("Highest scores: hard to tell", SHOWN))
    for title, start in parts:
        st.markdown(f"### {title}")
        for column, number in zip(st.columns(3) * 2, range(start, min(start + SHOWN, len(where))), strict=False):
            index = where[number]
            name, fqs = str(kept["family"][index]), float(kept["fqs"][epoch][index])
            words = f"**{number + 1}** {name}, {fqs:.2f}"
            column.image(pictures[number], width="stretch", caption=words, alt=f"A forgery of family {name}")


def _card(
    run: Run, title: str, figure: go.Figure, data: Any, key: str, about: str, code: str, module: str = "quality"
) -> None:
    card(
        title, figure, data, of_run(run), key=key, about=about, code=f"from workbench.figures import {module}\n\n{code}"
    )
