"""CIFAR-100 as it is distributed: `cifar-100-python/` with the pickles train, test and meta (fine labels).

A pickle may run any code; these are read by an unpickler that knows arrays and plain containers and nothing else.
"""

import pickle
from pathlib import Path
from typing import Any

import numpy as np

from engines.continual.data.files import Array
from engines.continual.stream import Part, Stream
from engines.errors import BadInput

FILES = ("train", "test", "meta")
_ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"), ("numpy._core.multiarray", "_reconstruct"), ("numpy", "ndarray"),
    ("numpy", "dtype"), ("_codecs", "encode"),
}  # fmt: skip


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it would import {module}.{name}")
        return super().find_class(module, name)


def fits(folder: Path) -> bool:
    """Whether a folder holds the three files."""
    return all((folder / name).is_file() for name in FILES)


def read(folder: Path) -> Stream:
    """The stream of its 100 fine classes.

    Raises:
        BadInput: a file is damaged, holds anything but arrays, or pictures and labels differ in number.
    """
    meta = _load(folder / "meta")
    names = tuple(_text(name) for name in _get(meta, "fine_label_names", folder / "meta"))
    return Stream("CIFAR-100", names, _part(folder / "train"), _part(folder / "test"))


def _part(path: Path) -> Part:
    content = _load(path)
    data, labels = np.asarray(_get(content, "data", path)), np.asarray(_get(content, "fine_labels", path), np.int64)
    if data.ndim != 2 or data.shape[1] != 3072 or data.dtype != np.uint8:
        raise BadInput(f"{path} holds {data.dtype} {data.shape}, not pictures of 3,072 bytes each; fetch it again.")
    images = data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return Part(Array(images), labels, np.zeros(len(labels), np.int64))


def _load(path: Path) -> dict[Any, Any]:
    try:
        with path.open("rb") as file:
            content = _Plain(file, encoding="bytes").load()
    except (OSError, pickle.UnpicklingError, EOFError, ValueError, AttributeError, IndexError, KeyError) as error:
        raise BadInput(f"{path} is not a file of CIFAR-100 ({error}); fetch cifar-100-python again.") from None
    if not isinstance(content, dict):
        raise BadInput(f"{path} is not a file of CIFAR-100; fetch cifar-100-python again.")
    return content


def _get(content: dict[Any, Any], key: str, path: Path) -> Any:
    found = content.get(key, content.get(key.encode()))
    if found is None:
        raise BadInput(f"{path} has no {key}; it is CIFAR-100's python version that is read.")
    return found


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
