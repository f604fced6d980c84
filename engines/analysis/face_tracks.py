"""The faces of a clip, each with its landmarks in every frame: what drift is measured on where no truth is known.

Five landmarks come from RetinaFace (`engines.data.faces`), 68 from the bundled reader (`engines.backbones.readers`),
which was trained on the face world. Both jitter from frame to frame, so a still face drifts too: compare clips read the
same way.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engines.data.alignment import align
from engines.data.tracks import FaceTracker
from engines.data.video import Footage, Frame
from engines.errors import BadInput

MAX_FRAMES, LONG_SIDE_PX = 250, 1280
"""Frames of a clip that are read, and the side to which larger ones are made smaller."""


@dataclass(frozen=True)
class FaceTrack:
    """One face in the frames in which it was seen.

    Attributes:
        times: (T,) seconds. five: (T, 5, 2) px of the frame. crops: aligned faces (T, 112, 112, 3) uint8.
        landmarks: (T, 68, 2) px of the crop.
    """

    times: np.ndarray
    five: np.ndarray
    crops: np.ndarray
    landmarks: np.ndarray

    def __len__(self) -> int:
        return len(self.times)


def tracks_of_clip(
    source: bytes | Path | BinaryIO,
    start_s: float = 0.0,
    seconds: float = 6.0,
    progress: Callable[[float], None] = lambda done: None,
) -> list[FaceTrack]:
    """The faces in every frame of a part of a clip, those seen longest first.

    Raises:
        BadInput: it is no clip, the part lies beyond its end, or no face is seen in two frames of it.
    """
    footage = Footage(source)
    wanted = footage.evenly(MAX_FRAMES, start_s, start_s + seconds)
    if not wanted:
        raise BadInput(f"The clip ends after {footage.times[-1]:.1f} s; begin before that, not at {start_s:.1f} s.")

    def told() -> Iterable[Frame]:
        for done, frame in enumerate(footage.frames(wanted, LONG_SIDE_PX), 1):
            yield frame
            progress(done / len(wanted))

    return tracks_of_frames(told())


def tracks_of_frames(frames: Iterable[Frame]) -> list[FaceTrack]:
    """The same of frames that were read before.

    Raises:
        BadInput: no face is seen in two of them.
    """
    tracker, rows, count = FaceTracker(), dict[int, list[Any]](), 0
    for frame in frames:
        count += 1
        for number, face in tracker(frame.image, frame.time_s, frame.shot):
            rows.setdefault(number, []).append((frame.time_s, face.landmarks, align(frame.image, face)))
    found = [_track(row) for row in sorted(rows.values(), key=len, reverse=True) if len(row) > 1]
    if not found:
        few = "one frame" if count == 1 else f"{count} frames, and in no two of them the same face"
        raise BadInput(f"Drift is a movement between frames, and there is {few}. Take a longer clip of a face.")
    return found


def of_pictures(pictures: np.ndarray, fps: float) -> list[Frame]:
    """Pictures (T, H, W, 3) uint8 as the frames of a clip."""
    return [Frame(number, number / fps, picture) for number, picture in enumerate(pictures)]


def read_landmarks(crops: np.ndarray) -> np.ndarray:
    """The 68 landmarks of aligned faces (T, S, S, 3) uint8 as the bundled reader sees them: (T, 68, 2) px.

    Raises:
        MissingWeights, BadWeights: the reader is not there, or is damaged.
    """
    points: np.ndarray = _readers().read_arrays(crops)["landmarks"]
    return points


def _track(rows: list[tuple[float, np.ndarray, np.ndarray]]) -> FaceTrack:
    times, five, crops = (np.stack(column) for column in zip(*rows, strict=True))
    return FaceTrack(times, five, crops, read_landmarks(crops))


@functools.cache
def _readers() -> Any:
    from engines.backbones.readers import Readers

    return Readers.load()
