"""What a data set holds and what is wrong with it, before an hour is spent on it.

Errors make results wrong or impossible: a split with one class, files that are not there or cannot be read, the same
content in two splits or under both labels, videos that would merge. Warnings should be looked at: short videos, one
person in two splits, empty folders. Notes are facts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.data.images import read_image
from engines.data.layouts import Index
from engines.data.leaks import leaks
from engines.data.pairs import pair
from engines.data.video import OWN_BYTE_CAP, numbered_frames
from engines.data.videos import SEVERITIES, SPLITS, Notes, Problem, Video, frame_number, is_clip
from engines.errors import BadInput, Stopped

Progress = Callable[[float], None]
SAMPLE = 400
"""Frames that are decoded by default, spread over all videos: 400 without a fault say that under 1 % have one."""

FRAMES_A_CLIP = 8
"""A clip, which is read whole for its first frame, stands for so many frames of the sample."""


@dataclass(frozen=True)
class Count:
    """How many there are of one kind; a clip is a video without frames yet."""

    split: str
    label: str
    family: str
    dataset: str
    compression: str
    videos: int
    frames: int
    clips: int


@dataclass(frozen=True)
class Report:
    """What `check` found.

    Attributes:
        decoded: how many frames, and first frames of clips, were decoded. problems: the worst first.
    """

    place: str
    layout: str
    why: str
    counts: tuple[Count, ...]
    decoded: int
    problems: tuple[Problem, ...]

    @property
    def severity(self) -> str:
        """The worst there is: "ok", "note", "warning" or "error"."""
        return self.problems[0].severity if self.problems else "ok"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; keys stay as they are."""
        return {**asdict(self), "severity": self.severity}


def check(
    index: Index,
    frames: int = 8,
    sample: int | None = SAMPLE,
    contents: bool = True,
    progress: Progress | None = None,
    stopping: Callable[[], bool] | None = None,
) -> Report:
    """Look a data set over.

    Args:
        frames: how many of each video are going to be used; videos with fewer are said.
        sample: how many frames to decode, spread over all; None decodes every one. Of clips an eighth as many.
        contents: whether to compare the contents of all files, which reads those of equal size.
        progress: told the share done. stopping: asked now and then whether to stop.

    Raises:
        Stopped: `stopping` said so.
    """
    notes = Notes(list(index.problems))
    videos = index.videos
    present = _present(videos, notes)
    _names(videos, notes)
    _classes(videos, notes)
    _short(videos, frames, notes)
    clips = [video.clip for video in videos if video.clip and not video.frames and video.clip.is_file()]
    chosen = _spread(present, sample) + _spread(clips, sample and -(-sample // FRAMES_A_CLIP))
    _decode(chosen, notes, progress or _silent, stopping or _never)
    leaks(videos, present if contents else (), notes)
    _pairs(videos, notes)
    problems = sorted(notes.problems, key=lambda problem: -SEVERITIES.index(problem.severity))
    return Report(str(index.place), index.layout, index.why, _counts(videos), len(chosen), tuple(problems))


def _counts(videos: Sequence[Video]) -> tuple[Count, ...]:
    tally: dict[tuple[str, str, str, str, str], list[int]] = {}
    for video in videos:
        label = "forged" if video.label else "real"
        key = (video.split or "none", label, video.family, video.dataset, video.compression)
        row = tally.setdefault(key, [0, 0, 0])
        row[:] = [row[0] + 1, row[1] + len(video.frames), row[2] + (not video.frames)]
    order = {split: number for number, split in enumerate((*SPLITS, "none"))}
    keys = sorted(tally, key=lambda key: (order[key[0]], key[1] == "forged", *key[2:]))
    return tuple(Count(*key, *tally[key]) for key in keys)


def _present(videos: Sequence[Video], notes: Notes) -> list[Path]:
    """The frames that are there, each once; the absent and the empty ones are put down."""
    absent: list[Path] = []
    empty: list[Path] = []
    there: list[Path] = []
    for path in dict.fromkeys(frame for video in videos for frame in video.frames):
        try:
            (there if path.stat().st_size else empty).append(path)
        except OSError:
            absent.append(path)
    if absent:
        notes.add(
            "error", "missing-file", f"{len(absent)} frames that are listed are not there. Fetch or list anew.", absent
        )
    if empty:
        notes.add("error", "empty-file", f"{len(empty)} frames have 0 bytes. Fetch or crop them again.", empty)
    lost = [video.clip for video in videos if video.clip and not video.frames and not video.clip.is_file()]
    if lost:
        notes.add("error", "missing-file", f"{len(lost)} clips that are listed are not there.", lost)
    return there


def _names(videos: Sequence[Video], notes: Notes) -> None:
    at: dict[str, set[tuple[str, str, int]]] = {}
    named: dict[tuple[str, str, str], set[str]] = {}
    for video in videos:
        at.setdefault(video.path, set()).add((video.dataset, video.family, video.label))
        named.setdefault((video.dataset, video.compression, video.name), set()).add(video.path)
    merging = [path for path, who in at.items() if len(who) > 1]
    if merging:
        notes.add(
            "error", "collision", f"{len(merging)} places belong to videos of several families or labels, which would "
            "merge into one. Give each its own folder.", merging,
        )  # fmt: skip
    shared = [name for (_, _, name), paths in named.items() if len(paths) > 1]
    if shared:
        notes.add(
            "note", "shared-name", f"{len(shared)} ids belong to several videos, as when several methods forged one; "
            "they are told apart by where they lie.", shared,
        )  # fmt: skip
    loose = [video.path for video in videos if len(video.frames) > 1 and None in map(frame_number, video.frames)]
    if loose:
        notes.add(
            "warning", "order", f"{len(loose)} videos have frames without a number in their names; their order is that "
            "of the names, and they cannot be paired.", loose,
        )  # fmt: skip


def _classes(videos: Sequence[Video], notes: Notes) -> None:
    if not videos:
        notes.add("error", "nothing", "There is not a single video or picture.")
    for split in sorted({video.split for video in videos} - {""}):
        labels = {video.label for video in videos if video.split == split}
        if len(labels) == 1:
            only = "forged" if labels == {1} else "real"
            notes.add(
                "error", "one-class", f"The {split} part holds only {only} videos; no AUC can be had from it.", [split]
            )


def _short(videos: Sequence[Video], frames: int, notes: Notes) -> None:
    if all(len(video.frames) <= 1 for video in videos):
        return  # a set of pictures, not of videos
    short = [f"{video.path} ({len(video.frames)})" for video in videos if 0 < len(video.frames) < frames]
    if short:
        notes.add(
            "warning", "short", f"{len(short)} videos have fewer than {frames} frames; all they have is used.", short
        )


def _pairs(videos: Sequence[Video], notes: Notes) -> None:
    if not any(video.target and video.frames for video in videos):
        return
    both, at_target = pair(videos), pair(videos, need_source=False)
    whole = len(both.pairs) + len(both.unpaired)
    reasons = "; ".join(f"{why} ({count})" for why, count in both.reasons().items())
    text = (
        f"Of {whole} forged frames {len(at_target.pairs)} have their target's real frame of the same number, and "
        f"{len(both.pairs)} their source's too."
    )
    notes.add("note", "pairs", f"{text} The others: {reasons}." if reasons else text)


def _spread(frames: Sequence[Path], count: int | None) -> list[Path]:
    if count is None or count >= len(frames):
        return list(frames)
    return [frames[at] for at in np.linspace(0, len(frames) - 1, count).round().astype(int)] if count else []


def _decode(frames: Iterable[Path], notes: Notes, progress: Progress, stopping: Callable[[], bool]) -> None:
    chosen, bad = list(frames), []
    for number, frame in enumerate(chosen, 1):
        if stopping():
            raise Stopped("Checking was stopped.")
        try:
            if is_clip(frame):
                next(numbered_frames(frame, 1, byte_cap=OWN_BYTE_CAP))
            else:
                read_image(frame)
        except BadInput as error:
            bad.append(f"{frame}: {error}")
        progress(number / len(chosen))
    if bad:
        notes.add(
            "error", "unreadable", f"{len(bad)} of {len(chosen)} frames and clips that were opened cannot be read. "
            "Fetch or crop them again.", bad,
        )  # fmt: skip


def _silent(_: float) -> None:
    pass


def _never() -> bool:
    return False
