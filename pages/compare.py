"""Compare: two detectors on the same pictures, family by family, map against map, weight against weight."""

from workbench.widgets import compare, frame

frame.head(
    "Compare",
    "Two detectors on the same pictures: where they disagree, on which families one is better and how sure that is,"
    " where each looks, and how far their weights have turned from each other.",
    lessons=True,
)
compare.show()
