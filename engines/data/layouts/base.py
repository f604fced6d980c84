"""What a layout is, and how videos are found below a folder of one.

A video may be there as a clip, as frames, or both: `F/000.mp4`, `F/videos/000.mp4`, `F/000/1.png`,
`F/frames/000/1.png`, as downloaded, and as DeepfakeBench and `mien data crop` leave it. Masks lie in `F/masks/000/`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from engines.data.videos import Notes, in_order, is_clip, is_picture
from engines.errors import BadInput

FRAMES = ("frames", "images", "faces")
"""Folders that hold one folder of pictures for each video."""
ASIDE = ("masks", "landmarks")
"""Folders whose pictures are no frames."""
INSIDE = (*FRAMES, *ASIDE, "videos")


class Unit(NamedTuple):
    """A video as the disk has it: its id, where it lies, its frames and its clip."""

    name: str
    path: str
    frames: tuple[Path, ...]
    clip: Path | None
    masks: tuple[Path, ...]


@dataclass(frozen=True)
class Reading:
    """What a reader is given besides the place.

    Attributes:
        notes: where it puts what is wrong.
        labels: label names that nobody knows -> 0 or 1.
        root: folder that paths in a JSON begin at.
    """

    notes: Notes = field(default_factory=Notes)
    labels: Mapping[str, int] = field(default_factory=dict)
    root: Path | None = None


@dataclass(frozen=True)
class Layout:
    """A way in which data sets lie on disk.

    Attributes:
        recognise: why a place is of this layout, as a half sentence; None where it is not.
        read: its videos (`Video`), in any order.
        lists: patterns of the files that carry labels and splits, which a copy of the tree needs.
    """

    name: str
    title: str
    recognise: Callable[[Path], str | None]
    read: Callable[[Path, Reading], Iterable[Any]]
    lists: tuple[str, ...] = ()


def units(folder: Path) -> list[Unit]:
    """The videos below a folder, by name. Folders without pictures are among them, without frames."""
    frames: dict[str, Path] = {}
    clips: dict[str, Path] = {}
    for place in (folder, *(folder / name for name in (*FRAMES, "videos"))):
        for entry in _entries(place):
            if entry.is_dir() and not (place == folder and entry.name.lower() in INSIDE):
                frames.setdefault(entry.name, entry)
            elif is_clip(entry):
                clips.setdefault(entry.stem, entry)
    return [_unit(folder, name, frames.get(name), clips.get(name)) for name in sorted({*frames, *clips})]


def unit(folder: Path, name: str) -> Unit | None:
    """One video below a folder by its id; None where there is neither a clip nor a folder of frames."""
    places = [folder, *(folder / part for part in (*FRAMES, "videos"))]
    frames = next((place / name for place in places if (place / name).is_dir()), None)
    clip = next((found for place in places if (found := place / f"{name}.mp4").is_file()), None)
    return _unit(folder, name, frames, clip) if frames or clip else None


def read_json(path: Path, kind: str = "JSON that can be read") -> Any:
    """The value in a JSON file; `kind` names what it should be in the error's sentence.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} is not {kind}: {error}. Fetch it again.") from None


def lines_of(path: Path) -> list[str]:
    """The lines of a text file that hold something.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}. Fetch it again.") from None


def folder_named(place: Path, *names: str) -> Path | None:
    """The sub-folder that has one of these names, in any case."""
    wanted = {name.lower() for name in names}
    return next((entry for entry in _entries(place) if entry.name.lower() in wanted and entry.is_dir()), None)


def folders(place: Path) -> list[Path]:
    """The sub-folders of a folder, by name."""
    return [entry for entry in _entries(place) if entry.is_dir()]


def pictures(folder: Path) -> Iterator[Path]:
    """The pictures directly in a folder."""
    return (entry for entry in _entries(folder) if is_picture(entry))


def _entries(place: Path) -> list[Path]:
    if not place.is_dir():
        return []
    try:
        return sorted(entry for entry in place.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raise BadInput(f"{place} cannot be listed: {error.strerror}. Check who may read it.") from None


def _unit(folder: Path, name: str, frames: Path | None, clip: Path | None) -> Unit:
    found = in_order(pictures(frames)) if frames else ()
    path = str(frames if found or not clip else clip)
    return Unit(name, path, found, clip, in_order(pictures(folder / "masks" / name)))
