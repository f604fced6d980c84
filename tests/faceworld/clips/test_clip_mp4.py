"""Films as files: read back whole, and never half-written."""

from pathlib import Path

import numpy as np
import pytest

from engines.data.video import frames
from engines.errors import BadConfig, BadInput
from engines.faceworld.clips import Clip, Film, film, write_mp4


@pytest.fixture(scope="module")
def made() -> Film:
    return film(Clip.sample(4, 9, 6), 96)


def test_what_is_written_reads_back(made: Film, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_mp4(made, path)
    read = list(frames(path, max_frames=99, stride=1))
    assert [round(time * 25) for time, _ in read] == list(range(6))
    errors = [np.abs(picture.astype(int) - frame).mean() for (_, picture), frame in zip(read, made.frames, strict=True)]
    assert max(errors) < 6
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_a_file_is_replaced_whole(made: Film, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")
    write_mp4(made, path)
    assert path.stat().st_size > 1000


def test_a_folder_that_is_not_there(made: Film, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="could not be written"):
        write_mp4(made, tmp_path / "nowhere" / "clip.mp4")
    assert not list(tmp_path.iterdir())


def test_odd_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="even"):
        write_mp4(film(Clip.sample(4, 9, 1), 65), tmp_path / "clip.mp4")
