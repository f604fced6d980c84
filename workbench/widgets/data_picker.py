"""Which pictures a detector is looked at with: the face world's, or a folder on the machine that runs Mien."""

import streamlit as st

from workbench.paths import public
from workbench.widgets.provenance import WORLD

WORLD_DATA = "world"


def picker() -> str:
    """Draw the picker; "world" or a path. A public workbench reads no folders."""
    if public():
        return WORLD_DATA
    path = st.text_input(
        "Pictures", WORLD_DATA, key="data", bind="query-params", width=340,
        help="“world”, or a folder with real/ and fake/, a DeepfakeBench JSON, or another layout that"
        " `mien data check` knows. At most 400 pictures of it are shown.",
    )  # fmt: skip
    return path.strip() or WORLD_DATA


def label(data: str) -> str:
    """The pictures in words that keep the face world apart."""
    return WORLD if data == WORLD_DATA else f"data: {data}"
