"""Real against forged on the Drift page: one number of every clip of a small set, and how well it tells them apart."""

from typing import Any

import streamlit as st

from engines.analysis.drift import FAST_HZ
from workbench import inference
from workbench.figures import drift as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

FAMILIES = ("drift-swap", "smooth-swap", "reenact-clip", "flicker")
SOURCES = ("true landmarks", "68 read")
WHOLE = "whole movement"
_IMPORT = "from workbench.figures import drift"


def show() -> None:
    """Draw the comparison, or offer to measure it."""
    asked = _asked()
    key = f"drift-set:{asked}"
    if f"ticket-{key}" not in st.session_state and "measured" not in st.query_params:
        with st.container(border=True, key="state-set"):
            st.markdown("## Film and measure a set")
            st.write(
                f"{asked['clips']} people are filmed once really and once forged by each of {len(FAMILIES)} families,"
                " and the real clip is blended into itself."
            )
            st.button("Measure", type="primary", icon=":material/play_arrow:", on_click=_begin)
        return
    found = waiting.answer(
        key, lambda: inference.ask("drift_set", keep=True, by="drift", **asked), "Filming and measuring"
    )
    if found is not None:
        _figures(found, asked)


def _begin() -> None:
    st.query_params["measured"] = "1"


def _asked() -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        clips = st.slider("People", 4, 24, 8, 4, key="clips", bind="query-params", width=200)
        seconds = st.slider("Length / s", 1, 4, 1, key="set-seconds", bind="query-params", width=180)
        seed = sliders.number("Seed", "set-seed", 0)
    return {"families": FAMILIES, "clips": int(clips), "frames": 25 * int(seconds), "seed": seed}


def _figures(found: dict[str, Any], asked: dict[str, Any]) -> None:
    fast = f"above {FAST_HZ:g} Hz"
    with st.container(horizontal=True, gap="medium"):
        marks = sliders.choose("Landmarks", SOURCES, "set-landmarks")
        which = sliders.choose("Movement", [WHOLE, fast], "movement")
    number = "all" if which == WHOLE else "fast"
    clips, frames, seed = asked["clips"], asked["frames"], asked["seed"]
    line = f"{clips} clips of each kind, {frames} frames · seed {seed} · {WORLD}"
    load = (
        "from workbench.drift_questions import drift_set\n\n"
        f"found = drift_set(print, {FAMILIES!r}, {clips}, {frames}, {seed})"
    )
    source = Source(f"{which} · {line}", "", load, {"measured": "1"})
    rows = [row for row in found["rows"] if row["source"] == marks]
    code = f"{_IMPORT}\n\ndrift.compared([r for r in found['rows'] if r['source'] == {marks!r}], {number!r})"
    figure = figures.compared(rows, number)
    card(f"Drift of every clip, {marks}", figure, rows, source, key="set", about="drift-set", code=code)
    apart = {name: kinds[number] for name, kinds in found["apart"].items()}
    table = [{"landmarks": name, **row} for name, kinds in apart.items() for row in kinds]
    code = f"{_IMPORT}\n\ndrift.told_apart({{name: kinds[{number!r}] for name, kinds in found['apart'].items()}})"
    figure = figures.told_apart(apart)
    card("Told apart by drift alone", figure, table, source, key="apart", about="drift-apart", code=code)
