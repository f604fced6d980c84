"""Verification sets as insightface keeps them: X.bin, a pickle of (2 N encoded pictures, N truth values).

Pictures 2 i and 2 i + 1 are pair i. The pickle is read by `safe_pickle`. As a folder a set is its pictures and
`pairs.txt`, whose lines are `picture;picture;1` for one person and `;0` for two.
"""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from engines.data.containers import safe_pickle
from engines.data.containers.base import SIZE_PX, Progress, ending, fields, whole_files
from engines.data.images import read_image
from engines.errors import BadInput
from engines.faceworld.export.draft import draft


@dataclass(frozen=True, eq=False)
class PairSet:
    """Encoded pictures (2 N), and same (N,) bool."""

    files: list[bytes]
    same: np.ndarray

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Pictures (2 N, 112, 112, 3) uint8 RGB, and same (N,).

        Raises:
            BadInput: a picture cannot be decoded; the message says which.
        """
        return np.stack([_decoded(content, number) for number, content in enumerate(self.files)]), self.same


def read_bin(path: Path) -> PairSet:
    """Read X.bin.

    Raises:
        BadInput: it cannot be read, is damaged, asks for more than plain values, or its lists do not fit.
    """
    try:
        found = safe_pickle.loads(path.read_bytes(), str(path))
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    if not isinstance(found, tuple | list) or len(found) != 2 or not all(isinstance(part, list) for part in found):
        raise BadInput(f"{path} is no verification set: it holds two lists, pictures and truth values.")
    files, same = [_bytes(item, path, i) for i, item in enumerate(found[0])], [bool(value) for value in found[1]]
    if len(files) != 2 * len(same) or not same:
        raise BadInput(f"{path} holds {len(files)} pictures and {len(same)} truth values; two pictures belong to each.")
    return PairSet(files, np.array(same))


def write_bin(pairs: PairSet, path: Path) -> None:
    """Write X.bin, whole or not at all; insightface reads it with `pickle.load(f, encoding="bytes")`."""
    with whole_files(path) as (file,):
        pickle.dump((pairs.files, [bool(value) for value in pairs.same]), file, protocol=4)


def unpack(pairs: PairSet, folder: Path, progress: Progress) -> int:
    """Write a set as a folder; how many pictures it has.

    Raises:
        BadInput: the folder exists or cannot be written; nothing is kept.
    """
    with draft(folder) as place:
        names = []
        for number, content in enumerate(pairs.files):
            names.append(f"{number // 2:06d}-{'ab'[number % 2]}{ending(content)}")
            (place / names[-1]).write_bytes(content)
            progress((number + 1) / len(pairs.files))
        lines = (f"{names[2 * i]};{names[2 * i + 1]};{int(same)}\n" for i, same in enumerate(pairs.same))
        (place / "pairs.txt").write_text("".join(lines))
    return len(pairs.files)


def pack(root: Path, listed: Path, target: Path, progress: Progress) -> int:
    """Make X.bin of a folder and a list of pairs; how many pictures it has.

    Raises:
        BadInput: a line is not `picture;picture` (one person where their folders are one) or `picture;picture;0|1`, or
            names a picture that is not there; the message names the line.
    """
    files: list[bytes] = []
    same: list[bool] = []
    for line, parts in fields(listed, ";", None, "picture;picture"):
        truth = parts[2].strip() if len(parts) == 3 else str(int(_folder(parts[0]) == _folder(parts[-1])))
        if len(parts) not in (2, 3) or truth not in ("0", "1"):
            raise BadInput(f"{listed}, line {line}: a line is picture;picture or picture;picture;0 or 1.")
        files += [_picture(root, name, listed, line) for name in parts[:2]]
        same.append(truth == "1")
    if not same:
        raise BadInput(f"{listed} names no pairs.")
    progress(0.5)
    write_bin(PairSet(files, np.array(same)), target)
    progress(1.0)
    return len(files)


def _folder(name: str) -> str:
    return name.strip().replace("\\", "/").rpartition("/")[0]


def _picture(root: Path, name: str, listed: Path, line: int) -> bytes:
    path = (root / name.strip().replace("\\", "/")).resolve()
    if not path.is_relative_to(root.resolve()):
        raise BadInput(f"{listed}, line {line}: {name.strip()!r} leads out of {root}.")
    try:
        return path.read_bytes()
    except OSError:
        raise BadInput(f"{listed}, line {line}: there is no picture {name.strip()!r} in {root}.") from None


def _bytes(item: object, path: Path, number: int) -> bytes:
    if isinstance(item, np.ndarray) and item.dtype == np.uint8:
        return item.tobytes()
    if isinstance(item, bytes):
        return item
    raise BadInput(f"{path}: picture {number} is {type(item).__name__}, not an encoded picture.")


def _decoded(content: bytes, number: int) -> np.ndarray:
    try:
        image = read_image(content)
    except BadInput as error:
        raise BadInput(f"Picture {number} of the set (pair {number // 2 + 1}): {error}") from error
    if image.shape[:2] == (SIZE_PX, SIZE_PX):
        return image
    return np.asarray(Image.fromarray(image).resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR))
