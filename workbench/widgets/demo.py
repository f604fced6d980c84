"""A page that has no run yet: what would be here, and the button that starts a demo of its recipe."""

import streamlit as st

from engines.errors import MienError
from workbench import jobs
from workbench.paths import public
from workbench.widgets import run_view


def offer(key: str, title: str, text: str, recipe: str) -> None:
    """Draw the state; a run that is started stands in the address from then on.

    Args:
        key: of the page, as in "arena". text: what the demo does.
    """
    with st.container(border=True, key=f"state-no-{key}"):
        st.markdown(f"## {title}")
        st.write(text)
        if public():
            st.caption("This workbench is open to the public: runs can be watched here, not started.")
        elif st.button("Start a demo run", type="primary", icon=":material/play_arrow:", key=f"start-{key}"):
            start(recipe)
        run_view.notice()


def start(recipe: str) -> None:
    """Put a demo in line and show it; what stands in its way is said on the next draw."""
    try:
        st.query_params["run"] = jobs.submit(recipe, "demo").id
    except MienError as error:
        st.session_state["notice"] = str(error)
    st.rerun()
