"""The Compare page: two detectors on the same pictures, on one scale, and how their weights differ."""

from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import side_by_side
from workbench.widgets import data_picker, detector_picker, sliders, states, thumbs, waiting
from workbench.widgets.card import Source, card

VIEWS = ("Scores", "Families", "Weights")
METHODS = ["occlusion", "gradient-weighted rollout", "attention rollout", "grad-cam", "integrated gradients"]
FAR = 12
"""Pictures shown that the two disagree on most, until some are chosen."""


def show() -> None:
    """Draw the two pickers, then the view."""
    if len(detector_picker.choices()) < 2:
        return states.empty(
            "Only one detector is here", "Comparing takes two. A demo run leaves three.", "Train some", "train",
            recipe="effort", preset="demo",
        )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", border=True):
        first, one = detector_picker.picker("First", "first")
        second, other = detector_picker.picker("Second", "second", start=1)
        data = data_picker.picker()
    if one == other:
        st.info("Choose two different detectors.", icon=":material/compare:")
        return None
    asked = {"first": one, "second": other, "data": data}
    found = waiting.answer(f"compare:{asked}", lambda: inference.ask("compare", keep=True, **asked), "Asking both")
    if found is None:
        return None
    names = (first, second)
    source = Source(f"{names[0]} and {names[1]} · {data_picker.label(data)}", query={"first": first, "second": second})
    view = sliders.choose("View", list(VIEWS), "view", shown=False)
    if view == "Scores":
        _scores(found, asked, names, source)
    elif view == "Families":
        figure = side_by_side.differences(found["rows"], names)
        card("Difference by family", figure, found["rows"], source, key="differences", about="compare-differences")
    else:
        _weights(found["angles"], names, source)
    return None


def _scores(found: dict[str, Any], asked: dict[str, str], names: tuple[str, str], source: Source) -> None:
    table: dict[str, Any] = {
        key: found[key] for key in ("first", "second", "label", "family", "person", "quality") if key in found
    }
    figure = side_by_side.scores(found["first"], found["second"], found["label"], found["family"], names)
    chosen = card("The same pictures, judged twice", figure, table, source, key="scores", about="compare-scores",
                  select=True)  # fmt: skip
    far = (-abs(found["first"] - found["second"])).argsort(kind="stable")[:FAR].tolist()
    st.markdown("**Chosen**" if chosen else "**They disagree most on these.** Draw around some points to see others.")
    shown = chosen or far
    lines = [f"{found['family'][n]}  \n{found['first'][n]:.2f} · {found['second'][n]:.2f}" for n in shown]
    thumbs.grid(found["thumbs"][shown], lines, "compare-grid")
    _maps(shown, found, asked, names, source)


def _maps(
    shown: list[int], found: dict[str, Any], asked: dict[str, str], names: tuple[str, str], source: Source
) -> None:
    """Where both look on one of the pictures shown."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.selectbox("Where they look on", shown[: thumbs.MOST], key="on", bind="query-params", width=240,
                             format_func=lambda n: f"no. {n}, {found['family'][n]}")  # fmt: skip
        method = st.selectbox("Method", METHODS, key="method", bind="query-params", width=260)
    order: dict[str, Any] = {**asked, "place": int(place), "method": str(method)}
    maps = waiting.answer(f"difference:{order}", lambda: inference.ask("difference", keep=True, **order), "Two maps")
    if maps is None:
        return
    for name, sure, words in zip(names, maps["significant"], maps["words"], strict=True):
        st.caption(f"{':material/check:' if sure else ':material/block:'} {name}: {words}")
    figure = side_by_side.maps(maps["face"], maps["first"], maps["second"], names)
    data = {key: maps[key] for key in ("face", "first", "second")}
    card("Where both look", figure, data, source, key="maps", about="compare-maps")


def _weights(angles: list[dict[str, Any]], names: tuple[str, str], source: Source) -> None:
    if not angles:
        st.info(
            f"{names[0]} and {names[1]} have towers of different shapes; their weights do not correspond."
            " Scores and families can still be compared.",
            icon=":material/info:",
        )
        return
    figure = side_by_side.angles(angles)
    card("How far the weights have turned", figure, angles, source, key="angles", about="compare-angles")
