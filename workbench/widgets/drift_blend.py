"""Video-level blending by hand on the Drift page: sliders for its limits, the steps of a frame, and what it does to
drift."""

from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import drift as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

FRAMES, SIZE_PX, PERSON, CLIP = 25, 224, 7, 3
STEPS = {
    "original": "Original",
    "warp": "Organs moved",
    "blend": "Blended",
    "difference": "Blended less original, twice as strong",
}
"""Picture -> its words."""
LIMITS = {
    "turn_deg": ("Turn / °", 0.0, 10.0, 3.0, 0.5),
    "scale": ("Scale / share", 0.0, 0.2, 0.03, 0.01),
    "shift_px": ("Shift / px of 224", 0.0, 10.0, 1.5, 0.5),
    "alpha": ("Alpha", 0.0, 1.0, 0.5, 0.05),
    "memory": ("Memory", 0.0, 0.95, 0.0, 0.05),
}
"""Limit -> label, low, high, start, step. The paper draws turns of 1 to 5 degrees, 0.01 to 0.05 and 0.5 to 2.5 px."""


def show() -> None:
    """Draw the clip and the limits that the address names."""
    asked = _asked()
    found = waiting.answer(
        f"drift-blend:{asked}", lambda: inference.ask("drift_blend", keep=True, by="drift", **asked), "Blending"
    )
    if found is None:
        return
    for column, (name, words) in zip(st.columns(4), STEPS.items(), strict=True):
        column.image(found[name], caption=words, width="stretch", alt=f"{words}: a rendered face")
    player, right = st.columns([2, 3], gap="large")
    with player:
        st.video(found["mp4"], loop=True, autoplay=True, muted=True, alt="The blended clip", width="stretch")
        st.caption(f"The blended clip, 1 s · {WORLD}")
    with right:
        _card(found, asked)


def _asked() -> dict[str, Any]:
    limits = {}
    columns = st.columns(5, gap="medium")
    for column, (name, (label, low, high, start, step)) in zip(columns, LIMITS.items(), strict=True):
        limits[name] = float(column.slider(label, low, high, start, step, key=name, bind="query-params"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        person = sliders.number("Person", "person", PERSON)
        seed = sliders.number("Clip number", "clip-number", CLIP)
        frame = st.slider("Frame", 0, FRAMES - 1, 12, key="frame", bind="query-params", width=220)
    clip = {"seed": seed, "person": person, "frames": FRAMES, "size_px": SIZE_PX, "frame": int(frame)}
    return {**clip, **limits}


def _card(found: dict[str, Any], asked: dict[str, Any]) -> None:
    limits = ", ".join(f"{LIMITS[name][0].split(' /')[0].lower()} {asked[name]:g}" for name in LIMITS)
    call = ", ".join(f"{name}={value!r}" for name, value in asked.items())
    load = f"from workbench.drift_questions import drift_blend\n\nfound = drift_blend(print, {call})"
    source = Source(f"person {asked['person']}, clip {asked['seed']} · {limits} · {WORLD}", "", load)
    drift = found["drift"]
    rms = {name: told["rms"] for name, told in drift.items()}
    rows = [{"organ": organ, **{name: values[organ] for name, values in rms.items()}} for organ in rms["blend"]]
    code = (
        "from workbench.figures import drift\n\n"
        "drift.before_and_after({name: told['rms'] for name, told in found['drift'].items()})"
    )
    card(
        "Drift before and after",
        figures.before_and_after(rms),
        rows,
        source,
        key="before",
        about="drift-blend",
        code=code,
    )
