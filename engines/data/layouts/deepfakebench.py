"""DeepfakeBench's JSON (Yan et al., NeurIPS 2023, arXiv 2307.01426), read.

    {data set: {label: {split: {[compression]: {video: {"label": …, "frames": […], "masks": […]}}}}}}

Paths begin at the JSON's folder, or at the first folder around it (`datasets`, `datasets/rgb`, `rgb` in one of its
parents) in which the first frame lies. `build` adds to each video what the schema has no room for, under "mien"; the
field's own loaders do not look there.
Differs from DeepfakeBench: a label that says neither real nor fake is an error, frames are put into the order of
their numbers, and two videos never merge because their folders have one name.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from engines.data.layouts.base import Layout, Reading, read_json
from engines.data.names import ids, label_of
from engines.data.videos import SPLITS, Video, in_order
from engines.errors import BadInput

LEVELS = ("c23", "c40", "raw", "c0")
EXTRA = "mien"
SPLIT_NAMES = {**{split: split for split in SPLITS}, "all": ""}
"""Names of splits -> ours; "all" holds what its data set puts into none."""


class _Row(NamedTuple):
    dataset: str
    label: str
    split: str
    level: str
    name: str
    video: dict[str, Any]


@dataclass(frozen=True)
class _Reader:
    """A JSON being read."""

    file: Path
    root: Path
    reading: Reading

    def video(self, row: _Row) -> Video | None:
        """One entry; None where it has no frames and no clip."""
        said = row.video.get("label", row.label)
        label = label_of(row.label, row.dataset, self.reading.labels)
        if said != row.label and label_of(str(said), row.dataset, self.reading.labels) != label:
            raise BadInput(f"{self.file}: {row.name} stands under {row.label} and calls itself {said}; correct one.")
        if not isinstance(row.video["frames"], list):
            raise TypeError(f"the frames of {row.name} are no list")
        frames = in_order(self.path(frame) for frame in row.video["frames"])
        extra = row.video.get(EXTRA, {})
        clip = self.path(extra["clip"]) if "clip" in extra else None
        if not frames and clip is None:
            return None
        known = ids(row.dataset, row.name, label)
        return Video(
            path=str(self.path(extra["path"]) if "path" in extra else frames[0].parent),
            frames=frames,
            label=label,
            family=extra.get("family", "real" if label == 0 else row.label),
            dataset=row.dataset,
            split=SPLIT_NAMES[row.split],
            compression="raw" if row.level == "c0" else row.level,
            name=extra.get("name", row.name),
            target=extra.get("target", known.target),
            source=extra.get("source", known.source),
            people=tuple(extra.get("people", known.people)),
            clip=clip,
            masks=in_order(self.path(mask) for mask in row.video.get("masks", ())),
        )

    def path(self, said: str) -> Path:
        """A path of the JSON, absolute; some were written on Windows."""
        return self.root / str(said).replace("\\", "/")


def _recognise(place: Path) -> str | None:
    return "it is a JSON file" if place.is_file() and place.suffix.lower() == ".json" else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    try:
        rows = list(_rows(place))
        reader = _Reader(place, reading.root or _root(place, rows), reading)
        found = [(row, reader.video(row)) for row in rows]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{place} is not a DeepfakeBench JSON ({error}); `dataset: label: split: video` is expected."
        ) from None
    empty = [f"{row.label}/{row.split}/{row.name}" for row, video in found if video is None]
    if empty:
        reading.notes.add("warning", "empty", f"{len(empty)} videos of {place} list no frames and are left out.", empty)
    yield from _apart([video for _, video in found if video is not None], rows)


def _rows(place: Path) -> Iterator[_Row]:
    for dataset, labels in read_json(place, "a DeepfakeBench JSON").items():
        for label, splits in labels.items():
            for split, videos in splits.items():
                if split not in SPLIT_NAMES:
                    raise BadInput(f"{place}: {dataset}, {label} has a part {split!r}; train, val or test is expected.")
                leveled = bool(videos) and all(key in LEVELS and "frames" not in videos[key] for key in videos)
                for level, inside in videos.items() if leveled else [("", videos)]:
                    for name, video in inside.items():
                        yield _Row(dataset, label, split, level, name, video)


def _root(place: Path, rows: list[_Row]) -> Path:
    """The folder at which the paths begin."""
    first = next((frame for row in rows for frame in row.video["frames"]), None)
    around = [place.parent, *place.parent.parents[:3]]
    places = [folder / inner for folder in around for inner in (".", "datasets", "datasets/rgb", "rgb")]
    said = str(first).replace("\\", "/")
    return next((folder for folder in places if first and (folder / said).exists()), place.parent)


def _apart(videos: list[Video], rows: list[_Row]) -> Iterator[Video]:
    """Where several videos' frames lie in one folder, the folder does not tell them apart: family and id do."""
    at: dict[str, set[tuple[str, str, int]]] = {}
    for video in videos:
        at.setdefault(video.path, set()).add((video.dataset, video.name, video.label))
    shared = Counter({path: len(who) for path, who in at.items() if len(who) > 1})
    for video in videos:
        yield replace(video, path=f"{video.path}/{video.family}/{video.name}") if shared[video.path] else video


LAYOUT = Layout("deepfakebench", "DeepfakeBench JSON", _recognise, _read)
