"""Films as MP4 files that browsers play: H.264 where the encoder is there, else MPEG-4 part 2."""

import tempfile
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from engines.errors import BadConfig, BadInput
from engines.faceworld.clips.film import Film

ENCODERS: dict[str, dict[str, object]] = {
    "libx264": {"crf": "16", "preset": "medium", "threads": "1"},
    "mpeg4": {"qscale": "2"},
}
"""Encoders in the order of preference, and their settings."""


def write_mp4(film: Film, path: Path) -> None:
    """Write a film to a file, which is there whole or not at all; one of that name is replaced.

    Raises:
        BadConfig: the frames have an odd width or height, which the format cannot hold.
        BadInput: the file cannot be written.
    """
    height, width = film.frames.shape[1:3]
    if height % 2 or width % 2:
        raise BadConfig(f"An MP4 needs an even width and height, not {width} x {height} px: film it one px larger.")
    try:
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as draft:
            encode(film.frames, film.fps, Path(draft) / "film.mp4")
            (Path(draft) / "film.mp4").replace(path)
    except OSError as error:
        raise BadInput(f"The clip could not be written to {path}: {error}.") from error


def encode(frames: np.ndarray, fps: int, into: Path | BinaryIO) -> None:
    """Frames (T, H, W, 3) uint8 RGB of even width and height as an MP4, in a file or an open binary file."""
    import av

    encoder = next(name for name in ENCODERS if name in av.codecs_available)
    place: Any = str(into) if isinstance(into, Path) else into
    how = {"movflags": "+faststart"} if isinstance(into, Path) else {}  # a second pass needs a file to read again
    with av.open(place, "w", format="mp4", options=how) as container:
        stream = cast(av.VideoStream, container.add_stream(encoder, rate=fps))
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = ENCODERS[encoder]
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
