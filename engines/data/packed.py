"""Many small pictures as one array of JPEG bytes: about a fifth of what their pixels weigh compressed without loss.

A packed set is two arrays: `jpeg` (all bytes, one picture after the other) and `ends` (N,), where each one ends.
"""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image

QUALITY = 85


def pack(images: np.ndarray) -> dict[str, np.ndarray]:
    """Pictures (N, H, W, 3) uint8 RGB, packed."""
    parts = [_jpeg(image) for image in images]
    return {"jpeg": np.frombuffer(b"".join(parts), np.uint8), "ends": np.cumsum([len(part) for part in parts])}


def unpack(packed: Mapping[str, np.ndarray], index: int) -> np.ndarray:
    """Picture `index` of a packed set: (H, W, 3) uint8 RGB."""
    ends = packed["ends"]
    start = ends[index - 1] if index else 0
    with Image.open(io.BytesIO(packed["jpeg"][start : ends[index]].tobytes()), formats=("JPEG",)) as picture:
        return np.array(picture)


def _jpeg(image: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(image).save(content, "JPEG", quality=QUALITY)
    return content.getvalue()
