"""What all containers share: faces as the files they are, files that come to exist whole, and lines with numbers."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from engines.data.images import read_image
from engines.errors import BadInput, MienError

SIZE_PX = 112
Progress = Callable[[float], None]


class MissingPackage(MienError):
    """A container needs a package that is not installed."""


class FaceFiles:
    """Faces of known people: `people` (N,) names, `names` of the pictures (PERSON/PICTURE), and their files.

    Args:
        content: the bytes of picture `i`, an encoded image.
    """

    def __init__(self, people: list[str], names: list[str], content: Callable[[int], bytes]):
        self.people, self.names, self.content = np.array(people), names, content

    def __len__(self) -> int:
        return len(self.names)

    def picture(self, index: int) -> np.ndarray:
        """Picture `index`, (112, 112, 3) uint8 RGB.

        Raises:
            BadInput: it is no picture; the message names it.
        """
        try:
            image = read_image(self.content(index))
        except BadInput as error:
            raise BadInput(f"{self.names[index]}: {error}") from error
        if image.shape[:2] == (SIZE_PX, SIZE_PX):
            return image
        return np.asarray(Image.fromarray(image).resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR))

    def labels(self) -> tuple[list[str], np.ndarray]:
        """The people in the order of their names, and each picture's number among them."""
        names, numbers = np.unique(self.people, return_inverse=True)
        return names.tolist(), numbers

    def heard(self, progress: Progress) -> Iterator[int]:
        """Numbers of all pictures, saying how far it is."""
        for index in range(len(self)):
            yield index
            progress((index + 1) / max(1, len(self)))


@contextmanager
def whole_files(*paths: Path) -> Iterator[list[BinaryIO]]:
    """Files to write, which take their names together when all went well and vanish when it did not.

    Raises:
        BadInput: they cannot be written.
    """
    drafts = [path.with_name(f".{path.name}.{secrets.token_hex(4)}") for path in paths]
    files: list[BinaryIO] = []
    try:
        paths[0].parent.mkdir(parents=True, exist_ok=True)
        files += [draft.open("wb") for draft in drafts]
        yield files
        for file in files:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for draft, path in zip(drafts, paths, strict=True):
            draft.replace(path)
    except OSError as error:
        raise BadInput(f"{paths[0]} cannot be written: {error.strerror or error}. Nothing is kept.") from error
    finally:
        for file in files:
            file.close()
        for draft in drafts:
            draft.unlink(missing_ok=True)


def fields(path: Path, separator: str, count: int | None, form: str) -> Iterator[tuple[int, list[str]]]:
    """Number and fields of each line that is not empty.

    Raises:
        BadInput: the file cannot be read, or a line has another number of fields; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            parts = line.split(separator)
            if count is not None and len(parts) != count:
                raise BadInput(f"{path}, line {number}: a line is {form}, not {line[:80]!r}.")
            yield number, parts


def whole_number(text: str, path: Path, line: int, what: str) -> int:
    """A number of 0 or more in a line.

    Raises:
        BadInput: it is none.
    """
    if not text.strip().isdecimal():
        raise BadInput(f"{path}, line {line}: {what} is {text.strip()[:40]!r}, not a whole number.")
    return int(text)


def safe_names(faces: FaceFiles) -> list[str]:
    """Names PERSON/PICTURE that are good on every disk and differ from each other, with the ending of the content."""
    seen: set[str] = set()
    names = []
    for index, (person, name) in enumerate(zip(faces.people.tolist(), faces.names, strict=True)):
        stem = _plain(Path(name).stem)
        full = f"{_plain(person)}/{stem}"
        full = full if full not in seen else f"{full}-{index}"
        seen.add(full)
        names.append(full)
    return names


def ending(content: bytes) -> str:
    """The ending of an encoded picture's file name."""
    if content[:2] == b"\xff\xd8":
        return ".jpg"
    return ".png" if content[:4] == b"\x89PNG" else ".webp" if content[8:12] == b"WEBP" else ".bmp"


def _plain(text: str) -> str:
    kept = "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in text).strip(". ")
    return kept or "_"
