"""Layouts users have, made as they make them."""

import json

import numpy as np
import pytest
from PIL import Image

from engines.data.forgery_index import Video, read_index
from engines.errors import BadInput


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path)


@pytest.fixture
def deepfakebench(tmp_path):
    """FF++'s layout: two methods share the video name 000_003, frames are numbered, one level of compression."""
    content = {}
    for label, folder in (("FF-real", "real"), ("FF-DF", "DF"), ("FF-F2F", "F2F")):
        frames = [f"{folder}/000_003/{number}.png" for number in (10, 9, 2)]
        for frame in frames:
            picture(tmp_path / frame)
        video = {"label": label, "frames": [frames[0], frames[1].replace("/", "\\"), frames[2]]}
        content[label] = {split: {"c23": {"000_003": video}} for split in ("train", "test")}
    path = tmp_path / "FaceForensics++.json"
    path.write_text(json.dumps({"FaceForensics++": content}))
    return path


def test_deepfakebench_json(deepfakebench):
    videos = read_index(deepfakebench, "train")
    assert [(video.family, video.label) for video in videos] == [("FF-DF", 1), ("FF-F2F", 1), ("real", 0)]
    assert len({video.path for video in videos}) == 3  # the name 000_003 does not merge them
    assert [frame.stem for frame in videos[0].frames] == ["2", "9", "10"]  # by number, not by text


def test_a_split_that_is_empty(deepfakebench):
    with pytest.raises(BadInput, match=r"The val part .* holds no real and no forged pictures"):
        read_index(deepfakebench, "val")


@pytest.mark.parametrize("names", [("real", "fake"), ("0_real", "1_fake"), ("nature", "ai")])
def test_folders_without_splits_divide_by_video(tmp_path, names):
    for name in names:
        for video in range(40):
            for frame in range(2):
                picture(tmp_path / name / "m" / f"video{video}" / f"{frame}.png")
    parts = [read_index(tmp_path, split) for split in ("train", "val", "test")]
    paths = [{video.path for video in part} for part in parts]
    assert sum(map(len, paths)) == 80 and not paths[0] & paths[1] and not paths[0] & paths[2]
    assert len(paths[0]) > 40 and {video.family for video in parts[0]} == {"real", "m"}


def test_folders_with_splits_and_loose_pictures(tmp_path):
    for split in ("train", "test"):
        picture(tmp_path / split / "real" / "a.png")
        picture(tmp_path / split / "fake" / "b.png")
        picture(tmp_path / split / "fake" / "c.png")
    assert [(video.label, len(video.frames)) for video in read_index(tmp_path, "test")] == [(1, 1), (1, 1), (0, 1)]


def test_frames_lie_evenly():
    frames = tuple(range(9))
    assert Video("v", frames, 0, "real").evenly(3).frames == (0, 4, 8)
    assert Video("v", frames, 0, "real").evenly(20).frames == frames


@pytest.mark.parametrize(("content", "words"), [("[1, 2]", "not a DeepfakeBench JSON"), ("{", "not a DeepfakeBench")])
def test_other_json(tmp_path, content, words):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(BadInput, match=words):
        read_index(tmp_path / "x.json", "train")


def test_nothing_there():
    with pytest.raises(BadInput, match=r"There is no data at ''\. Set data to a folder"):
        read_index("", "train")


def test_a_json_that_names_files_that_are_not_there(deepfakebench):
    (deepfakebench.parent / "DF/000_003/9.png").unlink()
    with pytest.raises(BadInput, match=r"names 1 of 9 frames that are not there, .*DF/000_003/9\.png first"):
        read_index(deepfakebench, "train")


def test_a_picture_that_is_called_real_and_forged(tmp_path):
    picture(tmp_path / "a/1.png")
    labels = {name: {"test": {"a": {"label": name, "frames": ["a/1.png"]}}} for name in ("x_real", "x_fake")}
    (tmp_path / "x.json").write_text(json.dumps({"x": labels}))
    with pytest.raises(BadInput, match=r"calls .*a/1\.png both real and forged"):
        read_index(tmp_path / "x.json", "test")


def test_clips_are_not_trained_on_before_their_faces_are_cut_out(tmp_path):
    picture(tmp_path / "test/real/1.png")
    (tmp_path / "test/fake").mkdir()
    (tmp_path / "test/fake/a.mp4").write_bytes(b"clip")
    with pytest.raises(BadInput, match=r"1 videos of .* are clips without frames.*mien data crop"):
        read_index(tmp_path, "test")
