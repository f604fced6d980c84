"""A person under sliders: the photograph live, its truth over it, the same person at other ages, twins, look-alikes."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from workbench import inference
from workbench.figures import world as figures
from workbench.widgets import sliders, waiting
from workbench.widgets.card import Source, card
from workbench.widgets.provenance import WORLD

SIZE_PX, SHOWN_PX = 224, 448
PERSON, PHOTO, OTHER = 38, 13, 14
"""Numbers that the page begins with."""
ANY = "any group"
TRAITS = {
    "Who": ("years", "sex", "african", "asian", "european", "glasses"),
    "Skin": (
        *("melanin", "undertone", "redness", "flush", "evenness", "pores", "freckles", "under_eye", "wrinkling"),
        *("lip_red", "lip_depth", "lipstick"),
    ),
    "Eyes": (
        *("iris", "iris_shade", "iris_size", "lashes", "brow_length", "brow_height", "brow_arch", "brow_thickness"),
        *("brow_droop", "brow_strength"),
    ),
    "Hair": ("hair_style", "hair_colour", "hair_shade", "grey_years", "receding", "beard", "beard_low"),
}
"""What is changed together: of the person. A trait that is in no group comes last."""
CONTROLS = {
    "Pose": ("yaw", "pitch", "roll", "gaze_x", "gaze_z", "distance", "zoom"),
    "Face": ("smile", "jaw", "frown", "brows", "blink", "pucker"),
}
"""Of the photograph; what is in no group is light, place and camera."""
OVERLAYS = ("Photograph", "Landmarks", "Masks", "Depth", "Normals")
AGES = (10, 25, 40, 60, 75)
_TWINS = 4


def show(catalogue: Mapping[str, Any]) -> None:
    """Draw the person that the address names."""
    who = _numbers(catalogue)
    who["traits"], who["controls"] = (sliders.changed(catalogue[kind]) for kind in ("traits", "controls"))
    base = _answer(
        "world-base", "bases", {name: who[name] for name in ("person", "photo", "group")}, "Drawing a person"
    )
    picture, controls = st.columns([5, 5], gap="medium")
    with picture:
        _portrait(who)
    with controls:
        if base is not None:
            _controls(catalogue, base, f"{who['person']}-{who['photo']}-{who['group']}")
    _beside(who)


def _numbers(catalogue: Mapping[str, Any]) -> dict[str, Any]:
    traits, controls = list(catalogue["traits"]), list(catalogue["controls"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        person = sliders.number("Person", "person", PERSON, on_change=sliders.forget, args=(traits,))
        photo = sliders.number("Photograph", "photo", PHOTO, on_change=sliders.forget, args=(controls,))
        group = st.selectbox(
            "Drawn from", [ANY, *catalogue["groups"]], key="group", bind="query-params", width=190,
            on_change=sliders.forget, args=(traits,),
        )  # fmt: skip
        st.button("Another person", icon=":material/casino:", on_click=_another, args=("person", traits))
        st.button("Another photograph", icon=":material/photo_camera:", on_click=_another, args=("photo", controls))
        st.button("As born", icon=":material/undo:", on_click=sliders.forget, args=([*traits, *controls],),
                  help="Undo every slider")  # fmt: skip
    return {"person": person, "photo": photo, "group": None if group == ANY else group, "size_px": SIZE_PX}


def _another(key: str, forgets: list[str]) -> None:
    st.session_state[key] = secrets.randbelow(sliders.NUMBERS)
    sliders.forget(forgets)


def _portrait(who: Mapping[str, Any]) -> None:
    overlay = sliders.choose("Show", OVERLAYS, "truth", shown=False)
    truth = "" if overlay == OVERLAYS[0] else overlay.lower()
    found = _answer("world-portrait", "portrait", {**who, "truth": truth}, "Rendering")
    if found is None:
        return
    known = found["known"]
    if truth:
        figure, data = DRAWN[truth](found)
        card(overlay, figure, data, source_of(who), key=truth, about=f"truth-{truth}")
    else:
        st.image(
            found["image"], width=SHOWN_PX, alt=f"A rendered person, {known['group']}, {known['years']:.0f} years old"
        )
    pose = ", ".join(f"{name} {angle:.0f}°" for name, angle in known["pose_deg"].items())
    st.caption(f"{known['group'].replace('-', ', ')}, {known['years']:.0f} years · {pose} · {WORLD}")


def _landmarks(found: Mapping[str, Any]) -> tuple[go.Figure, dict[str, Any]]:
    truth = found["truth"]
    return figures.landmarks(found["image"], truth["landmarks"], truth["five"]), truth


def _masks(found: Mapping[str, Any]) -> tuple[go.Figure, dict[str, Any]]:
    return figures.masks(found["image"], found["truth"]), found["truth"]


def _depth(found: Mapping[str, Any]) -> tuple[go.Figure, dict[str, Any]]:
    return figures.depth(found["truth"]["depth"]), found["truth"]


def _normals(found: Mapping[str, Any]) -> tuple[go.Figure, dict[str, Any]]:
    return figures.normals(found["truth"]["normals"]), found["truth"]


DRAWN: dict[str, Callable[[Mapping[str, Any]], tuple[go.Figure, dict[str, Any]]]] = {
    "landmarks": _landmarks,
    "masks": _masks,
    "depth": _depth,
    "normals": _normals,
}


def _controls(catalogue: Mapping[str, Any], base: Mapping[str, Any], stem: str) -> None:
    named = {name for names in TRAITS.values() for name in names}
    rest = [name for name in catalogue["traits"] if name not in named]
    posed = {name for names in CONTROLS.values() for name in names}
    groups = {label: ("traits", names) for label, names in TRAITS.items()}
    groups |= {label: ("controls", names) for label, names in CONTROLS.items()}
    groups["Light"] = ("controls", tuple(name for name in catalogue["controls"] if name not in posed))
    if rest:
        groups["More"] = ("traits", tuple(rest))
    label = sliders.choose("Change", list(groups), "change", shown=False)
    kind, names = groups[label]
    sliders.draw(catalogue[kind], [name for name in names if name in catalogue[kind]], base[kind], stem)


def _beside(who: Mapping[str, Any]) -> None:
    rows: dict[str, Callable[[Mapping[str, Any]], None]] = {"Ages": _ages, "Twins": _twins, "Look-alikes": _between}
    st.markdown("## Who else they are")
    rows[sliders.choose("Beside", list(rows), "beside", shown=False)](who)


def _ages(who: Mapping[str, Any]) -> None:
    traits = {name: value for name, value in who["traits"].items() if name != "years"}
    asked = {**_small(who), "traits": traits, "years": AGES}
    found = _answer("world-ages", "ages", asked, "Rendering other ages", beside=1)
    if found:
        strip(found["images"], [f"{years} years" for years in AGES])


def _twins(who: Mapping[str, Any]) -> None:
    found = _answer("world-twins", "twins", {**_small(who), "count": _TWINS}, "Rendering twins", beside=1)
    if found:
        strip(found["images"], ["the person", *(f"twin {number}" for number in range(1, _TWINS + 1))])
        st.caption("Identical twins share every trait but for small differences of shape, and have moles of their own.")


def _between(who: Mapping[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        other = sliders.number("Other person", "other", OTHER)
        share = st.slider("Share of the other", 0.0, 1.0, 0.5, 0.05, key="share", bind="query-params", width=300)
    asked = {**_small(who), "other": other, "shares": (0.0, float(share), 1.0)}
    found = _answer("world-between", "between", asked, "Rendering look-alikes", beside=1)
    if found:
        strip(found["images"], [f"person {who['person']}", f"{share:.0%} of the way", f"person {other}"])


def strip(images: Any, captions: list[str]) -> None:
    """Small pictures in a row, each with its words."""
    with st.container(horizontal=True):
        for image, caption in zip(images, captions, strict=True):
            with st.container(width=150, gap="small"):
                st.image(image, width="stretch", caption=caption, alt=f"The person, {caption}")


def source_of(who: Mapping[str, Any]) -> Source:
    """Where a figure of one photograph comes from, and how it is made again."""
    changes = {**who["traits"], **who["controls"]}
    words = [
        f"--set {name}={value:g}" if isinstance(value, float) else f"--set {name}={value}"
        for name, value in changes.items()
    ]
    group = [f"--group {who['group']}"] if who["group"] else []
    command = ["mien world render --out person.png --truth", f"--person {who['person']} --photo {who['photo']}"]
    fields = ", ".join(f"{name}={value!r}" for name, value in who.items())
    load = f"from workbench.studio import Portrait\n\nfound = Portrait({fields}).picture()"
    line = f"person {who['person']} · photograph {who['photo']} · {WORLD}"
    return Source(line, " ".join([*command, *group, *words]), load)


def _small(who: Mapping[str, Any]) -> dict[str, Any]:
    return {**who, "size_px": SIZE_PX * 2 // 3}


def _answer(key: str, question: str, asked: Mapping[str, Any], words: str, beside: int = 0) -> Any | None:
    """An answer that everybody may see, from the process that knows this person; what stands beside the photograph
    comes from the next one, so that the photograph never waits for it."""
    name = "-".join(f"{value}" for value in asked.values())
    by = inference.renderer(int(asked["person"]) + beside)
    return waiting.answer(f"{key}:{name}", lambda: inference.ask(question, keep=True, by=by, **asked), words)
