"""FreDA by hand: a forgery, the real frame behind it, a cut-off, and what comes of them."""

import secrets
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from engines.detection.quality.pacing import SHAPES
from workbench import inference
from workbench.figures import freda
from workbench.widgets import families, sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

FORGERY, CUTOFF = 6, 0.09
"""What the view begins with: a poor swap, whose colours differ, and the middle of the range that the recipe draws."""


def show() -> None:
    """Draw the forgery and the mask that the address names."""
    forgeries = families.ready()
    if not forgeries:
        return
    asked = _settings(forgeries)
    found = waiting.answer(
        f"freda:{asked}",
        lambda: inference.ask("freda", keep=True, by=inference.renderer(asked["seed"]), **asked),
        "Forging",
    )
    if found is not None:
        _pictures(found)
        _figures(found, asked)


def _settings(forgeries: list[str]) -> dict[str, Any]:
    family = sliders.choose("Family", forgeries, "family")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        seed = sliders.number("Forgery", "forgery", FORGERY)
        st.button("Another forgery", icon=":material/casino:", on_click=_another)
        words = "Radius of the low-pass mask, as a share of the picture's side; the recipe draws from 0.03 to 0.15"
        cutoff = st.slider("Cut-off", 0.01, 0.5, CUTOFF, 0.01, key="cutoff", bind="query-params", help=words, width=220)
        shape = sliders.choose("Mask", list(SHAPES), "mask")
        amplitude = st.toggle(
            "Amplitude only", key="amplitude", bind="query-params", help="Mix magnitudes, keep the forgery's phase"
        )
    return {"family": family, "seed": seed, "cutoff": float(cutoff), "shape": shape, "amplitude_only": bool(amplitude)}


def _another() -> None:
    st.session_state["forgery"] = secrets.randbelow(sliders.NUMBERS)


def _pictures(found: Mapping[str, Any]) -> None:
    captions = {"fake": f"Forgery, Q* {found['known']:.2f}", "real": "Real frame", "upgraded": "Upgraded by FreDA"}
    for column, (name, words) in zip(st.columns(3), captions.items(), strict=True):
        column.image(found["pictures"][name], width="stretch", caption=words, alt=f"{words}: a rendered photograph")


def _figures(found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    source = _source(asked)
    side = found["mask"].shape[0]
    left, right = st.columns([2, 3], gap="large")
    with left:
        figure, data = freda.difference(found["difference"]), {"difference": found["difference"]}
        code = "from workbench.figures import freda\n\nfreda.difference(found.difference)"
        card("What FreDA changes", figure, data, source, key="difference", about="freda-difference", code=code)
    with right:
        figure = freda.radial(found["power"], asked["cutoff"], side)
        data = {"cycles": np.arange(len(found["power"]["fake"])), **found["power"]}
        code = f"from workbench.figures import freda\n\nfreda.radial(found.power, {asked['cutoff']:g}, {side})"
        card("Power by frequency", figure, data, source, key="radial", about="freda-power", code=code)
    figure, data = freda.spectra(found["spectra"], found["mask"]), {**found["spectra"], "mask": found["mask"]}
    code = "from workbench.figures import freda\n\nfreda.spectra(found.spectra, found.mask)"
    card("Spectra and mask", figure, data, source, key="spectra", about="freda-spectra", code=code)


def _source(asked: Mapping[str, Any]) -> Source:
    family, seed, cutoff, shape, amplitude = asked.values()
    mixed = ", amplitude only" if amplitude else ""
    line = f"{family} · forgery {seed} · {shape} mask, cut-off {cutoff:g} of the side{mixed} · {WORLD}"
    load = (
        "from engines.detection.quality.explore import explore, forged\n\n"
        f"pair = forged({family!r}, {seed})\n"
        f"found = explore(pair.fake, pair.real, {cutoff:g}, {shape!r}, {amplitude})"
    )
    return Source(line, "", load)
