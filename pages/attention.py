"""Attention: what each head of a detector looks at, how it flows to the answer, and maps with their controls."""

from workbench.widgets import attention, frame

frame.head(
    "Attention",
    "What each head of a detector looks at, how that flows to the answer, and which places move a number of your"
    " choice. Each map of Why stands beside a control, and says when it means nothing.",
    lessons=True,
)
attention.show()
