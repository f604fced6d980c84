"""CIFAR-100 as it is distributed: `cifar-100-python/{train,test,meta}`, pickles of Python 2.

A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009. A pickle may run any code when it is
read, so that only what these files hold is let through: lists, dicts, text, numbers and NumPy arrays.
"""

import io
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.data.labelled.base import Entry, Labelled, Splits
from engines.errors import BadInput

SIDE_PX = 32
FOLDER = "cifar-100-python"
_ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("_codecs", "encode"),
}


def find(root: Path) -> Path | None:
    """The folder with the three files: `root` itself or its `cifar-100-python`."""
    places = (root, root / FOLDER)
    return next(
        (place for place in places if all((place / name).is_file() for name in ("train", "test", "meta"))), None
    )


def load(folder: Path) -> Splits:
    """Training and test pictures, (32, 32, 3), with their fine labels.

    Raises:
        BadInput: a file holds something else than CIFAR-100.
    """
    classes = _read(folder / "meta").get(b"fine_label_names", [])
    names = tuple(name.decode() for name in classes)
    return Splits(*(_part(folder / split, names) for split in ("train", "test")))


def _part(path: Path, names: tuple[str, ...]) -> Labelled:
    found = _read(path)
    try:
        labels = [int(label) for label in found[b"fine_labels"]]
        rows = np.asarray(found[b"data"], np.uint8).reshape(len(labels), 3, SIDE_PX, SIDE_PX)
        images = np.ascontiguousarray(rows.transpose(0, 2, 3, 1))
        entries = (Entry(f"{names[k]}/{n}", k, _Row(images, n)) for n, k in enumerate(labels))
        return Labelled(names, tuple(entries))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BadInput(f"{path} is no batch of CIFAR-100 ({error!r}); take the Python version's files.") from None


@dataclass(frozen=True, eq=False)
class _Row:
    """Gives one picture of many when it is asked."""

    images: np.ndarray
    number: int

    def __call__(self) -> np.ndarray:
        return self.images[self.number]


class _Careful(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise BadInput(f"The file asks for {module}.{name}, which no CIFAR-100 file does; it was not run.")
        return super().find_class(module, name)


def _read(path: Path) -> dict[bytes, Any]:
    try:
        found = _Careful(io.BytesIO(path.read_bytes()), encoding="bytes").load()
    except (pickle.UnpicklingError, EOFError, IndexError, ValueError) as error:
        raise BadInput(f"{path} cannot be read as a pickle ({error}); fetch it again.") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} holds no dict; take the Python version's files.")
    return found
