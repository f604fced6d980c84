"""Lessons: one a system, a few steps each, every step a live figure with a question."""

from workbench.widgets import course_list, frame

frame.head(
    "Lessons",
    "For a class or for oneself: a few steps for each system, every one a live figure in a stated state, a question,"
    " and its answer. The sheet has the questions to print.",
)
course_list.show()
