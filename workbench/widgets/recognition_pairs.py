"""The pairs behind a bin of scores: which part and bin is looked at, and the two faces of each pair in it."""

import numpy as np
import streamlit as st

from engines.data.packed import unpack
from workbench.figures.recognition import BINS, EDGES
from workbench.runs import Run

SHOWN, SHOWN_PX = 8, 56


def choose(database: str, parts: list[str], threshold: float) -> tuple[str, int]:
    """Controls for a part and a bin, which begins at the threshold."""
    left, right = st.columns([1, 2])
    with left:
        part = str(st.selectbox("Part", parts, key=f"{database}-part", bind="query-params"))
    start = int(np.clip(np.searchsorted(EDGES, threshold, "right") - 1, 0, BINS - 1))
    with right:
        options = list(range(BINS))
        number = st.select_slider(
            "Bin of cosines", options, start, format_func=_bin, key=f"{database}-bin", bind="query-params"
        )
    return part, int(number)


def show(run: Run, database: str, cosines: np.ndarray, mine: np.ndarray, number: int) -> None:
    """Pairs of a part (M,) bool whose cosine lies in a bin, mated ones and strangers."""
    pairs, faces = run.arrays(f"pairs-{database}"), run.arrays(f"faces-{database}")
    last = number == BINS - 1
    inside = mine & (cosines >= EDGES[number]) & ((cosines < EDGES[number + 1]) | last)
    st.markdown(f"### Pairs with a cosine of {_bin(number)}")
    for what, kind in (("mated", pairs["same"]), ("strangers", ~pairs["same"])):
        places = np.flatnonzero(inside & kind)
        words = "mated pairs" if what == "mated" else "pairs of strangers"
        st.caption(f"{words}: {len(places)}{f', {SHOWN} of them shown' if len(places) > SHOWN else ''}")
        with st.container(horizontal=True, gap="small", key=f"pairs-{what}"):
            for place in places[np.linspace(0, len(places) - 1, min(SHOWN, len(places))).astype(int)]:
                both = np.concatenate([unpack(faces, pairs[name][place]) for name in ("first", "second")], axis=1)
                with st.container(width=2 * SHOWN_PX, gap="xxsmall", key=f"pair-{what}-{place}"):
                    words = f"Two pictures, {what}, cosine {cosines[place]:.2f}"
                    st.image(both, width="stretch", alt=words)
                    st.caption(f"{cosines[place]:.2f}")


def _bin(number: int) -> str:
    return f"{EDGES[number]:.2f} to {EDGES[number + 1]:.2f}"
