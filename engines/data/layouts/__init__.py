"""The layouts in which data sets lie on disk, one reader each, behind `read`.

    index = read("/data/Celeb-DF-v2")
    index.layout, index.why            "celebdf", "it holds celeb-real and …"
    index.part("test")                 its videos, sorted by path
    index.problems                     what the reader found wrong or had to decide

Labels come from the layout alone. Where none fits, or a name says neither real nor fake, that is an error with what
to do; it is never guessed.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from engines.data.layouts import (
    celebdf,
    deeperforensics,
    deepfakebench,
    df40,
    dfdc,
    faceforensics,
    folders,
    genimage,
    universal,
)
from engines.data.layouts.base import Layout, Reading
from engines.data.videos import SPLITS, Problem, Video
from engines.errors import BadConfig, BadInput

LAYOUTS: dict[str, Layout] = {
    layout.name: layout
    for layout in (
        deepfakebench.LAYOUT,
        faceforensics.LAYOUT,
        celebdf.LAYOUT,
        dfdc.DFDCP,
        deeperforensics.LAYOUT,
        df40.LAYOUT,
        universal.LAYOUT,
        genimage.LAYOUT,
        dfdc.DFDC,
        folders.LAYOUT,
    )
}
"""Name -> layout, the one that says most first."""
HELD_OUT = 0.15
"""Share of the training videos that stand in for a missing validation part."""


class Guess(NamedTuple):
    """A layout and why it was taken; `also` are others that fit."""

    layout: Layout
    why: str
    also: tuple[str, ...]


@dataclass(frozen=True)
class Index:
    """The videos of a data set.

    Attributes:
        place: what was read. layout: its name in `LAYOUTS`; several, joined by "+", after `merged`. why: it is that.
        videos: all of them, sorted by path. problems: what the readers said.
    """

    place: Path
    layout: str
    why: str
    videos: tuple[Video, ...]
    problems: tuple[Problem, ...] = ()

    def part(self, split: str, compression: str | None = None) -> list[Video]:
        """The videos of one split, or of "all"; of one level of compression, where the data set has levels.

        Raises:
            BadConfig: there is no such split.
            BadInput: the data set has levels of compression, and not this one.
        """
        if split not in (*SPLITS, "all"):
            raise BadConfig(f"There is no part {split!r}; take train, val, test or all.")
        levels = sorted({video.compression for video in self.videos} - {""})
        if compression and levels and compression not in levels:
            raise BadInput(f"{self.place} has the compression {', '.join(levels)}, not {compression}.")
        return [
            video
            for video in self.videos
            if split in ("all", video.split) and (not compression or video.compression in ("", compression))
        ]


def infer(place: str | Path) -> Guess:
    """Which layout a path is, and why.

    Raises:
        BadInput: nothing is there, or no layout fits; the sentence says what was seen.
    """
    path = _existing(place)
    fitting = [(layout, why) for layout in LAYOUTS.values() if _fits(layout, path) and (why := layout.recognise(path))]
    if not fitting:
        raise BadInput(_unknown(path))
    (layout, why), *others = fitting
    return Guess(layout, why, tuple(other.name for other, _ in others))


def read(
    place: str | Path,
    layout: str | None = None,
    labels: Mapping[str, int] | None = None,
    root: str | Path | None = None,
) -> Index:
    """The videos at a path.

    Args:
        layout: a name in `LAYOUTS`; inferred by default.
        labels: names of labels that nobody knows -> 0 for real, 1 for forged.
        root: the folder at which the paths of a JSON begin.

    Raises:
        BadConfig: there is no such layout.
        BadInput: nothing is there, no layout fits, a list is damaged, or a label says neither real nor fake.
    """
    if layout is not None and layout not in LAYOUTS:
        raise BadConfig(f"There is no layout {layout!r}; take {', '.join(LAYOUTS)}.")
    guess = Guess(LAYOUTS[layout], "you said so", ()) if layout else infer(place)
    path = _existing(place).absolute()
    reading = Reading(labels=labels or {}, root=Path(root).expanduser().absolute() if root else None)
    if guess.also:
        reading.notes.add("note", "layout", f"{path} could also be read as {', '.join(guess.also)}; say which it is.")
    found = list(guess.layout.read(path, reading))
    empty = [video.path for video in found if not video.frames and not video.clip]
    if empty:
        reading.notes.add("warning", "empty", f"{len(empty)} videos are empty folders and are left out.", empty)
    videos = sorted((video for video in found if video.frames or video.clip), key=_order)
    videos = _with_validation(videos, path, reading)
    return Index(path, guess.layout.name, guess.why, tuple(videos), tuple(reading.notes.problems))


def merged(indices: list[Index]) -> Index:
    """Several data sets as one: forged videos of one and the real ones of another."""
    first = indices[0]
    videos = sorted((video for index in indices for video in index.videos), key=_order)
    layout, why = "+".join(index.layout for index in indices), "; ".join(index.why for index in indices)
    return Index(first.place, layout, why, tuple(videos), tuple(p for index in indices for p in index.problems))


def _existing(place: str | Path) -> Path:
    path = Path(place).expanduser()
    if not str(place) or not path.exists():
        raise BadInput(
            f"There is no data at {str(place)!r}. Set data to a folder with real/ and fake/, a benchmark's tree, or a "
            "DeepfakeBench JSON."
        )
    return path


def _fits(layout: Layout, path: Path) -> bool:
    return path.is_file() == (layout.name == "deepfakebench")


def _order(video: Video) -> tuple[str, str, str, str]:
    return (video.path, video.split, video.family, video.name)


def _with_validation(videos: list[Video], path: Path, reading: Reading) -> list[Video]:
    """Where there is a training part and none for validation, a share of the one becomes the other."""
    counts = Counter(video.split for video in videos)
    if counts["val"] or not counts["train"]:
        return videos
    reading.notes.add(
        "note", "held-out", f"{path} has no validation part: {HELD_OUT:.0%} of its training videos, by a hash of their "
        "names, are held out for it.", [path],
    )  # fmt: skip
    return [replace(video, split="val") if video.split == "train" and _held_out(video) else video for video in videos]


def _held_out(video: Video) -> bool:
    return int(hashlib.sha256(video.name.encode()).hexdigest()[:8], 16) / 2**32 < HELD_OUT


def _unknown(path: Path) -> str:
    if path.is_file():
        return f"{path} is a file, and no JSON; give a DeepfakeBench JSON or a folder."
    holds = ", ".join(sorted(entry.name for entry in path.iterdir())[:8]) or "nothing"
    below = [entry for entry in sorted(path.iterdir())[:50] if entry.is_dir()]
    near = next((f"{each} looks like {guess[0].title}; try it" for each in below if (guess := _any_fit(each))), None)
    advice = near or f"name the folders real and fake, or give the root of one of {', '.join(LAYOUTS)}"
    return f"{path} is no layout that is known: it holds {holds}. Nothing is guessed: {advice}."


def _any_fit(path: Path) -> tuple[Layout, str] | None:
    fitting = ((layout, layout.recognise(path)) for layout in LAYOUTS.values() if _fits(layout, path))
    return next(((layout, why) for layout, why in fitting if why), None)
