"""Clips read from end to end: shots, uneven rates, rotation, size, and files that are damaged."""

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from engines.data.cuts import Cuts
from engines.data.video import Footage, numbered_frames
from engines.errors import BadInput
from tests.data.clips_made import empty, encode, encoded, moving


def thumbs(seed: int, count: int, step: float = 1.0) -> list[np.ndarray]:
    """A scene that pans."""
    scene = np.random.default_rng(seed).uniform(0, 255, (9, 16)).repeat(8, 0).repeat(8, 1)
    starts = [round(number * step) for number in range(count)]
    return [np.repeat(scene[:27, at : at + 48, None], 3, -1).astype(np.uint8) for at in starts]


def shots(frames: list[np.ndarray]) -> list[int]:
    cuts = Cuts()
    return [cuts(frame) for frame in frames]


def test_a_cut_is_found_and_a_pan_is_none() -> None:
    assert shots(thumbs(0, 30)) == [0] * 30
    assert shots(thumbs(0, 12) + thumbs(1, 12) + thumbs(2, 5)) == [0] * 12 + [1] * 12 + [2] * 5


def test_light_that_changes_a_flash_and_a_black_frame_are_no_cuts() -> None:
    scene = thumbs(0, 8, 0)
    darker = [(frame * 0.4).astype(np.uint8) for frame in scene]
    nothing, flash = np.zeros_like(scene[0]), np.full_like(scene[0], 255)
    assert set(shots([*scene, *darker, nothing, *scene, flash, *scene])) == {0}


def test_two_shots_with_black_between_are_two() -> None:
    black = np.zeros((27, 48, 3), np.uint8)
    assert shots([*thumbs(0, 5), black, black, *thumbs(1, 5)]) == [0] * 7 + [1] * 5


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("mov", "mpeg4"), ("webm", "libvpx")])
def test_shots_of_a_clip(container: str, codec: str) -> None:
    footage = Footage(encoded([*moving(10, 96), *empty(6, 96)], container, codec))
    found = list(footage.frames(range(16)))
    assert [frame.shot for frame in found] == [0] * 10 + [1] * 6
    assert [frame.number for frame in found] == list(range(16))
    assert not footage.cut_off


def test_a_cut_between_two_frames_that_are_wanted_counts() -> None:
    footage = Footage(encoded([*moving(10, 96), *empty(6, 96), *moving(10, 96)]))
    assert [frame.shot for frame in footage.frames([0, 5, 20, 25])] == [0, 0, 2, 2]


def test_a_rate_that_varies_is_sampled_in_time() -> None:
    """Ten frames in the first second, then one a second."""
    times = [*range(0, 1000, 100), 1000, 2000, 3000, 4000]
    footage = Footage(encoded(moving(len(times), 64), "matroska", times=times))
    np.testing.assert_allclose(footage.times, np.array(times) / 1000, atol=0.002)
    assert footage.evenly(5) == [0, 10, 11, 12, 13]
    assert [round(frame.time_s) for frame in footage.frames(footage.evenly(5))] == [0, 1, 2, 3, 4]
    assert footage.evenly(99, 0.95, 2.5) == [10, 11]
    assert footage.evenly(3, 90) == []


def test_the_rotation_flag_holds_when_frames_are_made_smaller() -> None:
    pictures = [picture[:96] for picture in moving(3, 128)]  # 128 wide, 96 high
    content = bytearray(encoded(pictures))
    start = content.index(b"tkhd") + 4 + 4 + 20 + 16
    a, b, c, d = (value * 65536 for value in (0, 1, -1, 0))  # to be shown a quarter clockwise
    content[start : start + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    (frame,) = Footage(bytes(content)).frames([1], long_side_px=64)
    assert frame.image.shape == (64, 48, 3)
    upright = np.rot90(pictures[1][::2, ::2], -1).astype(float)
    assert np.corrcoef(upright.ravel(), frame.image.ravel())[0, 1] > 0.95


def test_one_frame_is_a_clip() -> None:
    footage = Footage(encoded(moving(1, 64)))
    assert [frame.number for frame in footage.frames(footage.evenly(32))] == [0]


def test_a_clip_of_4k_is_read_and_made_smaller() -> None:
    big = np.full((2160, 3840, 3), 90, np.uint8)
    (frame, _) = Footage(encoded([big, big])).frames([0, 1], long_side_px=1920)
    assert frame.image.shape == (1080, 1920, 3)


def test_a_file_that_was_cut_off_gives_what_is_there_and_knows_it(tmp_path: Path) -> None:
    """An MP4 whose index stands at its beginning, as on the web."""
    with av.open(str(tmp_path / "clip.mp4"), "w", options={"movflags": "+faststart"}) as out:
        encode(out, moving(100, 96), "libx264")
    content = (tmp_path / "clip.mp4").read_bytes()
    footage = Footage(content[: len(content) * 2 // 3])
    found = list(footage.frames(range(100)))
    assert 10 < len(found) < 100
    assert footage.cut_off
    assert footage.promised_s == pytest.approx(4, abs=0.1)


def test_a_file_with_a_hole_gives_the_frames_that_survive() -> None:
    content = bytearray(encoded(moving(60, 96), "matroska"))
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    found = list(Footage(bytes(content)).frames(range(60)))
    assert 10 < len(found) <= 60


def test_a_recording_without_its_index_says_so() -> None:
    content = encoded(moving(40, 96))
    assert content.index(b"moov") > len(content) // 2, "an MP4's index stands at its end"
    for reader in (Footage, numbered_frames):
        with pytest.raises(BadInput, match="before its index"):
            reader(content[: len(content) // 2])
