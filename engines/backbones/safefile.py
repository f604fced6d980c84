"""safetensors files judged by their content, before anything in them is used.

Format: 8 bytes little-endian length n, n bytes of JSON {tensor: {dtype, shape, data_offsets}}, then the data,
which the tensors must cover without a gap or an overlap.
"""

import json
import math
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from engines.errors import BadWeights

HEADER_CAP = 100_000_000
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32, "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
_PICKLES = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


class TensorInfo(NamedTuple):
    """What the header says of one tensor; `begin` and `end` are byte offsets into the data."""

    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def inspect(path: Path) -> dict[str, TensorInfo]:
    """The tensors of a safetensors file, from its header alone; no tensor is read.

    Raises:
        BadWeights: it is not a whole and consistent safetensors file, whatever its suffix says.
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as handle:
            start = handle.read(8)
            _refuse_pickle(path, start)
            length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
            if not 2 <= length <= min(HEADER_CAP, size - 8):
                raise BadWeights(_sentence(path, f"its header claims {length:,} bytes of a file of {size:,}"))
            header = handle.read(length)
    except OSError as error:
        raise BadWeights(
            f"{path} cannot be read ({error.strerror or error}); check the path and its rights."
        ) from error
    tensors = _tensors(path, header)
    _check_cover(path, tensors, size - 8 - length)
    return tensors


def read(path: Path) -> dict[str, Tensor]:
    """All tensors of a safetensors file, on the CPU.

    Raises:
        BadWeights: it is not a whole and consistent safetensors file.
    """
    inspect(path)
    return parse(Path(path).read_bytes(), Path(path))


def parse(content: bytes, path: Path) -> dict[str, Tensor]:
    """All tensors in the bytes of a safetensors file; `path` is for the error's sentence.

    Raises:
        BadWeights: safetensors refuses the bytes.
    """
    try:
        return load(content)
    except SafetensorError as error:
        raise BadWeights(_sentence(path, str(error))) from error


def _refuse_pickle(path: Path, start: bytes) -> None:
    if start.startswith(_PICKLES):
        raise BadWeights(
            f"{path} is a Python pickle, whatever its name says, and a pickle can run any code when it is opened; "
            "save the weights with safetensors.torch.save_file and use that file."
        )


def _tensors(path: Path, header: bytes) -> dict[str, TensorInfo]:
    try:
        entries = json.loads(header)
        entries.pop("__metadata__", None)
        return {name: _tensor(entry) for name, entry in entries.items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadWeights(_sentence(path, f"its header does not describe tensors ({error})")) from error


def _tensor(entry: dict[str, Any]) -> TensorInfo:
    dtype, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    numbers = (*shape, begin, end)
    if dtype not in BITS or not all(type(n) is int and n >= 0 for n in numbers):
        raise ValueError(f"dtype {dtype!r}, shape {shape}, offsets {begin} to {end}")
    if (end - begin) * 8 != math.prod(shape) * BITS[dtype]:
        raise ValueError(f"{dtype} of shape {shape} does not fill bytes {begin} to {end}")
    return TensorInfo(dtype, shape, begin, end)


def _check_cover(path: Path, tensors: dict[str, TensorInfo], data_bytes: int) -> None:
    spans = sorted((tensor.begin, tensor.end) for tensor in tensors.values())
    ends = [(0, 0), *spans, (data_bytes, data_bytes)]
    last = spans[-1][1] if spans else 0
    if last > data_bytes:
        raise BadWeights(
            _sentence(path, f"it is cut off: {last:,} bytes of data are described, {data_bytes:,} are there")
        )
    if any(before[1] != after[0] for before, after in pairwise(ends)):
        raise BadWeights(_sentence(path, "its tensors overlap, or bytes lie between or after them"))


def _sentence(path: Path, fact: str) -> str:
    return f"{path} is not a sound safetensors file: {fact}. Fetch or save it again."
