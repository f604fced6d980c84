"""A grid of small pictures, each with a line under it, as the other half of a scatter that they were chosen in."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

MOST = 24
_WIDTH_PX = 92


def grid(pictures: np.ndarray, lines: Sequence[str], key: str) -> None:
    """Draw up to `MOST` pictures (N, H, W, 3) uint8; how many more there are is said."""
    with st.container(horizontal=True, gap="small", key=key):
        for picture, line in zip(pictures[:MOST], lines[:MOST], strict=True):
            with st.container(width=_WIDTH_PX, gap="xxsmall"):
                st.image(picture, width="stretch", alt=line)
                st.caption(line)
    if len(pictures) > MOST:
        st.caption(f"{MOST} of the {len(pictures)} chosen are shown.")
