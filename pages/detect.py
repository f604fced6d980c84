"""Detect: a photograph, a clip or a webcam picture; the faces found, what the detectors say of each, and why."""

from workbench.widgets import detect, frame

frame.head(
    "Detect",
    "At least two detectors judge each face that is fit to be judged, and abstain from the rest. A score is a reason"
    " to look closer, never proof.",
    lessons=True,
)
detect.show()
