"""Clips made for tests: a photograph or a rendered face that moves, cut, damaged, or without a picture at all."""

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np
from PIL import Image

from engines import ASSETS


def photograph(side: int = 256) -> Image.Image:
    """The portrait that ships, small."""
    return Image.open(ASSETS / "media" / "astronaut.jpg").convert("RGB").resize((side, side))


def encoded(
    pictures: Iterable[np.ndarray],
    container: str = "mp4",
    codec: str = "libx264",
    times: Sequence[int] | None = None,
    rate: int = 25,
) -> bytes:
    """Pictures (H, W, 3) uint8 as a clip's bytes; `times` are in milliseconds where the rate varies."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        encode(out, pictures, codec, times, rate)
    return buffer.getvalue()


def encode(
    out: Any, pictures: Iterable[np.ndarray], codec: str, times: Sequence[int] | None = None, rate: int = 25
) -> None:
    """Write pictures into an open container."""
    stream = None
    for number, picture in enumerate(pictures):
        if stream is None:
            stream = out.add_stream(codec, rate=rate)
            stream.height, stream.width = picture.shape[:2]
            stream.pix_fmt = "yuv420p"
            stream.options = {"preset": "ultrafast", "crf": "20"} if codec == "libx264" else {}
            if times is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        if times is not None:
            frame.pts, frame.time_base = times[number], Fraction(1, 1000)
        out.mux(stream.encode(frame))
    assert stream is not None
    out.mux(stream.encode())


def moving(count: int, side: int = 256, start: int = 0, mirrored: bool = False, fill: int = 60) -> list[np.ndarray]:
    """The photograph under a smooth affine motion: a real picture that moves as a hand-held camera would show it."""
    photo = photograph(side)
    photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if mirrored else photo
    found = []
    for number in range(start, start + count):
        turn, scale = 0.05 * np.sin(number / 9), 1 + 0.04 * np.cos(number / 13)
        c, s, middle = np.cos(turn) / scale, np.sin(turn) / scale, side / 2
        x, y = middle + 4 * np.sin(number / 7), middle + 3 * np.cos(number / 11)
        matrix = (c, s, middle - c * x - s * y, -s, c, middle + s * x - c * y)
        how = {"resample": Image.Resampling.BILINEAR, "fillcolor": (fill,) * 3}
        found.append(np.asarray(photo.transform((side, side), Image.Transform.AFFINE, matrix, **how)))
    return found


def empty(count: int, side: int = 256) -> list[np.ndarray]:
    """A scene without a face, with something in it."""
    rows, columns = np.mgrid[:side, :side]
    stripes = (127 + 80 * np.sin(rows / 9) * np.cos(columns / 15)).astype(np.uint8)
    return [np.repeat(stripes[..., None], 3, -1)] * count
