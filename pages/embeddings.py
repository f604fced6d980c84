"""Embeddings: pictures in a detector's feature space, who is near whom, and which directions the answer needs."""

from workbench.widgets import embeddings, frame

frame.head(
    "Embeddings",
    "Where pictures lie in the feature space of a detector: draw around some to see them and their"
    " neighbours, or take directions away and watch what a probe can still tell.",
    lessons=True,
)
embeddings.show()
