"""Which pictures of a user's data set are real, which forged, by whom, and from which video: what training reads.

`layouts` knows the ways in which data sets lie on disk; this takes one part of one, and makes sure that it can be
trained and tested on. Frames come later: evenly over a video (`Video.evenly`), where DeepfakeBench takes the first.
"""

from collections.abc import Mapping
from pathlib import Path

from engines.data.layouts import read
from engines.data.videos import Video
from engines.errors import BadInput

__all__ = ["COMPRESSION", "Video", "read_index", "usable"]

COMPRESSION = "c23"


def read_index(
    source: str | Path, split: str, compression: str = COMPRESSION, labels: Mapping[str, int] | None = None
) -> list[Video]:
    """The videos of one split, sorted by path; see `layouts.read`.

    Raises:
        BadInput: nothing is there, the layout is unknown, videos are not cropped yet, a JSON names files that are not
            there, a picture is called real and forged, or the split lacks real or forged pictures.
    """
    index = read(source, labels=labels)
    place, videos = index.place, usable(index.place, index.part(split, compression))
    missing = [name for label, name in enumerate(("real", "forged")) if all(video.label != label for video in videos)]
    if missing:
        raise BadInput(
            f"The {split} part of {place} holds no {' and no '.join(missing)} pictures; training needs both."
        )
    return videos


def usable(place: Path, videos: list[Video]) -> list[Video]:
    """Some videos of a data set, as they are, if training can read them.

    Raises:
        BadInput: some are not cropped yet, not there, or called both real and forged.
    """
    clips = [video for video in videos if not video.frames]
    if clips:
        raise BadInput(
            f"{len(clips)} videos of {place} are clips without frames, {clips[0].path} first. Cut out their faces: "
            f"mien data crop {place} OUT."
        )
    _refuse_contradictions(place, videos)
    return videos


def _refuse_contradictions(place: Path, videos: list[Video]) -> None:
    label_of: dict[Path, int] = {}
    for video in videos:
        for frame in video.frames:
            if label_of.setdefault(frame, video.label) != video.label:
                raise BadInput(f"{place} calls {frame} both real and forged; correct it (mien data check {place}).")
    absent = [frame for frame in label_of if not frame.is_file()] if place.is_file() else []
    if absent:
        raise BadInput(
            f"{place} names {len(absent)} of {len(label_of)} frames that are not there, {absent[0]} first. Fetch them, "
            "or list anew what there is: mien data build."
        )
