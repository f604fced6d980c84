"""The bar of a lesson above a page: which step it is, what to look at, a question, its answer, and the way on."""

import html
from urllib.parse import urlencode

import streamlit as st

from engines.errors import BadInput
from workbench import courses
from workbench.widgets import states


def show() -> None:
    """Draw the bar of the step that the address names, if it names one."""
    place = st.query_params.get("lesson", "")
    if not place:
        return
    try:
        course, number = courses.step_at(place)
    except BadInput as error:
        st.warning(str(error))
        return
    step = course.steps[number - 1]
    with st.container(border=True, key="lesson-bar"):
        st.caption(f"{course.title} · step {number} of {len(course.steps)}")
        st.markdown(f"## {step.title}")
        st.write(step.text)
        st.markdown(f"**{step.question}**")
        with st.expander(f"Answer to step {number}"):  # a name of its own, or the next step's would stand open too
            st.write(step.answer)
        with st.container(horizontal=True):
            if number > 1:
                _turn(course, number - 1, "← Back")
            if number < len(course.steps):
                _turn(course, number + 1, "Next step →")
            st.page_link(states.page("lessons"), label="All lessons", icon=":material/school:")


def _turn(course: courses.Course, number: int, label: str) -> None:
    """A plain link: the next step is often on the same page, whose controls must begin anew in its state."""
    step = course.steps[number - 1]
    address = html.escape(f"{step.page}?{urlencode(course.address(number))}", quote=True)
    st.html(f'<a class="turn" href="{address}">{label}</a>', width="content")


def link(course: courses.Course, number: int, label: str, icon: str) -> None:
    """A link to a step, on its page and in its state."""
    page = states.page(course.steps[number - 1].page)
    st.page_link(page, label=label, icon=icon, query_params=course.address(number))
