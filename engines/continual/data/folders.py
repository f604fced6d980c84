"""`train/<class>/…` and `test/<class>/…`: ImageNet-R, ImageNet-A, CUB-200, OmniBenchmark and VTAB as they are shared
for class-incremental learning. VTAB's five domains of ten classes arrive in the order of their names, not shuffled."""

from pathlib import Path

import numpy as np

from engines.continual.data.files import Files
from engines.continual.stream import Part, Stream
from engines.data.layouts.base import folders, pictures
from engines.errors import BadInput


def fits(folder: Path) -> bool:
    """Whether it has both folders."""
    return all((folder / split).is_dir() for split in ("train", "test"))


def read(folder: Path) -> Stream:
    """The stream; classes in the order of their folders' names, numbers as numbers.

    Raises:
        BadInput: there are no classes, or the two halves name other ones.
    """
    names = [sorted((one.name for one in folders(folder / split)), key=_order) for split in ("train", "test")]
    if not names[0]:
        raise BadInput(f"{folder / 'train'} has no folders of classes.")
    odd = sorted(set(names[0]) ^ set(names[1]))
    if odd:
        raise BadInput(f"{folder}: the class {odd[0]!r} is in only one of train and test; both must have the same.")
    train, test = (_part(folder / split, names[0]) for split in ("train", "test"))
    return Stream(folder.name, tuple(names[0]), train, test, shuffled="vtab" not in folder.name.lower())


def _part(folder: Path, names: list[str]) -> Part:
    found = [(path, label) for label, name in enumerate(names) for path in sorted(pictures(folder / name))]
    labels = np.array([label for _, label in found], np.int64)
    return Part(Files([path for path, _ in found]), labels, np.zeros(len(labels), np.int64))


def _order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (10**9, name)
