"""Identities: anchors on a sphere, a person who does not exist in other poses and at other ages, and whole sets."""

from workbench.widgets import frame, identities

frame.head(
    "Identities",
    "ID³ spreads points on the sphere of a face recogniser, and draws each of them as one person who does not exist:"
    " turned, aged, and still the same. Look at how, and at what it costs.",
    lessons=True,
)
identities.show()
