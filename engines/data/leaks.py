"""What stands in two splits and must not: the same video, the same person, the same file content.

A forged video carries the people of both its target and its source. Whether one of them is in two splits is known
only where the names say who is who. Contents are compared byte by byte through a hash, of files of equal size.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from engines.data.videos import Notes, Video


def leaks(videos: Sequence[Video], files: Iterable[Path], notes: Notes) -> None:
    """Put down each kind of leak; contents of `files`, frames of these videos, are compared."""
    placed = [video for video in videos if video.split]
    _videos(placed, notes)
    _people(placed, notes)
    _contents(videos, files, notes)


def _videos(videos: Sequence[Video], notes: Notes) -> None:
    """One video, or a forged one and the video it was made on, in two splits."""
    same = _in_two((video.path, video.split) for video in videos)
    if same:
        notes.add("error", "leak-video", f"{len(same)} videos stand in two splits. Keep each in one.", same)
    made_on = ((f"{video.dataset}/{video.target or video.name}", video.split) for video in videos if _told(video))
    parted = _in_two(made_on)
    if parted and not same:
        notes.add(
            "error", "leak-target", f"{len(parted)} real videos are in another split than forgeries of them: training "
            "shows the very frames that are tested. Split by the real video.", parted,
        )  # fmt: skip


def _told(video: Video) -> bool:
    return video.label == 0 or bool(video.target)


def _people(videos: Sequence[Video], notes: Notes) -> None:
    splits_of: dict[str, set[str]] = {}
    for video in videos:
        for person in video.people:
            splits_of.setdefault(person, set()).add(video.split)
    seen = sorted(person for person, splits in splits_of.items() if "train" in splits and "test" in splits)
    close = sorted(person for person, splits in splits_of.items() if splits == {"train", "val"})
    if seen:
        notes.add(
            "warning", "leak-person", f"{len(seen)} of {len(splits_of)} people are in training and in test: a "
            "detector may know them by face.", seen,
        )  # fmt: skip
    if close:
        notes.add("note", "leak-person", f"{len(close)} people are in training and in validation.", close)


def _contents(videos: Sequence[Video], files: Iterable[Path], notes: Notes) -> None:
    owner: dict[Path, list[Video]] = {}
    for video in videos:
        for frame in video.frames:
            owner.setdefault(frame, []).append(video)
    across, both = [], []
    shared = ([file] for file, owners in owner.items() if len(owners) > 1)
    for twins in [*shared, *_equal(files)]:
        owners = [video for file in twins for video in owner.get(file, ())]
        said = " = ".join(map(str, twins[:3]))
        if len({video.label for video in owners}) > 1:
            both.append(said)
        elif len({video.split for video in owners} - {""}) > 1:
            across.append(said)
    if both:
        notes.add(
            "error", "both-labels", f"{len(both)} pictures are called real and forged, or have the same content as one "
            "that is called the other: a label is wrong.", both,
        )  # fmt: skip
    if across:
        notes.add("error", "leak-content", f"{len(across)} pictures have the same content in two splits.", across)


def _equal(files: Iterable[Path]) -> list[list[Path]]:
    """Files of equal content, in groups; only those of equal size are opened."""
    by_size: dict[int, list[Path]] = {}
    for file in files:
        by_size.setdefault(file.stat().st_size, []).append(file)
    by_content: dict[tuple[int, bytes], list[Path]] = {}
    for size, alike in by_size.items():
        for file in alike if len(alike) > 1 else ():
            by_content.setdefault((size, _hash(file)), []).append(file)
    return [group for group in by_content.values() if len(group) > 1]


def _hash(file: Path) -> bytes:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").digest()


def _in_two(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Keys that come with more than one value, sorted."""
    values: dict[str, set[str]] = {}
    for key, value in rows:
        values.setdefault(key, set()).add(value)
    return sorted(key for key, found in values.items() if len(found) > 1)
