"""Photographs as encoded files with what is known of them, made in several processes, handed over in order."""

import functools
import io
from collections.abc import Callable, Generator
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from engines.errors import BadConfig
from engines.faceworld import crew
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.version import world_version

FORMATS = ("png", "jpg")
"""A file's ending -> how it is written: PNG keeps every value, JPEG at quality 95 a fifth of the bytes."""
Progress = Callable[[float], None]
Stopping = Callable[[], bool]


class Row(NamedTuple):
    """One photograph: its file, and what is known of it (see `WorldDataset`), but for the image."""

    file: bytes
    known: dict[str, Any]


def photographs(
    spec: WorldSpec, kind: str, workers: int | None, progress: Progress | None, stopping: Stopping | None
) -> Generator[Row, None, None]:
    """All photographs of a set.

    Args:
        kind: of `FORMATS`. workers: processes; as many as cores by default.
        progress: told the share done. stopping: asked now and then whether to stop.

    Raises:
        BadConfig: an unknown format.
        Stopped: `stopping` said so.
    """
    if kind not in FORMATS:
        raise BadConfig(f"There is no format {kind!r}; there are {', '.join(FORMATS)}.")
    make = functools.partial(photograph, spec, kind)
    for number, row in enumerate(crew.rows(make, len(spec), spec.photos, workers, stopping)):
        yield row
        if progress:
            progress((number + 1) / len(spec))


def photograph(spec: WorldSpec, kind: str, index: int) -> Row:
    """One photograph of a set."""
    known = WorldDataset(spec)[index]
    return Row(encode(known.pop("image"), kind), known)


def encode(image: np.ndarray, kind: str = "png") -> bytes:
    """A picture, uint8 (H, W, 3) or (H, W), as a file."""
    buffer = io.BytesIO()
    if kind == "png":
        Image.fromarray(image).save(buffer, "PNG")
    else:
        Image.fromarray(image).save(buffer, "JPEG", quality=95, subsampling=0)
    return buffer.getvalue()


def provenance(spec: Any) -> dict[str, Any]:
    """What makes the same pictures again: the world's version and the specification."""
    return {"made_by": "Mien, a world of rendered faces", "world": world_version(), "spec": asdict(spec)}
