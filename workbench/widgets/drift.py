"""The Drift page: which view is shown, and of which clip."""

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from workbench import inference
from workbench.widgets import drift_blend, drift_set, drift_streams, drift_views, sliders, waiting
from workbench.widgets.card import Source
from workbench.widgets.detect import CLIPS, CONSENT, fingerprint
from workbench.widgets.provenance import WORLD

BY = "drift"
"""The process that answers this page, so that no other page waits for it."""
WORLD_CLIP, OWN = "Face world", "Your clip"
FAMILIES = ("drift-swap", "real", "smooth-swap", "flicker", "reenact-clip")
PERSON, OTHER, CLIP = 7, 12, 3
FPS, SIZE_PX, TOWER, MAX_MB = 25, 160, "dinov2-s6", 50
OF_A_CLIP: dict[str, Callable[[Mapping[str, Any], Source, str], None]] = {
    "Organs": drift_views.organs,
    "Features": drift_views.features,
}
SET, BLEND, STREAMS = "Real against forged", "Blend by hand", "Streams"


def show() -> None:
    """Draw the chosen view."""
    view = sliders.choose("View", [*OF_A_CLIP, SET, BLEND, STREAMS], "view", shown=False)
    if view == SET:
        drift_set.show()
    elif view == BLEND:
        drift_blend.show()
    elif view == STREAMS:
        drift_streams.show()
    elif (found := _clip()) is not None:
        OF_A_CLIP[view](*found)


def _clip() -> tuple[Mapping[str, Any], Source, str] | None:
    """The face that the controls ask for, where it comes from, and a name for it."""
    if sliders.choose("From", [WORLD_CLIP, OWN], "from") == OWN:
        return _own()
    asked = _asked()
    found = waiting.answer(
        f"drift-film:{asked}",
        lambda: inference.ask("drift_film", keep=True, by=BY, **asked),
        f"Filming and measuring {asked['frames'] / FPS:.0f} s",
    )
    if found is None:
        return None
    line = f"{asked['family']} clip {asked['seed']} · person {asked['person']} · {WORLD}"
    call = ", ".join(f"{name}={value!r}" for name, value in asked.items())
    load = f"from workbench.drift_questions import drift_film\n\nfound = drift_film(print, {call})"
    return {**found["faces"][0], "mp4": found["mp4"]}, Source(line, "", load), str(asked)


def _asked() -> dict[str, Any]:
    family = sliders.choose("Clip", FAMILIES, "clip")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        person = sliders.number("Person", "person", PERSON)
        seed = sliders.number("Clip number", "clip-number", CLIP)
        other = sliders.number("With the face of", "source", OTHER) if family != "real" else OTHER
        seconds = st.slider("Length / s", 1, 4, 2, key="seconds", bind="query-params", width=180)
    numbers = {"family": family, "seed": seed, "person": person, "source": other}
    return {**numbers, "frames": int(seconds) * FPS, "size_px": SIZE_PX}


def _own() -> tuple[Mapping[str, Any], Source, str] | None:
    st.caption(CONSENT)
    file = st.file_uploader("Clip", CLIPS, key="drift-file", max_upload_size=MAX_MB, label_visibility="collapsed")
    if file is None:
        st.info(
            "Choose a clip of a face, a few seconds long: every frame of it is read. Sharp and frontal faces are read"
            " best.",
            icon=":material/movie:",
        )
        return None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        start = st.number_input("From second", 0.0, 600.0, 0.0, 1.0, key="start", bind="query-params", width=150)
        seconds = st.slider("Length / s", 1, 8, 5, key="part", bind="query-params", width=180)
    data = file.getvalue()
    asked: dict[str, Any] = {"start_s": float(start), "seconds": float(seconds)}
    name = f"{fingerprint(data)}-{asked}"
    found = waiting.answer(
        f"drift-clip:{name}", lambda: inference.ask("drift_clip", by=BY, data=data, **asked), "Reading every frame"
    )
    if found is None:
        return None
    number = _face(found["faces"])
    face = found["faces"][number]
    line = f"your clip, not kept · {face['from_s']:.1f} to {face['to_s']:.1f} s · landmarks as they were read"
    load = (
        "from pathlib import Path\n\nfrom workbench.drift_questions import drift_clip\n\n"
        f"found = drift_clip(print, Path('YOUR-CLIP').read_bytes(), {start:g}, {seconds:g})"
    )
    return face, Source(line, "", load), f"{name}-{number}"


def _face(faces: list[Any]) -> int:
    if len(faces) == 1:
        return 0
    names = [f"Face {number + 1}" for number in range(len(faces))]
    return names.index(
        sliders.choose("Face", names, "face", help="Those seen longest first; a cut ends a face's track")
    )
