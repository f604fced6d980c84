"""Frames of clips from strangers, through PyAV: upright uint8 RGB pictures with their times.

Containers: MP4 and MOV, WebM and Matroska, AVI, told by their first bytes; FFmpeg is given the container's name, so
that playlists and other formats that open further files are never tried. The packets are listed first, without
decoding: this counts the frames of clips whose header has no duration (a browser's recordings), and says which
keyframe to seek for each frame that is wanted. Times are the frames' own, so that a clip whose rate varies, as a
phone's does, is read as it was taken.

`numbered_frames` seeks the frames it is asked for; `Footage` reads a clip from end to end and tells its shots apart.
"""

import io
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from engines.data.cuts import THUMB_PX, Cuts
from engines.data.images import read_capped
from engines.errors import BadConfig, BadInput

BYTE_CAP = 200 * 2**20
OWN_BYTE_CAP = 2 * 2**30
"""For clips of a person's own data set, which may be larger than what a stranger sends."""
DURATION_CAP_S = 600.0
FRAME_CAP = 72_000
PIXEL_CAP = 4096 * 2304
ACCEPTED = "Send an MP4, MOV, WebM, MKV or AVI."


class _Index(NamedTuple):
    times: list[int]  # of all frames, in the stream's time base, ascending
    keys: list[int]  # of the keyframes
    base: Fraction  # seconds in a unit
    size: tuple[int, int]  # width and height as stored
    promised_s: float  # how long the header says it is, 0 where it does not


class Frame(NamedTuple):
    """A frame of a clip: its number from 0, its time, (H, W, 3) uint8 RGB, and its shot, where shots are told apart."""

    number: int
    time_s: float
    image: np.ndarray
    shot: int = 0


class Footage:
    """A clip that is read once, from its first frame to its last.

    Attributes:
        times: of all its frames (T,), seconds from the first.
        promised_s: how long its header says it is, 0 where it says nothing; a clip that was cut off has less.

    Raises:
        BadInput: as for `numbered_frames`.
    """

    def __init__(self, source: bytes | Path | BinaryIO):
        self._content = read_capped(source, BYTE_CAP, "clip")
        self._index = _index(self._content)
        self.times = np.array([float((time - self._index.times[0]) * self._index.base) for time in self._index.times])
        self.promised_s = self._index.promised_s

    @property
    def cut_off(self) -> bool:
        """Whether the file ends well before its header says."""
        return self.promised_s - float(self.times[-1]) > max(1.0, 0.05 * self.promised_s)

    def evenly(self, count: int, start_s: float = 0.0, end_s: float = math.inf) -> list[int]:
        """Numbers of at most `count` frames spread evenly in time over a part of the clip, ascending."""
        within = np.flatnonzero((self.times >= start_s) & (self.times <= end_s))
        if not len(within):
            return []
        wanted = np.linspace(self.times[within[0]], self.times[within[-1]], min(count, len(within)))
        right = np.searchsorted(self.times[within], wanted).clip(1, max(1, len(within) - 1))
        right = np.minimum(right, len(within) - 1)
        left = np.maximum(right - 1, 0)
        nearer = np.abs(self.times[within[left]] - wanted) < np.abs(self.times[within[right]] - wanted)
        return sorted(set(within[np.where(nearer, left, right)].tolist()))

    def frames(self, wanted: Iterable[int], long_side_px: int = 1 << 16) -> Iterator[Frame]:
        """The wanted frames, each with its shot; cuts are looked for in all frames up to the last that is wanted.

        Ends early where the clip is damaged.

        Args:
            long_side_px: larger frames are made so small.
        """
        left, cuts = sorted(set(wanted), reverse=True), Cuts()
        places = {time: number for number, time in enumerate(self._index.times)}
        with _opened(self._content) as container:
            for frame in _surviving(container):
                number = places.get(frame.pts or 0)
                shot = cuts(_small(frame, *THUMB_PX))
                if number is None or not left or number < left[-1]:
                    continue
                while left and left[-1] <= number:  # a frame that was lost is passed over
                    left.pop()
                _check_size(frame.width, frame.height)
                yield Frame(number, float(self.times[number]), _upright(frame, long_side_px), shot)
                if not left:
                    return


def frames(
    source: bytes | Path | BinaryIO, max_frames: int = 32, stride: int | None = None
) -> Iterator[tuple[float, np.ndarray]]:
    """`numbered_frames` without their numbers: (time in seconds, (H, W, 3) uint8 RGB)."""
    return ((frame.time_s, frame.image) for frame in numbered_frames(source, max_frames, stride))


def numbered_frames(
    source: bytes | Path | BinaryIO, max_frames: int = 32, stride: int | None = None, byte_cap: int | None = None
) -> Iterator[Frame]:
    """Frames of a clip, in the order of time.

    A clip that is damaged on the way gives the frames before the damage.

    Args:
        source: the file's bytes, the file, or an open binary file.
        max_frames: how many at most.
        stride: every so many frames from the first; without it, frames spread evenly from the first to the last.
        byte_cap: larger clips are refused; BYTE_CAP by default.

    Raises:
        BadInput: it is no clip, has no frames, or is too large, too long or too wide. Raised before the first frame.
        BadConfig: `max_frames` or `stride` is below 1.
    """
    if max_frames < 1 or (stride is not None and stride < 1):
        raise BadConfig(f"max_frames and stride are 1 or more, not {max_frames} and {stride}.")
    content = read_capped(source, byte_cap or BYTE_CAP, "clip")
    index = _index(content)
    count = len(index.times)
    evenly = np.linspace(0, count - 1, min(max_frames, count)).round().astype(int)
    chosen = evenly if stride is None else np.arange(0, count, stride)[:max_frames]
    decoded = zip(chosen.tolist(), _decoded(content, index, [index.times[i] for i in chosen]), strict=False)
    found = (Frame(number, time_s, image) for number, (time_s, image) in decoded)
    first = next(found, None)
    if first is None:
        raise BadInput(f"The clip's frames cannot be decoded; it is damaged, or its codec is unknown. {ACCEPTED}")
    return chain([first], found)


def _index(content: bytes) -> _Index:
    try:
        with _opened(content) as container:
            if not container.streams.video:
                raise BadInput("The clip has no pictures, only sound or data; send one with frames.")
            stream = container.streams.video[0]
            _check_size(stream.codec_context.width, stream.codec_context.height)
            size = (stream.codec_context.width, stream.codec_context.height)
            times, keys = _packets(container)
            base = stream.time_base or Fraction(1)
            promised_s = (container.duration or 0) / av.time_base
    except (av.FFmpegError, ValueError, MemoryError) as error:
        raise BadInput(_unreadable(content, error)) from error
    if not times:
        raise BadInput("The clip has no frames; record or save it again.")
    times = sorted(set(times))
    duration_s = float((times[-1] - times[0]) * base)
    if duration_s > DURATION_CAP_S:
        raise BadInput(f"The clip lasts {duration_s:.0f} s; at most {DURATION_CAP_S:.0f} s are read. Cut it shorter.")
    return _Index(times, sorted(keys), base, size, promised_s)


def _packets(container: InputContainer) -> tuple[list[int], list[int]]:
    """Times of all frames and of the keyframes, as far as the file can be followed."""
    times: list[int] = []
    keys: list[int] = []
    try:
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is None or not packet.size:
                continue
            times.append(packet.pts)
            keys += [packet.pts] if packet.is_keyframe else []
            if len(times) > FRAME_CAP:
                raise BadInput(f"The clip has more than {FRAME_CAP:,} frames; cut it shorter.")
    except av.FFmpegError:
        if not times:
            raise
    return times, keys


def _surviving(container: InputContainer) -> Iterator[VideoFrame]:
    """Frames in the order of time, up to the first that cannot be decoded."""
    stream = container.streams.video[0]
    stream.thread_type = "AUTO"
    try:
        for frame in container.decode(stream):
            if frame.pts is not None:
                yield frame
    except av.FFmpegError:
        return


def _unreadable(content: bytes, error: BaseException) -> str:
    if _container(content) == "mov" and b"moov" not in content:
        return (
            "The clip ends before its index, which an MP4 or MOV keeps at its end: the recording was cut off, and no "
            "frame can be found without it. Send the whole file, or record as WebM or MKV, which can be read in part."
        )
    reason = getattr(error, "strerror", None) or error
    return f"This is not a clip that can be read ({reason}). {ACCEPTED}"


def _decoded(content: bytes, index: _Index, wanted: list[int]) -> Iterator[tuple[float, np.ndarray]]:
    """The wanted frames, by their time; seeks where a keyframe lies between the last frame and the next one."""
    with _opened(content) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        upcoming, last = container.decode(stream), index.times[0]
        for time in wanted:
            key = bisect_right(index.keys, time) - 1
            if key >= 0 and index.keys[key] > last:
                container.seek(index.keys[key], stream=stream)
                upcoming = container.decode(stream)
            try:
                frame = next((f for f in upcoming if f.pts is not None and f.pts >= time), None)
            except av.FFmpegError:
                return
            if frame is None:
                return
            last = frame.pts or 0
            _check_size(frame.width, frame.height)
            yield float((last - index.times[0]) * index.base), _upright(frame)


def _opened(content: bytes) -> InputContainer:
    return av.open(io.BytesIO(content), mode="r", format=_container(content))


def _container(content: bytes) -> str:
    if content[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return "mov"
    if content.startswith(b"\x1aE\xdf\xa3"):
        return "matroska"
    if content.startswith(b"RIFF") and content[8:12] == b"AVI ":
        return "avi"
    raise BadInput(f"This is not a clip, or its beginning is damaged. {ACCEPTED}")


def _check_size(width: int, height: int) -> None:
    if width * height > PIXEL_CAP:
        raise BadInput(f"The clip is {width} x {height} pixels; at most 4096 x 2304 are read. Make it smaller first.")


def _small(frame: VideoFrame, width: int, height: int) -> np.ndarray:
    return frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray()


def _upright(frame: VideoFrame, long_side_px: int = 1 << 16) -> np.ndarray:
    """The frame as its rotation flag wants it shown; the flag counts degrees counter-clockwise."""
    scale = min(1.0, long_side_px / max(frame.width, frame.height))
    if scale < 1:
        picture = _small(frame, max(1, round(frame.width * scale)), max(1, round(frame.height * scale)))
    else:
        picture = frame.to_ndarray(format="rgb24")
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)))
