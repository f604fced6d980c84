"""Which pictures of a user's data set are real, which forged, by whom, and from which video.

Two layouts: a DeepfakeBench JSON,
`{dataset: {label: {split: {[compression]: {video: {"label": …, "frames": […]}}}}}}`, and a folder with one
sub-folder of real pictures and one of forged (`real`/`fake`, `0_real`/`1_fake`, `nature`/`ai`), inside `train`, `val`
and `test` or without them. Without them, videos are divided 70 : 15 : 15 by a hash of their path, so that a video is
never in two parts. The folder a picture lies in is its video; below the forged one, the first folder is its family.

Differs from DeepfakeBench: frames are taken evenly over a video instead of the first ones, a frame's video is known by
its full path instead of its folder's name, and an unreadable frame is an error instead of another frame.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engines.errors import BadInput

REAL_NAMES, FAKE_NAMES = ("real", "0_real", "nature"), ("fake", "1_fake", "ai")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")
COMPRESSION = "c23"
SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Video:
    """The frames of one video, or the pictures of one folder. label 0 is real, 1 forged."""

    path: str
    frames: tuple[Path, ...]
    label: int
    family: str

    def evenly(self, count: int) -> "Video":
        """The same video with at most `count` frames, spread evenly over it."""
        if len(self.frames) <= count:
            return self
        chosen = np.linspace(0, len(self.frames) - 1, count).round().astype(int)
        return Video(self.path, tuple(self.frames[index] for index in chosen), self.label, self.family)


def read_index(source: str | Path, split: str, compression: str = COMPRESSION) -> list[Video]:
    """The videos of one split, sorted by path.

    Raises:
        BadInput: nothing is there, the layout is unknown, or the split lacks real or forged pictures.
    """
    place = Path(source).expanduser()
    if not str(source) or not place.exists():
        raise BadInput(
            f"There is no data at {str(source)!r}. Set data to a folder with real/ and fake/, "
            "or to a DeepfakeBench JSON."
        )
    found = _from_json(place, split, compression) if place.is_file() else _from_folder(place, split)
    videos = sorted(found, key=lambda video: video.path)
    missing = [name for label, name in enumerate(("real", "forged")) if all(video.label != label for video in videos)]
    if missing:
        raise BadInput(
            f"The {split} part of {place} holds no {' and no '.join(missing)} pictures; training needs both."
        )
    return videos


def _from_json(place: Path, split: str, compression: str) -> Iterator[Video]:
    try:
        content = json.loads(place.read_text())
        for labels in content.values():
            for label, splits in labels.items():
                yield from _label(place.parent, label, splits.get(split, {}), compression)
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise BadInput(
            f"{place} is not a DeepfakeBench JSON ({error}); `dataset: label: split: video` is expected."
        ) from None


def _label(root: Path, label: str, videos: dict[str, Any], compression: str) -> Iterator[Video]:
    inside = videos.get(compression, videos)
    real = "real" in label.lower()
    for name, video in inside.items():
        frames = tuple(sorted((root / str(frame).replace("\\", "/") for frame in video["frames"]), key=_frame_number))
        path = str(frames[0].parent) if frames else name
        yield Video(path, frames, 0 if real else 1, "real" if real else label)


def _frame_number(path: Path) -> tuple[int, str]:
    return (int(path.stem) if path.stem.isdigit() else 0, str(path))


def _from_folder(place: Path, split: str) -> Iterator[Video]:
    divided = any((place / name).is_dir() for name in SPLITS)
    root = place / split if divided else place
    for label, names in enumerate((REAL_NAMES, FAKE_NAMES)):
        for top in (root / name for name in names if (root / name).is_dir()):
            for video in _videos(top, label):
                if divided or _part(video.path) == split:
                    yield video


def _videos(top: Path, label: int) -> Iterator[Video]:
    by_folder: dict[Path, list[Path]] = {}
    for file in sorted(top.rglob("*")):
        if file.suffix.lower() in SUFFIXES:
            # Pictures that lie directly in real/ or fake/ are no video: each stands for itself.
            by_folder.setdefault(file if file.parent == top else file.parent, []).append(file)
    for folder, frames in by_folder.items():
        below = folder.relative_to(top).parts
        family = "real" if label == 0 else below[0] if len(below) > 1 else "fake"
        yield Video(str(folder), tuple(sorted(frames, key=_frame_number)), label, family)


def _part(path: str) -> str:
    share = int(hashlib.sha256(Path(path).name.encode()).hexdigest()[:8], 16) / 2**32
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"
