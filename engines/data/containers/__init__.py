"""The containers in which faces of known people are kept, and the way from each to each.

    folder      ROOT/PERSON/PICTURE, what every tool reads
    rec         X.rec with X.idx, MXNet's indexed recordio as insightface writes it
    cvlface     ROOT/train.rec, train.idx, train.tsv
    lmdb        ROOT/data.mdb (needs the package lmdb)
    tfrecord    ROOT/*.tfrecord with a text index, as TFace reads them
    bin         X.bin, pairs rather than people: insightface's verification sets

Pictures are copied as the files they are, never decoded and encoded again. What is written comes to exist whole or not
at all.
"""

from collections.abc import Callable
from pathlib import Path

from engines.data.containers import cvlface, folder, lmdb_store, pairs_bin, recordio, tfrecord
from engines.data.containers.base import FaceFiles, Progress
from engines.errors import BadInput

__all__ = ["KINDS", "convert", "kind_of", "open_faces", "target_kind"]
KINDS = ("folder", "rec", "cvlface", "lmdb", "tfrecord", "bin")
_OPEN: dict[str, Callable[[Path], FaceFiles]] = {
    "folder": folder.read, "rec": recordio.read, "cvlface": cvlface.read, "lmdb": lmdb_store.read,
    "tfrecord": tfrecord.read,
}  # fmt: skip
_WRITE: dict[str, Callable[[FaceFiles, Path, Progress], None]] = {
    "folder": folder.write, "rec": recordio.write, "cvlface": cvlface.write, "lmdb": lmdb_store.write,
    "tfrecord": tfrecord.write,
}  # fmt: skip


def kind_of(path: Path) -> str:
    """What kind of container lies at a path.

    Raises:
        BadInput: nothing is there, or a file of no known kind.
    """
    if path.is_dir():
        marks = {"cvlface": "train.rec", "lmdb": "data.mdb", "tfrecord": "*.tfrecord"}
        return next((kind for kind, mark in marks.items() if any(path.glob(mark))), "folder")
    if path.suffix in (".rec", ".bin") and path.is_file():
        return path.suffix[1:]
    if not path.exists():
        raise BadInput(f"There is nothing at {path}; name a folder PERSON/PICTURE, a .rec, a .bin or a container.")
    raise BadInput(f"{path} is no container of faces that is known; there are {', '.join(KINDS)}.")


def target_kind(path: Path) -> str:
    """The kind that a name asks for by its ending; without one a folder."""
    return path.suffix[1:] if path.suffix[1:] in KINDS else "folder"


def open_faces(path: Path) -> FaceFiles:
    """The faces in a container; pictures are read when they are asked for.

    Raises:
        BadInput: there is none, it is damaged, or it holds pairs and not people.
        MissingPackage: it is an LMDB and the package is not installed.
    """
    kind = kind_of(path)
    if kind == "bin":
        raise BadInput(f"{path} holds pairs, not people; it can be tested on (sets={path}), not trained on.")
    return _OPEN[kind](path)


def convert(
    source: Path, target: Path, to: str = "", pairs: Path | None = None, progress: Progress = lambda share: None
) -> int:
    """Copy all faces, or all pairs, from one container into another kind; how many pictures were written.

    Args:
        to: the target's kind; by default what its ending says. pairs: for a .bin of people, a list of `path;path`
            or `path;path;0|1`.

    Raises:
        BadInput: the source is damaged, the target exists or cannot be made of this source, or a list's line is wrong.
    """
    came, goes = kind_of(source), to or target_kind(target)
    if goes not in KINDS:
        raise BadInput(f"There is no container {goes!r}; there are {', '.join(KINDS)}.")
    if target.exists():
        raise BadInput(f"{target} exists already; choose a new name, so that nothing is overwritten.")
    if came == "bin" and goes == "folder":
        return pairs_bin.unpack(pairs_bin.read_bin(source), target, progress)
    if came == "bin":
        raise BadInput(f"{source} holds pairs, not people: it can become a folder, not {goes}.")
    if goes == "bin":
        return pairs_bin.pack(source, pairs or source / "pairs.txt", target, progress)
    faces = open_faces(source)
    _WRITE[goes](faces, target, progress)
    return len(faces)
