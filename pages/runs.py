"""Runs: every run of this workbench, where it stands, and what can be done with it."""

from workbench.widgets import frame
from workbench.widgets.run_list import run_list

frame.head(
    "Runs",
    "All that was started here or from the command line. A run is a folder: copy it, and it opens elsewhere.",
)
run_list()
