"""The Lessons page: each system's lesson, its steps, and a sheet to print."""

import streamlit as st

from workbench import courses
from workbench.widgets import course_bar


def show() -> None:
    """Draw all lessons."""
    for course in courses.courses().values():
        with st.container(border=True, key=f"course-{course.name}"):
            _one(course)


def _one(course: courses.Course) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(f"## {course.title}", width="content")
        st.caption(f"{len(course.steps)} steps, about {course.minutes} minutes", width="content")
    if course.start:
        st.caption(course.start)
    for number, step in enumerate(course.steps, start=1):
        course_bar.link(course, number, f"{number}. {step.title}", ":material/arrow_forward:")
    st.download_button(
        "Sheet to print", lambda: courses.sheet(course), f"mien-{course.name}.html", "text/html",
        key=f"sheet-{course.name}", icon=":material/print:", on_click="ignore",
    )  # fmt: skip
