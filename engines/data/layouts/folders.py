"""A folder of real and one of forged pictures or clips: `real/ fake/`, `0_real/ 1_fake/`, `nature/ ai/`; UADFV is one.

They lie inside `train`, `val` and `test`, or without them. Without, videos are divided 70 : 15 : 15 by a hash of their
name, so that a video is never in two parts, and neither are the frames that a video and its forgery share if their
names are alike. The folder a picture lies in is its video; pictures directly in `real/` or `fake/` stand for
themselves. Below `fake/` the first folder is the family where another follows.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import ASIDE, FRAMES, INSIDE, Layout, Reading, folder_named, folders
from engines.data.videos import SPLITS, Video, in_order, is_clip, is_picture

REAL_NAMES, FAKE_NAMES = ("real", "0_real", "nature"), ("fake", "1_fake", "ai")
SPLIT_NAMES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def videos_below(
    top: Path, label: int, dataset: str, split: str | None, family: str = "", single: bool = False
) -> Iterator[Video]:
    """Everything below a folder of real or of forged pictures and clips, sorted by path.

    Args:
        split: where all of it belongs; None divides it by a hash of the videos' names.
        family: of the forged ones; without it, the name of the first folder below.
        single: whether each picture stands for itself, wherever it lies.
    """
    gathered: dict[Path, list[Path]] = {}
    clips: dict[Path, Path] = {}
    for folder, files in _walk(top):
        # Pictures that lie directly in real/ or fake/ are no video: each stands for itself.
        alone = single or _alone(folder, top)
        for file in files:
            if is_picture(file):
                gathered.setdefault(file if alone else folder, []).append(file)
            elif is_clip(file):
                clips[file.with_suffix("")] = file
    for place in sorted({*gathered, *clips.keys() - _cropped(gathered)}):
        frames, clip = in_order(gathered.get(place, ())), clips.get(place)
        name, path = place.name, str(place if frames else clip)
        kind = "real" if label == 0 else family or _family(place.relative_to(top).parts)
        yield Video(path, frames, label, kind, dataset, _part(name) if split is None else split, name=name, clip=clip)


def _walk(top: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Folders and their files, each folder once though links may lead to it twice; not those of masks."""
    seen: set[str] = set()
    for place, inner, names in os.walk(top, followlinks=True):
        real = os.path.realpath(place)
        inner[:] = sorted(name for name in inner if name not in ASIDE and not name.startswith(".") and real not in seen)
        if real not in seen:
            seen.add(real)
            yield Path(place), [Path(place, name) for name in sorted(names)]


def _alone(folder: Path, top: Path) -> bool:
    return folder == top or (folder.parent == top and folder.name in FRAMES)


def _cropped(gathered: dict[Path, list[Path]]) -> set[Path]:
    """Where the clips would lie whose frames are in `frames/` beside `videos/`."""
    return {folder.parent.parent / "videos" / folder.name for folder in gathered if folder.parent.name in FRAMES}


def _family(below: tuple[str, ...]) -> str:
    names = [part for part in below if part not in INSIDE]
    return names[0] if len(names) > 1 else "fake"


def _part(name: str) -> str:
    share = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 2**32
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"


def _tops(root: Path) -> list[tuple[Path, int]]:
    return [
        (folder, label)
        for label, names in enumerate((REAL_NAMES, FAKE_NAMES))
        for name in names
        if (folder := folder_named(root, name))
    ]


def _divided(place: Path) -> list[tuple[Path, str]]:
    return [
        (folder, SPLIT_NAMES[folder.name.lower()]) for folder in folders(place) if folder.name.lower() in SPLIT_NAMES
    ]


def _recognise(place: Path) -> str | None:
    divided = [folder for folder, _ in _divided(place) if _tops(folder)]
    found = [folder.relative_to(place).as_posix() for root in (divided or [place]) for folder, _ in _tops(root)]
    return f"it holds {', '.join(found)}" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    divided = [(folder, split) for folder, split in _divided(place) if _tops(folder)]
    if not divided:
        reading.notes.add(
            "note", "divided", f"{place} has no train, val and test: its videos are divided 70 : 15 : 15 by a hash of "
            "their names.", [place],
        )  # fmt: skip
    parts: list[tuple[Path, str | None]] = [*divided] or [(place, None)]
    for root, split in parts:
        for top, label in _tops(root):
            _say_empty(top, reading)
            yield from videos_below(top, label, place.name, split)
    missing = sorted({*SPLITS} - {split for _, split in divided}) if divided else []
    if missing:
        reading.notes.add("note", "no-split", f"{place} has no {' and no '.join(missing)} folder.", [place])


def _say_empty(top: Path, reading: Reading) -> None:
    if not any(is_picture(file) or is_clip(file) for _, files in _walk(top) for file in files):
        reading.notes.add("warning", "empty", f"{top} holds no pictures and no clips.", [top])


LAYOUT = Layout("folders", "Folders of real and of forged pictures", _recognise, _read)
