"""The link that restores the view one is looking at: page, run, seed, selection."""

from urllib.parse import urlencode

import streamlit as st

CHOSEN, MOST = "points", 300
"""The parameter of chosen points, and how many an address holds; browsers take some 2,000 characters."""


def link(**always: str) -> str:
    """The address of this view. `always` are parameters that must be in it even where they hold their default."""
    kept = {name: st.query_params.get_all(name) for name in st.query_params}
    query = urlencode({**kept, **always}, doseq=True)
    return f"{st.context.url or ''}{f'?{query}' if query else ''}"


def remember(name: str, value: str) -> None:
    """Put a parameter into the address, if it is not there as it is."""
    if st.query_params.get(name) != value:
        st.query_params[name] = value


def teaching() -> bool:
    """Whether lessons are open: `?teach=1`."""
    return st.query_params.get("teach", "") not in ("", "0", "false")


def told_places(key: str) -> list[int]:
    """The points that the address named as chosen when this session first drew the figure of that key."""
    words = st.query_params.get(CHOSEN, "").split(".")
    return st.session_state.setdefault(f"told-{key}", [int(word) for word in words if word.isdecimal()])


def chosen_places(key: str, now: list[int]) -> list[int]:
    """What is chosen in a figure, `now` or as the address says for as long as nothing was chosen in this session; the
    address holds it from now on, unless there are more than `MOST`."""
    if not now and not st.session_state.get(f"chosen-{key}"):
        return told_places(key)
    st.session_state[f"chosen-{key}"] = True
    if now and len(now) <= MOST:
        remember(CHOSEN, ".".join(map(str, now)))
    elif CHOSEN in st.query_params:
        del st.query_params[CHOSEN]
    return now
