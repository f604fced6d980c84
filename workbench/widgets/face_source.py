"""Where a face to look at comes from: the face world with its truth, the sample photograph, or the visitor.

As on the Detect page, what a visitor brings stays in memory.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from workbench import inference
from workbench.widgets import detect, families, sliders, waiting

WORLD, SAMPLE, OWN = "Face world", "Sample photograph", "My photograph"


@dataclass(frozen=True, eq=False)
class Subject:
    """An aligned face (112, 112, 3) uint8 RGB, others it may be compared with by name, and where it comes from.

    `shared` says whether everybody may see it, so that answers about it may be kept.
    """

    face: np.ndarray
    others: dict[str, np.ndarray]
    name: str
    line: str
    shared: bool


def choose() -> Subject | None:
    """Draw the source; the face, or None while there is none."""
    kind = sliders.choose("Face from", [WORLD, SAMPLE, OWN], "from")
    return _world() if kind == WORLD else _photograph(sample=kind == SAMPLE)


def _world() -> Subject | None:
    if not (forgeries := families.ready()):
        return None
    with st.container(horizontal=True, vertical_alignment="bottom"):
        family = st.selectbox("Forgery", forgeries, key="family", bind="query-params", width=220)
        number = int(st.number_input("Number", 0, 999, 3, key="number", bind="query-params", width=130))
        which = sliders.choose("Picture", ["forged", "real", "source"], "picture")
    found = waiting.answer(
        f"subject:{family}-{number}",
        lambda: inference.ask("subject", keep=True, family=family, seed=number),
        "Making the forgery",
    )
    if found is None:
        return None
    pictures = {name: found[name] for name in ("forged", "real", "source")}
    line = f"face world, {family} {number}, {which}"
    others = {f"the {name} picture": picture for name, picture in pictures.items() if name != which}
    return Subject(pictures[which], others, f"{family}-{number}-{which}", line, shared=True)


def _photograph(sample: bool) -> Subject | None:
    if sample:
        st.caption("Eileen Collins, NASA portrait, public domain.")
        data: bytes | None = detect.SAMPLE.read_bytes()
    else:
        data = _own("Photograph", "mine")
    if data is None:
        st.info("Choose a photograph with a face in it.", icon=":material/add_photo_alternate:")
        return None
    if (found := _faces(data, sample, "judge")) is None:
        return None
    others = {f"face {number + 1}": crop for number, crop in enumerate(found[1:], start=1)}
    if not sample and (second := _own("Another face to compare with, if you like", "theirs")):
        others |= {f"face {n + 1} of the other": crop for n, crop in enumerate(_faces(second, False, "other") or ())}
    line = "sample photograph, NASA, public domain" if sample else "your photograph, not kept"
    return Subject(found[0], others, detect.fingerprint(data), line, shared=sample)


def _own(label: str, key: str) -> bytes | None:
    st.caption(detect.CONSENT) if key == "mine" else None
    file = st.file_uploader(label, list(detect.PICTURES), key=key, max_upload_size=50)
    return file.getvalue() if file else None


def _faces(data: bytes, sample: bool, stem: str) -> Any | None:
    """Aligned faces of a photograph, the largest first; None while they are looked for or where there are none."""
    found = waiting.answer(
        f"{stem}:{detect.fingerprint(data)}",
        lambda: inference.ask("judge", keep=sample, data=data),
        "Looking for faces",
    )
    if found is not None and not len(found["crops"]):
        st.warning("No face was found. Use a picture in which a face is at least 40 pixels wide and not turned away.")
        return None
    return None if found is None else found["crops"]
