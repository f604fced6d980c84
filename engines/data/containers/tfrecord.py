"""TFRecord shards with a text index, as TFace trains on them: ROOT/*.tfrecord and ROOT/index.txt.

A record: length (uint64), its masked CRC-32C, the content, and the content's masked CRC-32C. A content is a
`tf.train.Example` whose feature `image` is an encoded picture. A line of the index is
`name <tab> shard <tab> offset <tab> label`: the picture's name, the shard's number or file name, the byte at which its
record begins, and the number of its person.
"""

import struct
from functools import cache
from pathlib import Path

from engines.data.containers.base import FaceFiles, Progress, fields, safe_names, whole_number
from engines.errors import BadInput
from engines.faceworld.export.draft import draft

PER_SHARD = 10_000
FORM = "name, shard, offset and label, with tabs between"
_LENGTH, _CRC = struct.Struct("<Q"), struct.Struct("<I")
_BYTES, _VARINT = 2, 0


def read(root: Path) -> FaceFiles:
    """The faces of a folder of shards.

    Raises:
        BadInput: there is no index, or a line of it is wrong.
    """
    index = next((path for path in sorted(root.glob("*.txt"))), None)
    shards = sorted(root.glob("*.tfrecord"))
    if index is None:
        raise BadInput(f"{root} has shards but no index: a text file of {FORM}.")
    by_name = {path.name: path for path in shards} | {path.stem: path for path in shards}
    people, names, places = [], [], []
    for line, (name, shard, offset, label) in fields(index, "\t", 4, FORM):
        file = shards[int(shard)] if shard.isdecimal() and int(shard) < len(shards) else by_name.get(shard)
        if file is None:
            raise BadInput(f"{index}, line {line}: there is no shard {shard!r} in {root}.")
        places.append((file, whole_number(offset, index, line, "the offset"), line))
        folder = name.replace("\\", "/").rpartition("/")[0]
        people.append(folder.rpartition("/")[2] or label)
        names.append(name)
    if not names:
        raise BadInput(f"{index} is empty; a line is {FORM}.")
    return FaceFiles(people, names, lambda number: _image(*places[number]))


def write(faces: FaceFiles, root: Path, progress: Progress) -> None:
    """Write faces as shards and their index.

    Raises:
        BadInput: the folder exists or cannot be written; nothing is kept.
    """
    _, labels = faces.labels()
    names = safe_names(faces)
    with draft(root) as place, (place / "index.txt").open("w", encoding="utf-8") as index:
        for number in faces.heard(progress):
            shard = number // PER_SHARD
            with (place / f"shard-{shard:05d}.tfrecord").open("ab") as file:
                index.write(f"{names[number]}.jpg\t{shard}\t{file.tell()}\t{labels[number]}\n")
                file.write(_framed(example(faces.content(number), int(labels[number]))))


def example(image: bytes, label: int) -> bytes:
    """A `tf.train.Example` of a picture and a label."""
    features = {"image": _field(1, _field(1, image)), "label": _field(3, _field(1, _varint(label)))}
    entries = (_field(1, _field(1, name.encode()) + _field(2, value)) for name, value in sorted(features.items()))
    return _field(1, b"".join(entries))


def image_of(content: bytes) -> bytes:
    """The picture of an Example.

    Raises:
        ValueError: it has none.
    """
    for features in _found(content, 1):
        for entry in _found(features, 1):
            if next(iter(_found(entry, 1)), b"") == b"image":
                return next(iter(_found(next(iter(_found(next(iter(_found(entry, 2))), 1))), 1)))
    raise ValueError("no feature named image")


def crc32c(content: bytes) -> int:
    """CRC-32C (Castagnoli)."""
    table, value = _table(), 0xFFFFFFFF
    for byte in content:
        value = table[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def _image(path: Path, offset: int, line: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        head = file.read(12)
        length = _LENGTH.unpack(head[:8])[0] if len(head) == 12 else 0
        if len(head) == 12 and _CRC.unpack(head[8:])[0] != _masked(head[:8]):
            raise BadInput(f"{path}: no record begins at byte {offset}, where line {line} of the index says one does.")
        content = file.read(length + 4)
    if len(head) < 12 or len(content) < length + 4:
        raise BadInput(f"{path} is cut off within the record of line {line} of the index, at byte {offset}.")
    if _CRC.unpack(content[length:])[0] != _masked(content[:length]):
        raise BadInput(f"{path}: the record of line {line} of the index is damaged; its checksum is another.")
    try:
        return image_of(content[:length])
    except (ValueError, IndexError, StopIteration):
        raise BadInput(f"{path}: the record of line {line} of the index has no feature named image.") from None


def _framed(content: bytes) -> bytes:
    length = _LENGTH.pack(len(content))
    return length + _CRC.pack(_masked(length)) + content + _CRC.pack(_masked(content))


def _masked(content: bytes) -> int:
    value = crc32c(content)
    return ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _table() -> tuple[int, ...]:
    rows = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)  # noqa: PLW2901
        rows.append(value)
    return tuple(rows)


def _varint(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of a protocol buffer."""
    return bytes([number << 3 | _BYTES]) + _varint(len(content)) + content


def _found(content: bytes, wanted: int) -> list[bytes]:
    """The length-delimited fields of a number in a message."""
    at, found = 0, []
    while at < len(content):
        key, at = _read_varint(content, at)
        if key & 7 == _BYTES:
            size, at = _read_varint(content, at)
            if key >> 3 == wanted:
                found.append(content[at : at + size])
            at += size
        elif key & 7 == _VARINT:
            _, at = _read_varint(content, at)
        else:
            at += {1: 8, 5: 4}.get(key & 7, len(content))
    return found


def _read_varint(content: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = content[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
