"""The head of every page: its title, a lead of a sentence or two, and the switch that opens the lessons."""

import streamlit as st

from workbench.widgets import course_bar
from workbench.widgets.permalink import teaching


def head(title: str, lead: str, *, lessons: bool = False) -> None:
    """Draw the head; with `lessons`, also the switch for teacher mode. Below it stands the step of a lesson, if any."""
    with st.container(key="title", gap="small"):
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            st.title(title, anchor=False, width="content")
            if lessons:
                st.toggle(
                    "Lessons",
                    value=teaching(),
                    key="lessons",
                    on_change=_switch,
                    help="Open the text beside each figure",
                )
        st.html(f'<p class="lead">{lead}</p>')
    course_bar.show()


def _switch() -> None:
    if st.session_state["lessons"]:
        st.query_params["teach"] = "1"
    else:
        st.query_params.pop("teach", None)
