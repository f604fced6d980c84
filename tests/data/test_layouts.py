"""Every layout as people have it: what is found, with which label, family, part, ids; and what is refused."""

import itertools
from collections import Counter
from pathlib import Path

import pytest
import trees
from hypothesis import given
from hypothesis import strategies as st

from engines.data.layouts import LAYOUTS, infer, merged, read
from engines.data.videos import Video
from engines.errors import BadConfig, BadInput

TREES = {
    "faceforensics": trees.faceforensics,
    "celebdf": trees.celebdf,
    "dfdc": trees.dfdc,
    "dfdcp": trees.dfdcp,
    "deeperforensics": trees.deeperforensics,
    "df40": trees.df40,
    "universal": trees.universal,
    "genimage": trees.genimage,
}


def tally(videos: list[Video] | tuple[Video, ...]) -> Counter:
    return Counter((video.split, video.label, video.family, video.dataset) for video in videos)


def by_name(index, name: str) -> Video:
    (found,) = [video for video in index.videos if video.name == name]
    return found


def kinds(index) -> dict[str, str]:
    return {problem.kind: problem.severity for problem in index.problems}


@pytest.mark.parametrize("name", TREES)
def test_each_layout_is_told_from_the_others(tmp_path: Path, name: str) -> None:
    guess = infer(TREES[name](tmp_path))
    assert guess.layout.name == name and guess.also == () and guess.why
    assert all(each.path not in ("", ".") for each in read(tmp_path).videos)


@pytest.mark.parametrize("names", [("real", "fake"), ("0_real", "1_fake"), ("nature", "ai"), ("Real", "FAKE")])
def test_plain_folders(tmp_path: Path, names: tuple[str, str]) -> None:
    make = trees.Pictures()
    for split in ("train", "valid", "test"):
        make.one(tmp_path / split / names[0] / "a.png")
        make.video(tmp_path / split / names[1] / "swap" / "000_003", (10, 9, 2))
    index = read(tmp_path)
    assert index.layout == "folders" and names[0] in index.why
    dataset = tmp_path.name
    assert tally(index.videos) == {
        key: 1
        for split in ("train", "val", "test")
        for key in ((split, 0, "real", dataset), (split, 1, "swap", dataset))
    }
    (fake,) = [video for video in index.part("test") if video.label == 1]
    assert [frame.stem for frame in fake.frames] == ["002", "009", "010"]


def test_clips_masks_and_landmarks_in_plain_folders(tmp_path: Path) -> None:
    """UADFV's tree: clips beside their frames are one video, and masks are no pictures of it."""
    make = trees.Pictures()
    trees.grey_clip(tmp_path / "real/videos/0000.mp4")
    make.video(tmp_path / "real/frames/0000")
    make.video(tmp_path / "fake/frames/0000_fake")
    make.video(tmp_path / "fake/masks/0000_fake")
    trees.grey_clip(tmp_path / "fake/swap/9.mp4")
    index = read(tmp_path)
    assert [(video.name, video.family, len(video.frames)) for video in index.videos] == [
        ("0000_fake", "fake", 2), ("9", "swap", 0), ("0000", "real", 2),
    ]  # fmt: skip


def test_faceforensics(tmp_path: Path) -> None:
    index = read(trees.faceforensics(tmp_path))
    ff, dfd = "FaceForensics++", "DeepFakeDetection"
    rows = {("", 0, "real", dfd): 1, ("", 1, "DFD_fake", dfd): 1}
    for split in ("train", "val", "test"):
        rows |= {(split, label, family, ff): 2 for label, family in ((0, "real"), (1, "FF-DF"), (1, "FF-NT"))}
    assert tally(index.videos) == rows and index.problems == ()
    fake = next(video for video in index.part("train") if video.name == "003_000" and video.family == "FF-DF")
    assert (fake.target, fake.source, fake.people) == ("003", "000", ("ff/003", "ff/000"))
    assert fake.compression == "c23" and fake.indices == (0, 1) and fake.masks == ()
    masked = next(video for video in index.part("train") if video.name == "000_003" and video.family == "FF-DF")
    assert masked.mask_of(masked.frames[1]) == tmp_path / "manipulated_sequences/Deepfakes/c23/masks/000_003/001.png"
    actor = by_name(index, "01_02__exit_phone_room__YVGY8LOK")
    assert actor.target == "01__exit_phone_room" == by_name(index, actor.target).name
    assert actor.people == ("dfd/01", "dfd/02") and len(index.part("all")) == 20


@pytest.mark.parametrize("folder", ["videos", "images", "faces", "."])
def test_faceforensics_as_downloaded_and_as_others_cut_it(tmp_path: Path, folder: str) -> None:
    root = trees.faceforensics(tmp_path, "c0", "frames" if folder == "videos" else folder)
    if folder == "videos":
        for level in root.glob("*/*/c0"):
            for frames in sorted((level / "frames").iterdir()):
                trees.grey_clip(level / "videos" / f"{frames.name}.mp4", 1)
                for file in frames.iterdir():
                    file.unlink()
                frames.rmdir()
    index = read(root)
    assert len(index.part("test", "raw")) == 6 and all(video.compression == "raw" for video in index.videos)
    assert all(bool(video.clip) == (folder == "videos") == (not video.frames) for video in index.videos)
    with pytest.raises(BadInput, match="has the compression raw, not c40"):
        index.part("test", "c40")


def test_faceforensics_without_its_splits_is_in_no_part(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    (root / "val.json").unlink()
    index = read(root)
    assert {video.split for video in index.videos} == {""} and kinds(index) == {"no-split": "error"}
    (root / "val.json").write_text('{"001": "870"}')
    with pytest.raises(BadInput, match="not a list of pairs"):
        read(root)
    (root / "val.json").write_text("[]")
    (problem,) = [each for each in read(root).problems if "Deepfakes" in each.text]
    assert problem.severity == "error" and problem.count == 2 and "in none of the split files" in problem.text


def test_celebdf_takes_the_folders_word_against_the_lists_inverted_labels(tmp_path: Path) -> None:
    index = read(trees.celebdf(tmp_path / "Celeb-DF-v1"))
    test = {video.name: video.label for video in index.part("test")}
    assert test == {"00170": 0, "id1_id0_0000": 1}
    learning = {video.name for split in ("train", "val") for video in index.part(split)}
    assert learning == {"id0_0000", "id1_0000", "id0_id1_0000", "id0_id1_0001"}
    assert {video.dataset for video in index.videos} == {"Celeb-DF-v1"}
    fake = by_name(index, "id0_id1_0001")
    assert (fake.family, fake.target, fake.people) == ("CelebDFv1_fake", "id0_0001", ("celebdf/id0", "celebdf/id1"))
    assert kinds(index) == {"missing-video": "warning", "held-out": "note"}


def test_celebdf_with_a_list_that_is_not_inverted(tmp_path: Path) -> None:
    trees.celebdf(tmp_path)
    trees.write(tmp_path / "List_of_testing_videos.txt", "0 YouTube-real/00170.mp4\n1 Celeb-synthesis/id1_id0_0000.mp4")
    (problem,) = [each for each in read(tmp_path).problems if each.kind == "label-conflict"]
    assert problem.severity == "error" and problem.count == 2
    assert {video.name: video.label for video in read(tmp_path).part("test")} == {"00170": 0, "id1_id0_0000": 1}
    trees.write(tmp_path / "List_of_testing_videos.txt", "real/00170.mp4")
    with pytest.raises(BadInput, match="is no line like"):
        read(tmp_path)


def test_the_length_of_its_list_tells_celebdfs_version(tmp_path: Path) -> None:
    trees.celebdf(tmp_path)
    lines = "\n".join(f"0 Celeb-synthesis/id0_id1_{number:04d}.mp4" for number in range(100))
    trees.write(tmp_path / "List_of_testing_videos.txt", lines)
    assert {video.dataset for video in read(tmp_path).videos} == {"Celeb-DF-v1"}


def test_dfdc(tmp_path: Path) -> None:
    index = read(trees.dfdc(tmp_path))
    found = {video.name: (video.split, video.label, video.target) for video in index.videos}
    assert {name: found[name] for name in ("xxx", "yyy")} == {"xxx": ("test", 0, ""), "yyy": ("test", 1, "")}
    assert {name: found[name][1:] for name in ("aaa", "bbb")} == {"aaa": (0, ""), "bbb": (1, "aaa")}
    assert set(found) == {"aaa", "bbb", "xxx", "yyy"}  # the stray video has no label and is not guessed
    said = {problem.kind: problem.where for problem in index.problems}
    assert said["missing-video"] == ("ccc.mp4",) and said["no-label"] == ("stray",)
    trees.write(tmp_path / "test/labels.csv", "filename,label\nxxx.mp4,maybe\n")
    with pytest.raises(BadInput, match=r"calls xxx\.mp4 'maybe'"):
        read(tmp_path)
    trees.write(tmp_path / "test/labels.csv", "name,truth\nxxx.mp4,1\n")
    with pytest.raises(BadInput, match="filename and label are expected"):
        read(tmp_path)


def test_dfdcp(tmp_path: Path) -> None:
    index = read(trees.dfdcp(tmp_path))
    rows = {("test", 0, "real", "DFDCP"): 1, ("test", 1, "DFDCP_FakeB", "DFDCP"): 1}
    assert {key: count for key, count in tally(index.videos).items() if key[0] == "test"} == rows
    assert by_name(index, "12_34_A").family == "DFDCP_FakeA"
    assert by_name(index, "12_34_A").people == ("dfdcp/12", "dfdcp/34")
    trees.write(tmp_path / "dataset.json", {"method_A/1/2.mp4": {"label": "fake", "set": "other"}})
    with pytest.raises(BadInput, match="in the set 'other'"):
        read(tmp_path)


def test_deeperforensics_keeps_recordings_out_of_every_part(tmp_path: Path) -> None:
    index = read(trees.deeperforensics(tmp_path))
    dataset = "DeeperForensics-1.0"
    assert tally(index.videos) == {
        ("train", 1, "DF_fake", dataset): 1,
        ("val", 1, "DF_fake", dataset): 1,
        ("test", 1, "DF_fake", dataset): 1,
        ("train", 1, "end_to_end_level_3_fake", dataset): 1,
        ("", 0, "real", dataset): 2,
    }
    fake = index.part("test")[0]
    assert (fake.target, fake.people) == ("002", ("ff/002", "dfo/M101"))
    assert {video.people for video in index.part("all") if video.label == 0} == {("dfo/M101",), ("dfo/W102",)}


def test_df40(tmp_path: Path) -> None:
    index = read(trees.df40(tmp_path))
    assert tally([video for video in index.videos if video.split == "test"]) == {
        ("test", 1, "simswap_Fake", "simswap_ff"): 1,
        ("test", 1, "simswap_Fake", "simswap_cdf"): 1,
        ("test", 1, "ddim_Fake", "ddim_ff"): 1,
        ("test", 1, "whichisreal_Fake", "whichisreal"): 1,
        ("test", 0, "real", "whichisreal"): 1,
    }
    assert by_name(index, "000_003").people == ("ff/000", "ff/003")
    assert by_name(index, "000_003").target == ""  # nothing says which of the two it is
    assert by_name(index, "001_870").split in ("train", "val")


def test_universal_shares_real_pictures_between_sets(tmp_path: Path) -> None:
    index = read(trees.universal(tmp_path))
    assert all(len(video.frames) == 1 for video in index.videos) and len(index.videos) == 16
    assert tally(index.part("train")) == {
        ("train", 0, "real", "progan"): 2, ("train", 1, "progan_Fake", "progan"): 2,
    }  # fmt: skip
    assert {video.dataset for video in index.part("test")} == {
        "progan", "biggan", "sitd", "laion", "imagenet", "dalle", "guided",
    }  # fmt: skip


def test_genimages_val_is_what_is_tested_on(tmp_path: Path) -> None:
    index = read(trees.genimage(tmp_path))
    assert tally(index.part("test")) == {
        ("test", label, family, key): 2
        for key in ("sdv4", "midjourney")
        for label, family in ((0, "real"), (1, f"{key}_Fake"))
    }
    assert len(index.part("train")) + len(index.part("val")) == 8 and kinds(index) == {"held-out": "note"}


def test_an_empty_folder_is_said_and_left_out(tmp_path: Path) -> None:
    root = trees.celebdf(tmp_path)
    (root / "Celeb-real/id5_0000").mkdir()
    index = read(root)
    (problem,) = [each for each in index.problems if each.kind == "empty"]
    assert problem.where == (str(root / "Celeb-real/id5_0000"),) and len(index.videos) == 6


@pytest.mark.parametrize("make", [lambda root: None, lambda root: trees.picture(root / "cats/1.png")])
def test_an_unknown_layout_says_what_was_seen(tmp_path: Path, make) -> None:
    make(tmp_path)
    with pytest.raises(BadInput, match=r"is no layout that is known: it holds (nothing|cats)\. Nothing is guessed"):
        infer(tmp_path)


def test_a_layout_one_folder_further_down_is_pointed_at(tmp_path: Path) -> None:
    trees.celebdf(tmp_path / "Celeb-DF-v2")
    with pytest.raises(BadInput, match="Celeb-DF-v2 looks like Celeb-DF; try it"):
        read(tmp_path)
    assert len(read(tmp_path / "Celeb-DF-v2").videos) == 6


def test_wrong_words(tmp_path: Path) -> None:
    root = trees.celebdf(tmp_path)
    with pytest.raises(BadConfig, match="no layout 'celeb'; take deepfakebench, faceforensics"):
        read(root, layout="celeb")
    with pytest.raises(BadConfig, match="no part 'training'"):
        read(root).part("training")
    with pytest.raises(BadInput, match="There is no data at ''"):
        infer("")
    with pytest.raises(BadInput, match="is a file, and no JSON"):
        infer(trees.write(tmp_path / "x.txt", "x"))
    assert set(LAYOUTS) == {*TREES, "folders", "deepfakebench"}


def test_what_fits_two_layouts_is_said_and_can_be_told(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    for part in ("real", "fake"):
        trees.picture(root / part / "1.png")
    assert infer(root).layout.name == "faceforensics" and infer(root).also == ("folders",)
    assert kinds(read(root))["layout"] == "note" and len(read(root).videos) == 20
    told = read(root, layout="folders")
    assert told.why == "you said so" and len(told.videos) == 2
    with pytest.raises(BadInput, match="There is no data"):
        read(root / "none", layout="folders")


def test_two_data_sets_as_one(tmp_path: Path) -> None:
    ff, fakes = read(trees.faceforensics(tmp_path / "ff")), read(trees.df40(tmp_path / "df40"))
    both = merged([fakes, ff])
    assert len(both.videos) == len(ff.videos) + len(fakes.videos) and both.layout == "df40+faceforensics"
    assert {problem.kind for problem in both.problems} == {"no-real", "held-out"}


@given(st.integers(1, 60), st.integers(1, 40))
def test_even_samples_keep_order_and_both_ends(length: int, count: int) -> None:
    frames = tuple(Path(f"{number}.png") for number in range(length))
    found = Video("v", frames, 0, "real").evenly(count).indices
    assert len(found) == min(length, count) == len(set(found)) and list(found) == sorted(found)
    gaps = [later - sooner for sooner, later in itertools.pairwise(found)]
    assert (
        found[0] == 0 and (found[-1] == length - 1 or count == 1) and max(gaps, default=1) - min(gaps, default=1) <= 1
    )


def test_sampling() -> None:
    video = Video("v", tuple(Path(f"{number}.png") for number in range(9)), 1, "fake", name="v")
    assert video.sampled(3).indices == (0, 4, 8) and video.sampled(3, first_k=True).indices == (0, 1, 2)
    assert video.sampled(20) == video == video.first(20)


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    make = trees.Pictures()
    make.video(tmp_path / "elsewhere/a")
    make.one(tmp_path / "data/real/0.png")
    (tmp_path / "data/fake").mkdir()
    (tmp_path / "data/fake/swap").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "elsewhere")
    fakes = [video for video in read(tmp_path / "data").videos if video.label]
    assert [(video.name, video.family, len(video.frames)) for video in fakes] == [("a", "swap", 2)]
