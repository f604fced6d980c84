"""Reconstruction: the two faces that a detector's features bring back out of a forgery."""

from workbench.widgets import frame, reconstruction, states
from workbench.widgets.pickers import run_picker

frame.head(
    "Reconstruction",
    "A swapped face mixes two people. DiffusionFake trains a detector whose features must steer a frozen diffusion"
    " model back to each of them: to the source, whose face was taken, and to the target, whose picture it"
    " was put into.",
    lessons=True,
)
run = run_picker(reconstruction.has_faces)
if run is None:
    states.empty(
        "No DiffusionFake run yet",
        "This page shows what a training draws of source and target. The frozen denoiser of rendered faces that it"
        " steers comes with Mien.",
        "Train one",
        "train",
        recipe="diffusionfake",
        preset="demo",
    )
else:
    reconstruction.show(run)
