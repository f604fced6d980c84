"""What is written as DeepfakeBench JSON loads back as it was, from every layout; it is whole or not there."""

import json
import string
from pathlib import Path

import pytest
import trees
from hypothesis import given, settings
from hypothesis import strategies as st
from test_layouts import TREES

from engines.data import build
from engines.data.build import tree, write_json
from engines.data.forgery_index import read_index
from engines.data.layouts import read
from engines.data.videos import SPLITS, Video
from engines.errors import BadInput


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("beside", [True, False])
def test_every_layout_comes_back_identically(tmp_path: Path, name: str, beside: bool) -> None:
    index = read(TREES[name](tmp_path / "data"))
    out = write_json(index.videos, tmp_path / "data.json" if beside else tmp_path / "elsewhere/deep/data.json")
    again = read(out)
    assert set(again.videos) == set(index.videos) and len(again.videos) == len(index.videos)
    assert not [problem for problem in again.problems if problem.kind != "held-out"]
    assert tmp_path.as_posix() not in out.read_text() if beside else True


def test_the_schema_is_the_fields(tmp_path: Path) -> None:
    """As DeepfakeBench's loader walks it: data set, label, split, level, video, and frames with bare numbers."""
    index = read(trees.faceforensics(tmp_path / "FF"))
    content = json.loads(write_json(index.videos, tmp_path / "ff.json").read_text())
    assert set(content) == {"FaceForensics++", "DeepFakeDetection"}
    assert set(content["FaceForensics++"]) == {"FF-real", "FF-DF", "FF-NT"}
    video = content["FaceForensics++"]["FF-DF"]["train"]["c23"]["000_003"]
    assert video["label"] == "FF-DF" and [Path(frame).stem for frame in video["frames"]] == ["000", "001"]
    assert video["frames"][0] == "FF/manipulated_sequences/Deepfakes/c23/frames/000_003/000.png"
    assert video["masks"] == [frame.replace("frames", "masks") for frame in video["frames"]]
    assert set(content["DeepFakeDetection"]["DFD_real"]) == {"all", *SPLITS}


def test_what_training_reads_is_the_same_from_the_tree_and_from_the_json(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path / "FF")
    out = write_json(read(root).videos, tmp_path / "ff.json")
    for split in SPLITS:
        assert read_index(root, split) == read_index(out, split)


def test_two_videos_of_one_name_and_label_both_stay(tmp_path: Path) -> None:
    make = trees.Pictures()
    make.video(tmp_path / "Celeb-real/00001")
    make.video(tmp_path / "YouTube-real/00001")
    make.video(tmp_path / "Celeb-synthesis/id0_id1_0000")
    trees.write(tmp_path / "List_of_testing_videos.txt", "")
    index = read(tmp_path)
    again = read(write_json(index.videos, tmp_path / "c.json"))
    assert again.videos == index.videos and len(again.videos) == 3


WORDS = st.text(string.ascii_letters + string.digits + "_- é", min_size=1, max_size=8).map(str.strip).filter(bool)


@st.composite
def videos(draw) -> list[Video]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        label = draw(st.integers(0, 1))
        frames = tuple(Path(f"/data/{number}/{index:03d}.png") for index in range(draw(st.integers(1, 3))))
        made.append(
            Video(
                path=f"/data/{number}", frames=frames, label=label, family=draw(WORDS) if label else "real",
                dataset=draw(WORDS), split=draw(st.sampled_from(["", *SPLITS])),
                compression=draw(st.sampled_from(["", "c23", "c40"])), name=draw(WORDS), target=draw(WORDS),
                source=draw(WORDS), people=tuple(draw(st.lists(WORDS, max_size=2))),
                clip=draw(st.sampled_from([None, Path("/data/1.mp4")])), masks=frames[:1],
            )
        )  # fmt: skip
    levels = {video.compression for video in made if video.compression}
    return [video for video in made if bool(video.compression) == bool(levels)]


@settings(max_examples=60, deadline=None)
@given(videos())
def test_any_videos_come_back_identically(tmp_path_factory: pytest.TempPathFactory, made: list[Video]) -> None:
    out = tmp_path_factory.mktemp("build") / "x.json"
    out.write_text(json.dumps(tree(made, out.parent)))
    made_again = list(read(out).videos)
    if any(video.split == "train" for video in made) and not any(video.split == "val" for video in made):
        made_again = [v if v.split != "val" else Video(**{**vars(v), "split": "train"}) for v in made_again]
    assert sorted(map(repr, made_again)) == sorted(map(repr, made))


def test_a_file_that_is_there_is_kept_unless_told(tmp_path: Path) -> None:
    index = read(trees.celebdf(tmp_path / "Celeb-DF-v2"))
    out = tmp_path / "x.json"
    out.write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        write_json(index.videos, out)
    assert out.read_text() == "mine"
    write_json(index.videos, out, replace=True)
    assert len(read(out).videos) == 6


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = read(trees.celebdf(tmp_path / "data"))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(build.os, "fsync", full)
    with pytest.raises(BadInput, match=r"cannot be written: No space left on device\. Nothing of it is kept"):
        write_json(index.videos, tmp_path / "out/x.json")
    assert list((tmp_path / "out").iterdir()) == []


def test_clips_and_nothing_are_not_written(tmp_path: Path) -> None:
    trees.grey_clip(tmp_path / "real/a.mp4")
    trees.picture(tmp_path / "fake/b.png")
    with pytest.raises(BadInput, match=r"1 of 2 videos are clips without frames.*mien data crop"):
        write_json(read(tmp_path).videos, tmp_path / "x.json")
    with pytest.raises(BadInput, match="no videos to write"):
        write_json([], tmp_path / "x.json")
