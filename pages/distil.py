"""Distil: a small network learns from a large one of another kind, through an assistant made of both."""

from workbench.widgets import distil, frame
from workbench.widgets.pickers import run_picker

frame.head(
    "Distil",
    "A convolutional network and a transformer see differently, so that one teaches the other badly. TAS puts an"
    " assistant between them: the front of one, the tail of the other. Here it races against seven rivals.",
    lessons=True,
)
run = run_picker(distil.is_distillation)
if run is None:
    distil.empty()
else:
    distil.show(run)
