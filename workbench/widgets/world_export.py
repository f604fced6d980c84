"""Writing a set out: kind, name, the command that does the same, progress and cancel."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engines.errors import MienError
from workbench import exporting, inference
from workbench.paths import public
from workbench.widgets import sliders, states, waiting, world_set

_ORDER = "world-export-order"


def show(spec: Mapping[str, Any]) -> None:
    """Draw the export of a set."""
    st.markdown("## Take it along")
    kind = sliders.choose("As", list(exporting.KINDS), "kind")
    st.caption(exporting.KINDS[kind])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        size = st.select_slider(
            "Side / px", (64, 112, 160, 224, 256, 512), 112, key="size", bind="query-params", width=260
        )
        form = "png" if kind == "deepfakebench" else st.selectbox("Format", ("png", "jpg"), key="format", width=110)
        fakes = (
            st.number_input("Forgeries of each family", 0, 100_000, 100, 10, key="fakes", width=200)
            if kind == "deepfakebench"
            else 100
        )
        name = st.text_input("Folder", f"{kind}-{spec['split']}-{spec['seed']}", key=f"folder-{kind}", width=240)
    whole = {**spec, "size_px": size}
    extra = [f"--format {form}"] if form != "png" else []
    extra += [f"--fakes {fakes}"] if kind == "deepfakebench" else []
    st.code(
        " ".join([world_set.command(f"mien world export {kind} {name}", whole), *extra]), language=None, wrap_lines=True
    )
    if public():
        st.info("This workbench is open to the public: sets are written from the command line.", icon=":material/lock:")
        return
    order = {"kind": kind, "folder": name, "spec": whole, "file_format": str(form), "fakes": int(fakes)}
    if st.button("Export", type="primary", icon=":material/download:"):
        waiting.forget("world-export:now")
        st.session_state[_ORDER] = order
    if _ORDER in st.session_state:
        _follow(st.session_state[_ORDER])


def _follow(order: Mapping[str, Any]) -> None:
    try:
        told = waiting.answer(
            "world-export:now", lambda: inference.ask("export", by="export", **order), f"Writing {order['folder']}"
        )
    except MienError as error:
        states.failed(error)
        return
    if told is not None:
        st.success(
            f"{told['photographs']} photographs of {told['people']} people are in `{told['folder']}`"
            f" ({told['bytes'] / 1e6:.1f} MB).",
            icon=":material/folder:",
        )
