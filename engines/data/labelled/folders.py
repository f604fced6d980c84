"""Folders of classes: ImageFolder's layout, and Caltech-101.

`train/<class>/*.jpg` and `test/<class>/…` (or `val/`), or only `<class>/…`, of which a fifth of each class is then held
out, as GuidedMixup does with Caltech-101. Masks lie, where there are some, in `masks/<class>/<picture>.png`.
"""

from pathlib import Path

from engines.data.labelled.base import Entry, Labelled, Splits, mask_reader, pictures_in, reader
from engines.errors import BadInput

HELD_OUT = 0.2
NOISE = "BACKGROUND_Google"
"""A folder of Caltech-101 that is no class."""


def image_folder(root: Path) -> Splits:
    """See the module.

    Raises:
        BadInput: there is no folder with pictures, or training and test have other classes.
    """
    test = next((root / name for name in ("test", "val") if (root / name).is_dir()), None)
    if (root / "train").is_dir() and test is not None:
        parts = [_classes(folder, root) for folder in (root / "train", test)]
        if parts[0].classes != parts[1].classes:
            odd = sorted(set(parts[0].classes) ^ set(parts[1].classes))
            raise BadInput(f"{root}: the class {odd[0]!r} is in only one of train and {test.name}; give both the same.")
        return Splits(*parts)
    return Splits(*_classes(root, root).split(HELD_OUT, seed=0))


def caltech(root: Path) -> Splits:
    """Caltech-101: `101_ObjectCategories/<class>/image_0001.jpg`.

    Raises:
        BadInput: as `image_folder`.
    """
    inner = root / "101_ObjectCategories"
    return image_folder(inner if inner.is_dir() else root)


def _classes(folder: Path, root: Path) -> Labelled:
    skipped = {NOISE, "masks"}
    folders = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    named = [(path, pictures_in(path)) for path in folders if path.name not in skipped]
    named = [(path, files) for path, files in named if files]
    if len(named) < 2:
        raise BadInput(f"{folder} holds {len(named)} folders with pictures; a class is a folder, and two are needed.")
    entries = []
    for label, (path, files) in enumerate(named):
        for file in files:
            mask = root / "masks" / path.name / f"{file.stem}.png"
            known = mask_reader(mask) if mask.is_file() else None
            entries.append(Entry(f"{path.name}/{file.stem}", label, reader(file), known))
    return Labelled(tuple(path.name for path, _ in named), tuple(entries))
