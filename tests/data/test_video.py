"""Clips made here: sampling, times, rotation, and everything that must be refused."""

import io
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from engines.data import video
from engines.data.video import frames
from engines.errors import BadConfig, BadInput

LEVEL = 5  # grey level by which the lower half brightens each frame


def clip(
    count: int = 40, container: str = "mp4", codec: str = "mpeg4", size: tuple[int, int] = (64, 48), gop: int = 12
) -> bytes:
    """25 frames a second; white top left corner, lower half as bright as the frame's number."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.gop_size = gop
        for number in range(count):
            image = np.zeros((size[1], size[0], 3), np.uint8)
            image[: size[1] // 4, : size[0] // 4] = 255
            image[size[1] // 2 :] = number * LEVEL
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def number_of(image: np.ndarray) -> float:
    return float(image[int(image.shape[0] * 0.7) : -4, 8:-8].mean() / LEVEL)


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("mp4", "mpeg4"),
        ("mov", "libx264"),
        ("webm", "libvpx"),
        ("matroska", "mpeg4"),
        ("avi", "mpeg4"),
        ("avi", "libx264"),
    ],
)
def test_frames_spread_evenly_from_first_to_last(container: str, codec: str) -> None:
    found = list(frames(clip(40, container, codec), max_frames=4))
    assert [time for time, _ in found] == pytest.approx([0, 13 / 25, 26 / 25, 39 / 25], abs=0.005)
    assert [number_of(image) for _, image in found] == pytest.approx([0, 13, 26, 39], abs=1.5)
    assert all(
        image.shape == (48, 64, 3) and image.dtype == np.uint8 and image.flags.c_contiguous for _, image in found
    )


def test_a_stride_counts_from_the_first_frame() -> None:
    found = list(frames(clip(40), max_frames=4, stride=7))
    assert [round(time * 25) for time, _ in found] == [0, 7, 14, 21]
    assert [number_of(image) for _, image in found] == pytest.approx([0, 7, 14, 21], abs=1.5)


def test_asking_for_more_frames_than_there_are_gives_all_of_them() -> None:
    found = list(frames(clip(10), max_frames=99))
    assert [number_of(image) for _, image in found] == pytest.approx(range(10), abs=1)
    assert len(list(frames(clip(1), max_frames=8))) == 1


def test_sources_are_bytes_path_or_file(tmp_path: Path) -> None:
    content = clip(5)
    (tmp_path / "http:x").write_bytes(content)  # a name is never taken for an address
    counts = [len(list(frames(source))) for source in (content, tmp_path / "http:x", io.BytesIO(content))]
    assert counts == [5, 5, 5]


@pytest.mark.parametrize(
    ("matrix", "corner"),
    [((0, 1, -1, 0), (0, -1)), ((-1, 0, 0, -1), (-1, -1)), ((0, -1, 1, 0), (-1, 0))],
    ids=["90 clockwise", "180", "90 counter-clockwise"],
)
def test_the_rotation_flag_is_carried_out(matrix: tuple[int, ...], corner: tuple[int, int]) -> None:
    """The white corner, stored top left, is seen where the track's display matrix turns it."""
    content = bytearray(clip(3))
    start = content.index(b"tkhd") + 4 + 4 + 20 + 16  # version and flags, times and duration, layer to reserved
    a, b, c, d = (value * 65536 for value in matrix)
    content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    _, image = next(iter(frames(bytes(content))))
    assert image.shape == ((48, 64, 3) if matrix[0] else (64, 48, 3))
    rows, columns = (slice(0, 8) if end == 0 else slice(-8, None) for end in corner)
    assert image[rows, columns].mean() > 200


def test_a_recording_without_a_duration_in_its_header_is_read() -> None:
    """Browsers write WebM as a stream: no duration and no index."""

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.content = b""

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:
            self.content += bytes(data)
            return len(data)

    target = Stream()
    with av.open(target, "w", format="webm", options={"live": "1"}) as out:
        stream = out.add_stream("libvpx", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            out.mux(
                stream.encode(av.VideoFrame.from_ndarray(np.full((48, 64, 3), number * 10, np.uint8), format="rgb24"))
            )
        out.mux(stream.encode(None))
    with av.open(io.BytesIO(target.content)) as check:
        assert check.duration is None
    assert [round(time * 25) for time, _ in frames(target.content, max_frames=3)] == [0, 10, 19]


def sound_only() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as out:
        stream = out.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 44100
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))
    return buffer.getvalue()


def without_frames() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="avi") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.start_encoding()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "0 bytes"),
        (b"no clip at all", "not a clip"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a clip"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "not a clip"),
        (clip(40)[:2000], "not a clip"),
        (sound_only(), "only sound"),
        (without_frames(), "no frames"),
    ],
    ids=["empty", "text", "playlist", "concat", "truncated", "sound", "no frames"],
)
def test_what_is_no_clip_is_a_sentence_at_once(content: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        frames(content)


def test_a_clip_cut_off_in_its_middle_gives_what_is_left() -> None:
    content = clip(40, "matroska")
    found = list(frames(content[: len(content) * 2 // 3], max_frames=60))
    assert 10 < len(found) < 40


def test_caps_on_bytes_duration_frames_and_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    content = clip(40)
    for name, value, words in (
        ("BYTE_CAP", 100, "more than"),
        ("DURATION_CAP_S", 1.0, "lasts 2 s"),
        ("FRAME_CAP", 39, "more than 39 frames"),
        ("PIXEL_CAP", 64 * 48 - 1, "64 x 48"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(video, name, value)
            with pytest.raises(BadInput, match=words):
                frames(content)


def test_counts_below_one_are_refused() -> None:
    for options in ({"max_frames": 0}, {"stride": 0}):
        with pytest.raises(BadConfig):
            frames(clip(2), **options)
