"""Arena: detectors against forgery families, measured as a job and shown while it fills."""

from workbench.widgets import arena, frame
from workbench.widgets.pickers import run_picker

frame.head(
    "Arena",
    "Detectors that are trained meet the same pictures: every forgery family, damaged pictures, and their own promises."
    " Each number has its interval; people in the test were never trained on.",
    lessons=True,
)
run = run_picker(arena.is_arena)
if run is None:
    arena.empty()
else:
    arena.show(run)
