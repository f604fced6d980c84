"""Recognition: what face recognition learns from synthetic faces, as the FRCSyn challenge measures it."""

from workbench.widgets import frame, recognition
from workbench.widgets.pickers import run_picker

frame.head(
    "Recognition",
    "Can faces that nobody has stand in for real ones? One recogniser is trained on real, synthetic and mixed faces and"
    " meets eight demographic groups, years apart, profiles, sunglasses and masks. FRCSyn asked this of teams;"
    " here it is asked of training sets, on the face world.",
    lessons=True,
)
recognition.show(run_picker(recognition.is_frcsyn))
