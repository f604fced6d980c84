"""MXNet's indexed recordio in pure Python: X.rec holds records, X.idx says where each begins.

A record: the magic number, a word whose upper three bits say which part of a record this is (0 whole, 1 first, 2
middle, 3 last) and whose lower 29 its length, the content, and zeros up to a multiple of four. Where the magic number
itself stands in a content, on a multiple of four, the record is divided there and the number left out. A content is
a header (flag uint32, label float32, id uint64, id2 uint64), `flag` further float32 labels if flag > 0, and an encoded
picture. As insightface writes a set, record 0 is a header whose labels are one past the last picture and the end of
the people's records; pictures are 1 to that. Little-endian throughout. A label is a float32, exact up to 2^24 people.
"""

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from engines.data.containers.base import FaceFiles, Progress, fields, whole_files, whole_number
from engines.errors import BadInput

MAGIC = 0xCED7230A
_WORDS, _HEADER = struct.Struct("<II"), struct.Struct("<IfQQ")
_MARK = struct.pack("<I", MAGIC)
_LENGTH = (1 << 29) - 1
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)


def read(path: Path) -> FaceFiles:
    """The faces of X.rec; people are named by their labels.

    Raises:
        BadInput: X.idx is missing or wrong, or the file is cut off or damaged; the message names the line of X.idx.
    """
    index = read_index(path.with_suffix(".idx"))
    labels = dict(_labels(path, index))
    if not labels:
        raise BadInput(f"{path} holds no pictures.")
    keys = list(labels)
    people = [str(labels[key]) for key in keys]
    lines = {key: (line, offset) for key, line, offset in index}

    def content(number: int) -> bytes:
        line, offset = lines[keys[number]]
        with path.open("rb") as file:
            return _unpacked(_record(file, path, line, offset), path, line)[1]

    return FaceFiles(people, [f"{who}/{key}" for who, key in zip(people, keys, strict=True)], content)


def write(faces: FaceFiles, path: Path, progress: Progress) -> None:
    """Write faces as X.rec and X.idx.

    Raises:
        BadInput: they cannot be written; nothing is kept.
    """
    target = path if path.suffix == ".rec" else path.with_suffix(".rec")
    with whole_files(target.with_suffix(".idx"), target) as (index, records):
        write_records(faces, records, index, progress)


def write_records(faces: FaceFiles, records: BinaryIO, index: BinaryIO, progress: Progress) -> None:
    """Record 0, the pictures person by person, and a record for each person."""
    names, labels = faces.labels()
    order = sorted(range(len(faces)), key=lambda i: (labels[i], i))
    first = len(faces) + 1
    spans: dict[int, list[int]] = {}
    keep = partial(_keep, records, index)
    keep(0, _packed([first, first + len(names)], 0, b""))
    for done, number in enumerate(order, start=1):
        label = int(labels[number])
        spans.setdefault(label, [done, done + 1])[1] = done + 1
        keep(done, _packed(label, done, faces.content(number)))
        progress(done / len(faces))
    for label, span in spans.items():
        keep(first + label, _packed(span, first + label, b""))


def read_index(path: Path) -> list[tuple[int, int, int]]:
    """Key, line and offset of each record.

    Raises:
        BadInput: a line is not a key, a tab and an offset.
    """
    found = []
    for line, (key, offset) in fields(path, "\t", 2, "a key, a tab and an offset"):
        found.append((whole_number(key, path, line, "the key"), line, whole_number(offset, path, line, "the offset")))
    if not found:
        raise BadInput(f"{path} is empty; it holds a key, a tab and an offset for each record.")
    return found


def _labels(path: Path, index: list[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Key and label of each picture; what record 0 says lies beyond the pictures is left out."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            last: int | None = None
            for key, line, offset in sorted(index):
                label, flag, pictured = _head(file, path, line, offset, size)
                if key == 0 and flag > 0:
                    last = label
                elif (last is None or key < last) and pictured:
                    yield key, label
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error


def _head(file: BinaryIO, path: Path, line: int, offset: int, size: int) -> tuple[int, int, bool]:
    """First label and flag of a record, and whether a picture follows; only its header is read."""
    part, length = _words(file, path, line, offset, offset)
    if offset + _WORDS.size + length > size:
        raise _cut(path, line, offset)
    if length < _HEADER.size:
        raise BadInput(f"{path}, record of line {line} of the index: {length} bytes are too few for a header.")
    flag, label, _, _ = _HEADER.unpack(file.read(_HEADER.size))
    if flag and length >= _HEADER.size + 4:
        (label,) = struct.unpack("<f", file.read(4))
    return int(label), flag, part != _WHOLE or length > _HEADER.size + 4 * flag


def _words(file: BinaryIO, path: Path, line: int, offset: int, at: int) -> tuple[int, int]:
    """Kind and length of the part of a record that begins at a byte."""
    file.seek(at)
    words = file.read(_WORDS.size)
    if len(words) < _WORDS.size:
        raise _cut(path, line, offset)
    magic, word = _WORDS.unpack(words)
    if magic != MAGIC:
        raise BadInput(
            f"{path}, record of line {line} of the index: no record begins at byte {at}. The index belongs to "
            "another file, or the file is damaged."
        )
    return word >> 29, word & _LENGTH


def _record(file: BinaryIO, path: Path, line: int, offset: int) -> bytes:
    parts: list[bytes] = []
    at = offset
    while True:
        part, length = _words(file, path, line, offset, at)
        content = file.read(length)
        if len(content) < length:
            raise _cut(path, line, offset)
        parts.append(content)
        at += _WORDS.size + length + -length % 4
        if part in (_WHOLE, _LAST):
            return _MARK.join(parts)


def _cut(path: Path, line: int, offset: int) -> BadInput:
    return BadInput(
        f"{path} is cut off: its {path.stat().st_size} bytes end within the record of line {line} of the index, which "
        f"begins at byte {offset}. Copy or download it again."
    )


def _unpacked(record: bytes, path: Path, line: int) -> tuple[tuple[float, ...], bytes]:
    """Labels and picture of a record."""
    if len(record) < _HEADER.size:
        raise BadInput(f"{path}, record of line {line} of the index: {len(record)} bytes are too few for a header.")
    flag, label, _, _ = _HEADER.unpack_from(record)
    start = _HEADER.size + 4 * flag
    if not flag:
        return (label,), record[start:]
    if len(record) < start:
        raise BadInput(
            f"{path}, record of line {line} of the index: {flag} labels do not fit into {len(record)} bytes."
        )
    return struct.unpack_from(f"<{flag}f", record, _HEADER.size), record[start:]


def _packed(label: int | list[int], key: int, content: bytes) -> bytes:
    if isinstance(label, int):
        return _HEADER.pack(0, float(label), key, 0) + content
    return _HEADER.pack(len(label), 0.0, key, 0) + struct.pack(f"<{len(label)}f", *label) + content


def _keep(records: BinaryIO, index: BinaryIO, key: int, content: bytes) -> None:
    index.write(f"{key}\t{records.tell()}\n".encode())
    parts = _divided(content)
    for number, part in enumerate(parts):
        kind = _WHOLE if len(parts) == 1 else _FIRST if number == 0 else _LAST if number == len(parts) - 1 else _MIDDLE
        records.write(_WORDS.pack(MAGIC, kind << 29 | len(part)) + part + bytes(-len(part) % 4))


def _divided(content: bytes) -> list[bytes]:
    """A content divided wherever the magic number stands on a multiple of four."""
    parts, start, at = [], 0, content.find(_MARK)
    while at >= 0:
        if at % 4 == 0:
            parts.append(content[start:at])
            start = at + 4
            at = content.find(_MARK, start)
        else:
            at = content.find(_MARK, at + 1)
    return [*parts, content[start:]]
