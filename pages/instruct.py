"""Instruct: a multimodal model that is taught one kind of question after another."""

from workbench.widgets import frame, instruct

frame.head(
    "Instruct",
    "A model that sees and answers is taught one kind of question after another, and forgets how to answer the old."
    " LLaCA averages its weights by a share that follows from the gradients, and keeps apart what is asked otherwise.",
    lessons=True,
)
instruct.page()
