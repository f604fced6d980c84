"""Which frames of a video a folder's samples hold."""

from pathlib import Path

from engines.data.videos import Video
from engines.detection.folders import FolderSamples


def test_frames_are_spread_evenly_unless_the_first_are_asked_for():
    video = Video("v", tuple(Path(f"{number}.png") for number in range(9)), 0, "real", name="000")
    even, first = (FolderSamples([video], "face", 56, 3, first_k) for first_k in (False, True))
    assert [path.stem for path in even.paths] == ["0", "4", "8"]
    assert [path.stem for path in first.paths] == ["0", "1", "2"]


def test_who_is_shown():
    """A forged video has its target's and its source's id, a real one its own, an unnamed one its path."""
    frame = (Path("0.png"),)
    videos = [
        Video("a", frame, 1, "FF-DF", name="000_003", target="000", source="003"),
        Video("b", frame, 0, "real", name="003"),
        Video("c", frame, 0, "real"),
    ]
    samples = FolderSamples(videos, "face", 56, 1)
    assert samples.target_id.tolist() == ["000", "003", "c"] and samples.source_id.tolist() == ["003", "003", "c"]
