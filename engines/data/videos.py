"""What is known of a video or a picture of a data set, whatever layout it was found in, and what is wrong with one.

A family is the forgery's name in DeepfakeBench (`FF-DF`, `CelebDFv2_fake`) where it has one, "real" for real ones.
`people` carry the data set that counts them (`ff/000`), since several sets are made from the same people.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
CLIPS = (".mp4", ".mov", ".avi", ".mkv", ".webm")
SPLITS = ("train", "val", "test")
SEVERITIES = ("note", "warning", "error")
_NUMBERED = re.compile(r"(?:^|[_-]|frame)(\d+)$", re.IGNORECASE)


@dataclass(frozen=True)
class Video:
    """The frames of one video, or one picture.

    Attributes:
        path: where it lies, unlike any other's of its data set.
        frames: pictures of it, in the order of time; none where it is still a clip.
        label: 0 is real, 1 forged.
        family: who forged it, or "real".
        dataset: as DeepfakeBench names it, e.g. "FaceForensics++".
        split: "train", "val", "test", or empty where its data set puts it into none.
        compression: "c23", "c40", "raw" or empty.
        name: its id in its data set; several methods may share one.
        target: id of the real video whose frames were altered, where known.
        source: id of the real video whose face or motion went into it, where known.
        people: who is in it; of a forged one, of the target and of the source.
        clip: the video file.
        masks: pictures of where it is forged, named as the frames are.
    """

    path: str
    frames: tuple[Path, ...]
    label: int
    family: str
    dataset: str = ""
    split: str = ""
    compression: str = ""
    name: str = ""
    target: str = ""
    source: str = ""
    people: tuple[str, ...] = ()
    clip: Path | None = None
    masks: tuple[Path, ...] = ()

    def evenly(self, count: int) -> "Video":
        """The same video with at most `count` frames, spread evenly over it from the first to the last."""
        if len(self.frames) <= count:
            return self
        chosen = np.linspace(0, len(self.frames) - 1, count).round().astype(int)
        return replace(self, frames=tuple(self.frames[index] for index in chosen))

    def first(self, count: int) -> "Video":
        """The same video with its first `count` frames, as DeepfakeBench's loader takes them."""
        return replace(self, frames=self.frames[:count])

    def sampled(self, count: int, first_k: bool = False) -> "Video":
        """`first` where `first_k`, `evenly` elsewhere."""
        return self.first(count) if first_k else self.evenly(count)

    @property
    def indices(self) -> tuple[int | None, ...]:
        """The number of each frame in its video, where its file's name says so."""
        return tuple(frame_number(frame) for frame in self.frames)

    def mask_of(self, frame: Path) -> Path | None:
        """The mask named as this frame is."""
        return next((mask for mask in self.masks if mask.stem == frame.stem), None)


@dataclass(frozen=True)
class Problem:
    """Something to know of a data set, as a sentence.

    Attributes:
        severity: "note", "warning" or "error": an error makes results wrong or impossible.
        kind: a word for programs, e.g. "leak".
        text: the fact and what to do.
        where: the first few of the files or videos it is about. count: how many there are.
    """

    severity: str
    kind: str
    text: str
    where: tuple[str, ...] = ()
    count: int = 1


@dataclass
class Notes:
    """Where readers put what they find on the way."""

    problems: list[Problem] = field(default_factory=list)

    def add(self, severity: str, kind: str, text: str, where: Iterable[object] = ()) -> None:
        """Put down a problem; of many places the first five are kept."""
        places = [str(place) for place in where]
        self.problems.append(Problem(severity, kind, text, tuple(places[:5]), max(1, len(places))))


def frame_number(path: Path) -> int | None:
    """The number at the end of a frame's name: 7 of `007.png`, `frame_007.png` and `000_003_0007.png`."""
    found = _NUMBERED.search(path.stem)
    return int(found[1]) if found else None


def in_order(frames: Iterable[Path]) -> tuple[Path, ...]:
    """Frames by number, then by name: DeepfakeBench's lists are in no order, and "10" comes before "9" as text."""
    return tuple(sorted(frames, key=lambda path: (frame_number(path) or 0, str(path))))


def is_picture(path: Path) -> bool:
    """Whether its name is a picture's; names that begin with a dot are the system's own."""
    return path.suffix.lower() in PICTURES and not path.name.startswith(".")


def is_clip(path: Path) -> bool:
    """Whether its name is a video file's."""
    return path.suffix.lower() in CLIPS and not path.name.startswith(".")
