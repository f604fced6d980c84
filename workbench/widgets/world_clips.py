"""Clips: a person who moves and speaks, real or forged, with what moves in each frame."""

import secrets
from collections.abc import Mapping
from typing import Any

import streamlit as st

from workbench import inference
from workbench.figures import world as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD
from workbench.widgets.world_person import OTHER, PERSON

SIZE_PX = 160
FPS = 25
REAL = "real"


def show(catalogue: Mapping[str, Any]) -> None:
    """Draw the clip that the address names."""
    families = [REAL, *catalogue["clip_families"]]
    family = sliders.choose("Clip", families, "clip")
    asked = _numbers(family)
    found = waiting.answer(
        f"world-film:{asked}",
        lambda: inference.ask("film", keep=True, by=inference.renderer(asked["person"]), **asked),
        f"Filming {asked['frames'] / FPS:.0f} s",
    )
    if found is None:
        return
    player, motion = st.columns([2, 3], gap="large")
    with player:
        whose = f" with the face of person {found['source']}" if found["source"] != asked["person"] else ""
        words = f"A clip of person {asked['person']}{whose}"
        st.video(found["mp4"], loop=True, autoplay=True, muted=True, alt=words, width="stretch")
        st.caption(f"{words} · {asked['frames']} frames at {FPS} a second · {WORLD}")
    with motion:
        pose = figures.over_time(found["motion"], ("yaw", "pitch", "roll"), "degrees")
        card("How the head moves", pose, found["motion"], _source(asked), key="motion", about="clip-motion")
    if found["drift"]:
        names = tuple(name for name in found["drift"][0] if name != "time_s")
        figure = figures.over_time(found["drift"], names, "px")
        card(
            "How far each organ is from its place",
            figure,
            found["drift"],
            _source(asked),
            key="drift",
            about="clip-drift",
        )


def _numbers(family: str) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = sliders.number("Person", "person", PERSON)
        seed = sliders.number("Clip", "clip-number", 3)
        other = sliders.number("With the face of", "source", OTHER) if family != REAL else OTHER
        seconds = st.slider("Length / s", 1, 6, 2, key="seconds", bind="query-params", width=200)
        st.button("Another clip", icon=":material/casino:", on_click=_another)
    numbers = {"seed": seed, "person": person, "source": other}
    return {**numbers, "family": family, "frames": int(seconds) * FPS, "size_px": SIZE_PX}


def _another() -> None:
    st.session_state["clip-number"] = secrets.randbelow(sliders.NUMBERS)


def _source(asked: Mapping[str, Any]) -> Source:
    line = f"{asked['family']} clip {asked['seed']} · person {asked['person']} · {WORLD}"
    load = (
        "from workbench.studio import clip\n\n"
        f"found = clip({', '.join(f'{name}={value!r}' for name, value in asked.items())}, progress=print)"
    )
    numbers = f"--person {asked['person']} --photo {asked['seed']} --seconds {asked['frames'] / FPS:g}"
    command = f"mien world render --clip --out clip.mp4 {numbers}"
    return Source(line, command if asked["family"] == REAL else "", load)
