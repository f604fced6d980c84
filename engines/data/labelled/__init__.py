"""Pictures with a class each, as data sets ship them: CUB, Waterbirds, Aircraft, Cars, Caltech-101, and folders.

`read(folder)` tells the layout by its files.
"""

from collections.abc import Callable
from pathlib import Path

from engines.data.labelled.base import Entry, Labelled, Splits
from engines.data.labelled.birds import WATERBIRD, cub, waterbird
from engines.data.labelled.folders import caltech, image_folder
from engines.data.labelled.machines import aircraft, cars
from engines.errors import BadInput

__all__ = ["LAYOUTS", "Entry", "Labelled", "Splits", "layout_of", "read"]

LAYOUTS: dict[str, tuple[Callable[[Path], Splits], tuple[str, ...]]] = {
    "waterbird": (waterbird, (WATERBIRD,)),
    "cub": (cub, ("train_test_split.txt", "CUB_200_2011")),
    "aircraft": (aircraft, ("data/images_variant_trainval.txt", "images_variant_trainval.txt")),
    "cars": (cars, ("devkit/cars_train_annos.mat",)),
    "caltech": (caltech, ("101_ObjectCategories",)),
    "folder": (image_folder, (".",)),
}
"""Layout -> its reader, and files or folders of which one tells it; the first that fits is taken."""


def layout_of(root: Path) -> str:
    """The layout of a folder.

    Raises:
        BadInput: there is no such folder.
    """
    if not root.is_dir():
        raise BadInput(f"There is no folder {root}. Give one of the layouts {', '.join(LAYOUTS)}.")
    return next(name for name, (_, signs) in LAYOUTS.items() if any((root / sign).exists() for sign in signs))


def read(root: str | Path) -> Splits:
    """The pictures of a folder, by its layout.

    Raises:
        BadInput: there is no such folder, or what its layout needs is missing.
    """
    root = Path(root)
    return LAYOUTS[layout_of(root)][0](root)
