"""What `check` counts and finds, each on a data set with that one fault, and that a sound one has none."""

import json
import shutil
from pathlib import Path

import pytest
import trees

from engines.data.check import Count, Report, check
from engines.data.layouts import read
from engines.data.videos import Problem
from engines.errors import Stopped


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """Real and forged videos a, b, c of three frames in train, val and test."""
    make = trees.Pictures()
    for split, name in (("train", "a"), ("val", "b"), ("test", "c")):
        for folder in ("real", "fake/swap"):
            make.video(tmp_path / split / folder / name, range(3))
    return tmp_path


def look(place: Path, **how) -> Report:
    return check(read(place), **{"frames": 3, **how})


def found(report: Report) -> dict[str, Problem]:
    return {problem.kind: problem for problem in report.problems}


def test_a_sound_one_has_notes_at_most(sound: Path) -> None:
    report = look(sound)
    assert report.severity == "note" and set(found(report)) == {"shared-name"}  # the same id under real and fake
    dataset = sound.name
    assert report.counts == tuple(
        Count(split, label, family, dataset, "", 1, 3, 0)
        for split in ("train", "val", "test")
        for label, family in (("real", "real"), ("forged", "swap"))
    )
    assert report.decoded == 18
    assert json.loads(json.dumps(report.as_dict()))["counts"][0]["videos"] == 1
    assert set(report.as_dict()) == {"place", "layout", "why", "counts", "decoded", "problems", "severity"}


def test_frames_that_are_not_there_empty_or_damaged(sound: Path) -> None:
    labels = {}
    for label, folder in (("FF-real", "real"), ("FF-DF", "fake/swap")):
        frames = [f"test/{folder}/c/{number:03d}.png" for number in range(3)]
        labels[label] = {"test": {"c": {"label": label, "frames": frames}}}
    file = trees.write(sound / "x.json", {"FaceForensics++": labels})
    assert look(file).severity == "note"
    (sound / "test/real/c/000.png").unlink()
    (sound / "test/real/c/001.png").write_bytes(b"")
    damaged = sound / "test/fake/swap/c/002.png"
    damaged.write_bytes(damaged.read_bytes()[:50])
    problems = found(look(file))
    assert problems["missing-file"].where == (str(sound / "test/real/c/000.png"),)
    assert problems["empty-file"].where == (str(sound / "test/real/c/001.png"),)
    assert (
        problems["unreadable"].text.startswith("1 of 4 frames and clips")
        and str(damaged) in problems["unreadable"].where[0]
    )
    assert all(problems[kind].severity == "error" for kind in ("missing-file", "empty-file", "unreadable"))


def test_decoding_a_sample_finds_one_bad_frame_when_it_is_in_it(sound: Path) -> None:
    assert look(sound, sample=4).decoded == 4 and look(sound, sample=0).decoded == 0
    (sound / "test/fake/swap/c/002.png").write_bytes(b"no picture")
    assert "unreadable" in found(look(sound, sample=None))
    assert "unreadable" not in found(look(sound, sample=0))


def test_short_videos_are_said_with_their_length(sound: Path) -> None:
    (problem,) = [each for each in look(sound, frames=4).problems if each.kind == "short"]
    assert problem.severity == "warning" and problem.count == 6 and problem.where[0].endswith("(3)")
    assert "short" not in found(look(trees.genimage(sound / "pictures"), frames=4))  # pictures are no short videos


def test_one_class_and_nothing(sound: Path) -> None:
    shutil.rmtree(sound / "test/real")
    (problem,) = [each for each in look(sound).problems if each.kind == "one-class"]
    assert problem.severity == "error" and problem.text.startswith("The test part holds only forged videos")
    for split in ("train", "val", "test"):
        shutil.rmtree(sound / split)
    (sound / "real").mkdir()
    report = look(sound)
    assert found(report)["nothing"].severity == "error" and report.counts == ()


def test_the_same_content_in_two_splits(sound: Path) -> None:
    shutil.copy(sound / "train/real/a/001.png", sound / "test/real/c/009.png")
    (problem,) = [each for each in look(sound).problems if each.kind == "leak-content"]
    assert problem.severity == "error" and problem.count == 1
    assert set(problem.where[0].split(" = ")) == {
        str(sound / "train/real/a/001.png"), str(sound / "test/real/c/009.png"),
    }  # fmt: skip
    assert "leak-content" not in found(look(sound, contents=False))


def test_the_same_content_under_both_labels(sound: Path) -> None:
    shutil.copy(sound / "train/real/a/001.png", sound / "train/fake/swap/a/009.png")
    assert found(look(sound))["both-labels"].severity == "error"
    shutil.copy(sound / "train/real/a/002.png", sound / "train/real/a/010.png")
    assert found(look(sound))["both-labels"].count == 1  # a picture twice in one video is no matter


def test_a_video_in_every_split_as_deepfakebench_lists_dfd(sound: Path) -> None:
    entry = {"label": "DFD_real", "frames": ["train/real/a/000.png"]}
    splits = {split: {"01__kitchen": entry} for split in ("train", "test")}
    file = trees.write(sound / "x.json", {"DeepFakeDetection": {"DFD_real": splits}})
    problems = found(look(file))
    assert problems["leak-video"].severity == "error" and problems["leak-video"].where == (str(sound / "train/real/a"),)
    assert problems["leak-person"].where == ("dfd/01",) and "leak-content" in problems


def test_a_forgery_apart_from_its_target_and_a_person_in_two_splits(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    assert {problem.kind for problem in look(root).problems} == {"shared-name", "short", "pairs"}
    trees.write(root / "test.json", [["002", "894"], ["003", "005"]])
    trees.write(root / "train.json", [["000", "003"]])
    problems = found(look(root))
    assert problems["leak-target"].severity == "error"
    assert problems["leak-target"].where == ("FaceForensics++/003",)  # real in test, 003_000 in training
    assert problems["leak-person"].severity == "warning" and problems["leak-person"].where == ("ff/003",)


def test_one_picture_under_both_labels(sound: Path) -> None:
    frames = ["train/real/a/000.png"]
    labels = {
        "FF-real": {"test": {"a": {"label": "FF-real", "frames": frames}}},
        "FF-DF": {"test": {"a": {"label": "FF-DF", "frames": frames}}},
    }
    report = look(trees.write(sound / "x.json", {"FaceForensics++": labels}))
    assert report.severity == "error" and found(report)["both-labels"].where == (str(sound / "train/real/a/000.png"),)


def test_ids_shared_by_methods_are_a_note_and_nothing_merges(tmp_path: Path) -> None:
    """The case in which grouping by the folder's name alone gives one video of two methods."""
    index = read(trees.faceforensics(tmp_path))
    problem = found(check(index, frames=2))["shared-name"]
    assert problem.severity == "note" and problem.count == 6
    fakes = [video for video in index.videos if video.name == "000_003"]
    assert len(fakes) == 2 == len({video.path for video in fakes})


def test_frames_without_numbers_and_pairs(tmp_path: Path) -> None:
    root = trees.faceforensics(tmp_path)
    (note,) = [each.text for each in look(root).problems if each.kind == "pairs"]
    assert note == (
        "Of 26 forged frames 26 have their target's real frame of the same number, and 24 their source's too. The "
        "others: nothing says which video is its source (2)."
    )
    folder = root / "original_sequences/youtube/c23/frames/000"
    (folder / "000.png").rename(folder / "first.png")
    problems = found(look(root))
    assert problems["order"].where == (str(folder),)
    assert problems["pairs"].text.startswith("Of 26 forged frames 24 have their target's real frame of the same number")


def test_it_can_be_stopped_and_says_how_far_it_is(sound: Path) -> None:
    shares: list[float] = []
    look(sound, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0
    with pytest.raises(Stopped):
        look(sound, stopping=lambda: True)


def test_clips_are_opened_too(tmp_path: Path) -> None:
    trees.grey_clip(tmp_path / "test/real/a.mp4")
    (tmp_path / "test/fake").mkdir()
    (tmp_path / "test/fake/b.mp4").write_bytes(b"no clip")
    report = look(tmp_path)
    assert report.decoded == 2 and sum(row.clips for row in report.counts) == 2
    assert found(report)["unreadable"].where[0].startswith(str(tmp_path / "test/fake/b.mp4"))
