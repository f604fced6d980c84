"""LMDB: ROOT/data.mdb, where the package lmdb is installed (`pip install lmdb`).

A key is a picture's number in ASCII, its value a pickle of (encoded picture, label); `__len__` and `__keys__` say how
many there are and which. `__names__` (JSON: people, pictures) keeps the names; readers that do not know it pass over
it. ROOT/mask.npy, numbers of the pictures that count, leaves the others out.
"""

import importlib
import json
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from engines.data.containers import safe_pickle
from engines.data.containers.base import FaceFiles, MissingPackage, Progress
from engines.errors import BadInput
from engines.faceworld.export.draft import draft

MAP_BYTES = 1 << 40
_BATCH = 1000


def _lmdb() -> Any:
    try:
        return importlib.import_module("lmdb")
    except ImportError:
        raise MissingPackage("An LMDB needs the package lmdb, which is not installed: pip install lmdb.") from None


@cache
def _store(root: str, file: int) -> Any:
    """An open LMDB; a process may open each but once. `file` is the number of its file, so that another is another."""
    return _lmdb().open(root, readonly=True, lock=False, readahead=False)


def read(root: Path) -> FaceFiles:
    """The faces of an LMDB.

    Raises:
        MissingPackage: the package is not installed.
        BadInput: it cannot be opened or is damaged.
    """
    lmdb = _lmdb()
    try:
        store = _store(str(root.resolve()), (root / "data.mdb").stat().st_ino)
        with store.begin() as look:
            raw = look.get(b"__keys__")
            keys = safe_pickle.loads(raw, f"{root}: __keys__") if raw else [k for k, _ in look.cursor() if k.isdigit()]
            named = json.loads(look.get(b"__names__") or b"null")
    except (lmdb.Error, OSError, ValueError) as error:
        raise BadInput(f"{root} cannot be opened as an LMDB: {error}.") from error
    chosen = _chosen(root, len(keys))

    def value(index: int) -> tuple[bytes, int]:
        with store.begin() as look:
            found = look.get(keys[chosen[index]])
        if found is None:
            raise BadInput(f"{root} has no picture {keys[chosen[index]].decode()}, which its list of keys names.")
        content, label = safe_pickle.loads(found, f"{root}: {keys[chosen[index]].decode()}")
        return content, label

    if named:
        people, names = ([named[part][i] for i in chosen] for part in ("people", "pictures"))
    else:
        people = [str(value(index)[1]) for index in range(len(chosen))]
        names = [f"{who}/{index}" for who, index in zip(people, chosen, strict=True)]
    return FaceFiles(people, names, lambda index: value(index)[0])


def write(faces: FaceFiles, root: Path, progress: Progress) -> None:
    """Write faces as an LMDB.

    Raises:
        MissingPackage: the package is not installed.
        BadInput: it exists or cannot be written; nothing is kept.
    """
    lmdb = _lmdb()
    _, labels = faces.labels()
    with draft(root) as place:
        store = lmdb.open(str(place), map_size=MAP_BYTES)
        change = store.begin(write=True)
        for index in faces.heard(progress):
            change.put(str(index).encode(), pickle.dumps((faces.content(index), int(labels[index]))))
            if index % _BATCH == _BATCH - 1:
                change.commit()
                change = store.begin(write=True)
        change.put(b"__len__", pickle.dumps(len(faces)))
        change.put(b"__keys__", pickle.dumps([str(index).encode() for index in range(len(faces))]))
        change.put(b"__names__", json.dumps({"people": faces.people.tolist(), "pictures": faces.names}).encode())
        change.commit()
        store.close()
        (place / "lock.mdb").unlink(missing_ok=True)


def _chosen(root: Path, count: int) -> list[int]:
    if not (root / "mask.npy").is_file():
        return list(range(count))
    mask = np.load(root / "mask.npy", allow_pickle=False)
    numbers = np.flatnonzero(mask) if mask.dtype == bool else mask.astype(int)
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= count):
        raise BadInput(f"{root / 'mask.npy'} names picture {numbers.max()}; there are {count}.")
    return [int(number) for number in numbers]
