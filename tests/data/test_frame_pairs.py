"""Forged frames with their target's and source's real frames, in FF++'s order, by number; and those without."""

from pathlib import Path

import pytest
import trees

from engines.data.layouts import read
from engines.data.pairs import pair
from engines.data.videos import Video


def video(name: str, numbers: range | list[int], label: int = 0, target: str = "", source: str = "", **more) -> Video:
    folder = Path("fake" if label else "real", name, more.get("dataset", ""), more.get("compression", ""))
    frames = tuple(folder / f"{number:03d}.png" for number in numbers)
    return Video(
        str(folder), frames, label, "FF-DF" if label else "real", name=name, target=target, source=source, **more
    )


def test_the_first_id_is_the_target_and_the_second_the_source(tmp_path: Path) -> None:
    videos = read(trees.faceforensics(tmp_path)).part("train", "c23")
    found = pair(videos)
    assert len(found.pairs) == 8 and found.unpaired == ()
    first = next(each for each in found.pairs if "Deepfakes" in str(each.frame) and "000_003" in str(each.frame))
    youtube = tmp_path / "original_sequences/youtube/c23/frames"
    assert first[1:] == (youtube / "000/000.png", youtube / "003/000.png", 0)


def test_no_frame_is_paired_across_numbers_compressions_or_data_sets() -> None:
    fake = video("000_003", [0, 7, 9], 1, "000", "003", dataset="A", compression="c23")
    target = video("000", [0, 7], dataset="A", compression="c23")
    source = video("003", [7, 9], dataset="A", compression="c23")
    others = [
        video("000", range(10), dataset="A", compression="c40"),
        video("000", range(10), dataset="B", compression="c23"),
        video("003", range(10), dataset="B", compression="c23"),
    ]
    found = pair([fake, target, source, *others])
    assert [(each.number, each.target, each.source) for each in found.pairs] == [
        (7, target.frames[1], source.frames[0])
    ]
    assert found.reasons() == {"the source has no frame of that number": 1, "the target has no frame of that number": 1}


def test_nearest_frames_are_taken_only_when_asked() -> None:
    fake = video("000_003", [10, 20], 1, "000", "003")
    videos = [fake, video("000", [9, 24]), video("003", [100])]
    assert len(pair(videos).pairs) == 0
    found = pair(videos, within=1, source_within=None)
    assert [(each.number, each.target.stem, each.source and each.source.stem) for each in found.pairs] == [
        (10, "009", "100")
    ]
    assert found.reasons() == {"the target has no frame of that number": 1}
    assert len(pair(videos, within=4, source_within=89).pairs) == 1


def test_what_stays_unpaired_and_why() -> None:
    known = video("000", [0])
    cases = [
        (video("a", [0], 1), "nothing says which video is its target"),
        (video("b", [0], 1, "111", "000"), "its target is not there"),
        (video("c", [0], 1, "000", ""), "nothing says which video is its source"),
        (video("d", [0], 1, "000", "111"), "its source is not there"),
    ]
    found = pair([known, *(case for case, _ in cases)])
    assert [(each.frame.parent.name, each.why) for each in found.unpaired] == [(case.name, why) for case, why in cases]
    twins = [video("000", [0], dataset="B"), video("000", [0], dataset="C"), cases[2][0]]
    assert pair(twins).reasons() == {"several real videos have the id of its target": 1}
    unnumbered = Video("u", (Path("u/face.png"),), 1, "fake", name="u", target="000", source="000")
    assert pair([known, unnumbered]).reasons() == {"the frame's name has no number": 1}


def test_a_reenacted_face_has_no_source_face() -> None:
    fake = video("000_M101", [0, 1], 1, "000", "")
    found = pair([fake, video("000", [0])], need_source=False)
    assert [(each.number, each.source) for each in found.pairs] == [(0, None)] and len(found.unpaired) == 1


@pytest.mark.parametrize("videos", [[], [video("000", [0, 1])]])
def test_nothing_forged_is_nothing_paired(videos: list[Video]) -> None:
    assert pair(videos) == ((), ())
