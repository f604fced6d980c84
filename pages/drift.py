"""Drift: how far the organs of a face stray from their places, frame by frame, in a clip of the world or one's own."""

from workbench.widgets import drift, frame

frame.head(
    "Drift",
    "Generators that work frame by frame put eyes, nose and mouth a little beside their places, each time anew."
    " Here the wobble is measured: on clips of the face world, whose truth is known, and on your own.",
    lessons=True,
)
drift.show()
