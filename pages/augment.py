"""Augment: pictures taken apart and put together anew, beside the methods that mix or generate whole ones."""

from workbench.widgets import augment, frame

frame.head(
    "Augment",
    "De-DA takes a picture apart into the object, which decides its class, and the place, which should not. Objects are"
    " edited gently and stood before the places of other classes. Rivals mix two pictures, or generate whole ones.",
    lessons=True,
)
augment.show()
