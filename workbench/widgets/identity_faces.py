"""Faces of the Identities page: a person turned and aged, how one face is drawn, and who was leaked."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import streamlit as st

from workbench import inference
from workbench.figures import identities as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

YAWS, YEARS = (-30.0, -15.0, 0.0, 15.0, 30.0), (20.0, 40.0, 60.0)
SOURCES = {"people": "people never trained on", "spread": "anchors pushed apart within what embeddings fill"}
"""Where identities come from -> its words."""
SAMPLERS = ("dpm++", "ddim", "ddpm")
SCALE, STRONGEST = 40.0, 200.0
SHOWN_STEPS = 6
FACE_PX, STEP_PX, TWIN_PX = 148, 100, 118
"""So a row fits its page, and wraps on a telephone."""


class Drawer(Protocol):
    """A generator, as the page knows it."""

    @property
    def name(self) -> str:
        """Its name in the address."""

    @property
    def folder(self) -> Any:
        """Where it lies."""


def person(model: Drawer) -> None:
    """One person at several yaws and ages; under each picture what was asked for, what was read, and the cosine."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        who = _who()
        scale = strength()
    asked: dict[str, Any] = {
        "folder": str(model.folder),
        **who,
        "scale": scale,
        "yaws": list(YAWS),
        "years": list(YEARS),
    }
    found = waiting.answer(
        f"identity-grid:{asked}", lambda: inference.ask("person_grid", keep=True, **asked), "Drawing one person"
    )
    if found is None:
        return
    kept = int((found["cosine"] > found["threshold"]).sum())
    st.caption(
        f"Asked for, then read by the attribute reader: yaw and age. Cosine to the identity, mean"
        f" {found['cosine'].mean():.2f} ({found['off'].mean():.2f} without guidance); {kept} of {len(found['cosine'])}"
        f" pass as this person (above {found['threshold']:.2f})."
    )
    for row in range(len(YEARS)):
        with st.container(horizontal=True, gap="small", key=f"person-{row}"):
            for place in range(len(YAWS)):
                _tile(found, row * len(YAWS) + place)
    source = _source(model, who, scale)
    columns = st.columns(2, gap="medium")
    for column, which, title, key in zip(columns, (0, 3), ("Yaw", "Age"), ("grid-yaw", "grid-age"), strict=True):
        with column:
            code = f"{_IMPORT}identities.requested(found['wanted'], found['read'], {which})"
            card(
                f"{title}, asked for and read", figures.requested(found["wanted"], found["read"], which),
                {"wanted": found["wanted"], "read": found["read"], "cosine": found["cosine"]}, source, key=key,
                about="identities-requested", code=code,
            )  # fmt: skip


def sampling(model: Drawer) -> None:
    """How one face comes out of noise, with guidance and without, step by step."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        who = _who()
        scale = strength()
        yaw = st.slider("Yaw / degrees", -40, 40, 0, 5, key="yaw", bind="query-params", width=160)
        years = st.slider("Age / years", 20, 70, 40, 5, key="years", bind="query-params", width=160)
        sampler = sliders.choose("Solver", SAMPLERS, "solver")
        steps = st.select_slider("Steps", (10, 20, 40), 20, key="steps", bind="query-params", width=150)
    asked: dict[str, Any] = {
        "folder": str(model.folder), **who, "scale": scale, "yaw": float(yaw), "years": float(years),
        "sampler": sampler, "steps": int(steps),
    }  # fmt: skip
    found = waiting.answer(
        f"identity-steps:{asked}", lambda: inference.ask("face_steps", keep=True, **asked), "Drawing with and without"
    )
    if found is None:
        return
    for name, words in (("on", "guided"), ("off", "not guided")):
        _strip(found[name], words)
    source = _source(model, who, scale)
    data = {f"{kind}_{name}": found[name][kind] for name in ("on", "off") for kind in ("t", "cosine", "push")}
    code = f"{_IMPORT}identities.steps(found['on'], found['off'])"
    card("The identity, step by step", figures.steps(found["on"], found["off"]), data, source, key="identity-steps",
         about="identities-sampling", code=code)  # fmt: skip


def leaks(model: Drawer) -> None:
    """Drawn people beside the nearest pictures that were trained on."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = identities_from()
        count = st.select_slider("People", (8, 16, 24), 8, key="drawn", bind="query-params", width=150)
        scale = strength()
        seed = sliders.number("Noise", "noise", 0)
    asked: dict[str, Any] = {
        "folder": str(model.folder),
        "source": source,
        "count": int(count),
        "seed": seed,
        "scale": scale,
    }
    found = waiting.answer(
        f"identity-leaks:{asked}", lambda: inference.ask("face_leaks", keep=True, **asked), "Looking for twins"
    )
    if found is None:
        return
    usual = round(float(found["threshold"]), 2)
    limit = st.slider("One person from cosine", 0.2, 0.95, usual, 0.01, key="limit", bind="query-params", width=320)
    hits = {"picture to picture": found["cosine"][:, 0], "picture to class centre": found["to_centre"],
            "anchor to class centre": found["centres"]}  # fmt: skip
    for column, (name, values) in zip(st.columns(3), hits.items(), strict=True):
        column.metric(name, f"{int((values > limit).sum())} of {len(values)}")
    line = _source(model, {"source": source, "person": 0, "seed": seed}, scale)
    data = {"cosine": found["cosine"], "to_centre": found["to_centre"], "control": found["control"]}
    code = f"{_IMPORT}identities.leaks(found['cosine'][:, 0], found['control'], {limit:g})"
    card("Nearest training picture", figures.leaks(found["cosine"][:, 0], found["control"], limit), data, line,
         key="identity-leaks", about="identities-leaks", code=code)  # fmt: skip
    st.markdown("## Nearest first")
    for index in np.argsort(-found["cosine"][:, 0])[:SHOWN_STEPS]:
        _beside(found, int(index))


def identities_from() -> str:
    """The control that says where identities come from."""
    words = "; ".join(f"{name}: {what}" for name, what in SOURCES.items())
    return sliders.choose("Identities", list(SOURCES), "source", help=words)


def strength() -> float:
    """The slider of guidance."""
    words = "Factor on the pull towards the identity; 0 draws without guidance"
    return float(st.slider("Guidance", 0.0, STRONGEST, SCALE, 10.0, key="guidance", bind="query-params", help=words,
                           width=170))  # fmt: skip


_IMPORT = "from workbench.figures import identities\n\n"


def _who() -> dict[str, Any]:
    source = identities_from()
    who = st.number_input("Person", 0, 23, 0, 1, key="person", bind="query-params", width=110)
    return {"source": source, "person": int(who), "seed": sliders.number("Noise", "noise", 0)}


def _tile(found: Mapping[str, Any], index: int) -> None:
    wanted, read, cosine = found["wanted"][index], found["read"][index], found["cosine"][index]
    words = f"{wanted[0]:+.0f}° → {read[0]:+.0f}°, {wanted[3]:.0f} → {read[3]:.0f} y · cos {cosine:.2f}"
    st.image(found["images"][index], width=FACE_PX, caption=words, alt=f"A face that does not exist: {words}")


def _strip(said: Mapping[str, Any], words: str) -> None:
    """x_t above the clean estimate at some of the steps, and the picture at the end."""
    count = len(said["t"])
    chosen = np.unique(np.linspace(0, count - 1, SHOWN_STEPS).round().astype(int))
    st.markdown(f"## {words.capitalize()}: cosine {said['reached']:.2f}, {said['seconds']:.1f} s")
    with st.container(horizontal=True, gap="small", key=f"strip-{words.replace(' ', '-')}"):
        for step in chosen:
            name, told = f"step {step + 1}", f"clean: cos {said['cosine'][step]:.2f}"
            with st.container(width=STEP_PX, gap="xsmall"):
                st.image(said["noisy"][step], width="stretch", caption=name, alt=f"{words}, {name}: the noisy picture")
                st.image(said["clean"][step], width="stretch", caption=told, alt=f"{words}, {name}, {told}")
        st.image(said["final"], width=STEP_PX, caption="the face", alt=f"{words}: the finished face")


def _beside(found: Mapping[str, Any], index: int) -> None:
    with st.container(horizontal=True, gap="small", key=f"beside-{index}"):
        st.image(found["images"][index], width=TWIN_PX, caption="drawn", alt=f"Drawn person {index}")
        for who, cosine, picture in zip(*(found[part][index] for part in ("who", "cosine", "nearest")), strict=True):
            words = f"person {who} · cos {cosine:.2f}"
            st.image(picture, width=TWIN_PX, caption=words, alt=f"Trained on: {words}")


def _source(model: Drawer, who: Mapping[str, Any], scale: float) -> Source:
    words = SOURCES[who["source"]]
    line = f"generator {model.name} · {words} · noise {who['seed']} · guidance {scale:g} · {WORLD}"
    load = (
        "from pathlib import Path\n\nfrom engines.synthesis.id3 import kept\n\n"
        f"model = kept.load(Path({str(model.folder)!r}))  # `found` is what the page drew: the NPZ under Save"
    )
    return Source(line, "", load)
