"""The link that restores the view one is looking at: page, run, seed, selection."""

from urllib.parse import urlencode

import streamlit as st


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
