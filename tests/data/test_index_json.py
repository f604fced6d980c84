"""DeepfakeBench JSONs as people have them, good and bad, and that videos of one id stay apart."""

import json
from pathlib import Path

import pytest
import trees
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.data.layouts import Index, read
from engines.data.names import ids
from engines.errors import BadInput
from engines.training.metrics import auc, video_scores


def test_a_json_with_levels_windows_paths_and_a_root_elsewhere(tmp_path: Path) -> None:
    make = trees.Pictures()
    folder = "FaceForensics++/original_sequences/youtube/c40/frames/000"
    make.video(tmp_path / "datasets/rgb" / folder, (10, 9))
    frames = [f"{folder}/{number:03d}.png".replace("/", "\\") for number in (10, 9)]
    levels = {level: {"000": {"label": "FF-real", "frames": frames}} for level in ("c23", "c40")}
    file = trees.write(
        tmp_path / "preprocessing/dataset_json/FF.json", {"FaceForensics++": {"FF-real": {"train": levels}}}
    )
    index = read(file)
    assert index.layout == "deepfakebench" and len(index.videos) == 2
    (video,) = index.part("train", "c40")
    assert video.indices == (9, 10) and all(frame.exists() for frame in video.frames)
    assert read(file, root=tmp_path).videos[0].frames[0].is_relative_to(tmp_path / "FaceForensics++")


def test_a_label_that_nobody_knows_is_asked_for(tmp_path: Path) -> None:
    trees.picture(tmp_path / "a/1.png")
    labels = {label: {"test": {"a": {"label": label, "frames": ["a/1.png"]}}} for label in ("sdxl", "photo")}
    file = trees.write(tmp_path / "mine.json", {"mine": labels})
    with pytest.raises(BadInput, match=r"label 'sdxl' says neither real nor fake.*--label sdxl=fake"):
        read(file)
    index = read(file, labels={"sdxl": 1, "photo": 0})
    assert {(video.family, video.label) for video in index.videos} == {("real", 0), ("sdxl", 1)}


def test_a_json_that_contradicts_itself(tmp_path: Path) -> None:
    entry = {"label": "x_real", "frames": ["a/1.png"]}
    file = trees.write(tmp_path / "mine.json", {"mine": {"x_fake": {"test": {"a": entry}}}})
    with pytest.raises(BadInput, match="a stands under x_fake and calls itself x_real"):
        read(file)
    file = trees.write(tmp_path / "mine.json", {"mine": {"x_fake": {"extra": {"a": entry}}}})
    with pytest.raises(BadInput, match="has a part 'extra'"):
        read(file)


def test_one_id_under_two_methods_and_one_folder_of_many_pictures_do_not_merge(tmp_path: Path) -> None:
    """DeepfakeBench groups by the folder's name alone, and makes one video of all four of these."""
    make = trees.Pictures()
    content: dict[str, dict] = {}
    for label in ("FF-real", "FF-DF", "FF-F2F"):
        make.video(tmp_path / label / "000_003")
        video = {"label": label, "frames": [f"{label}/000_003/000.png", f"{label}/000_003/001.png"]}
        content[label] = {"test": {"000_003": video}}
    for number in range(2):
        make.one(tmp_path / "loose" / f"{number}.png")
        entry = {"label": "x_fake", "frames": [f"loose/{number}.png"]}
        content.setdefault("x_fake", {"test": {}})["test"][f"p{number}"] = entry
    videos = read(trees.write(tmp_path / "a.json", {"FaceForensics++": content})).videos
    assert len({video.path for video in videos}) == len(videos) == 5
    assert sorted(video.label for video in videos) == [0, 1, 1, 1, 1]


def test_scores_of_videos_that_share_an_id_are_not_averaged(tmp_path: Path) -> None:
    """By hand: videos score 0.2 (real), 0.9 and 0.1 (forged by two methods, one id), so AUC is 1/2. Grouped by the id
    alone, as DeepfakeBench groups, the two forged ones would be one of 0.5 and AUC would be 1."""
    index = read(trees.faceforensics(tmp_path))
    chosen = [video for video in index.part("train") if video.name in ("000", "000_003")]
    score_of = {"real": 0.2, "FF-DF": 0.9, "FF-NT": 0.1}
    rows = [(score_of[video.family], video.label, str(frame)) for video in chosen for frame in video.frames]
    scores, labels, paths = zip(*rows, strict=True)
    apart = video_scores(scores, labels, paths)
    assert auc(apart.scores, apart.labels) == 0.5 and len(apart.scores) == 3
    by_id = {name: [s for s, _, path in rows if Path(path).parent.name == name] for name in ("000", "000_003")}
    assert {name: sum(found) / len(found) for name, found in by_id.items()} == {"000": 0.2, "000_003": 0.5}


def test_the_face_worlds_export_tells_its_people() -> None:
    assert ids("mien", "0000012_0000034", 1).people == ("world/12", "world/34")
    assert ids("mien", "0000012", 0).people == ("world/12",) and ids("mien", "0000012_0000034", 1).target == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a_real", "train", "c23", "frames", "label", "mien", "path", "x"]), inner, max_size=3
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_json_is_an_index_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, value: object) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(json.dumps(value))
    try:
        assert isinstance(read(file), Index)
    except BadInput as error:
        assert str(file) in str(error) or "says neither real nor fake" in str(error)


@pytest.mark.parametrize("frames", ['"abc"', "3", "null", '{"a": 1}'])
def test_frames_that_are_no_list(tmp_path: Path, frames: str) -> None:
    file = trees.write(tmp_path / "x.json", f'{{"x": {{"x_real": {{"test": {{"v": {{"frames": {frames}}}}}}}}}}}')
    with pytest.raises(BadInput, match="not a DeepfakeBench JSON"):
        read(file)
