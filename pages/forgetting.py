"""Forgetting: what is lost while something new is learned, as it happens."""

from workbench.widgets import forgetting, frame

frame.head(
    "Forgetting",
    "A network that learns new classes loses old ones. SAFE shares the work: a slow learner that never changes again,"
    " and a fast one that follows. Here is what each method still knows, while it learns.",
    lessons=True,
)
forgetting.page()
