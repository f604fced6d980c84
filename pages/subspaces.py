"""Subspaces: what a run did inside the attention weights, beside where it started."""

from workbench.widgets import frame, states, subspaces
from workbench.widgets.pickers import run_picker

frame.head(
    "Subspaces",
    "Each attention weight is a sum of directions, ordered by how strongly they act. Effort freezes the strong ones and"
    " trains the last. Here is what that leaves room for, and what moved.",
    lessons=True,
)
run = run_picker(subspaces.has_spectra)
if run is None:
    states.empty(
        "No finished run to look into",
        "This page shows the weights of a trained detector. A demo run takes about two minutes.",
        "Train one",
        "train",
        recipe="effort",
        preset="demo",
    )
else:
    subspaces.show(run)
