"""DeepfakeBench's layout (Yan et al., NeurIPS 2023, arXiv 2307.01426): PNG frames in folders, listed in a JSON.

    FOLDER/mien.json                                {dataset: {label: {split: {video: {"label": …, "frames": […], …}}}}}
    FOLDER/swap/frames/0000012_0000034/003.png      person 12 with the face of person 34, the fourth photograph
    FOLDER/swap/masks/0000012_0000034/003.png       255 where all is forged
    FOLDER/forgeries.csv, FOLDER/world.json         knobs and quality of each frame; what makes the same again

A label is "real" or a family; paths are relative to the JSON, so that the folder can be moved. Differs from
DeepfakeBench's own sets: a "video" is the still photographs of one pair of people, and masks lie where that code looks
for them (`frames` in the path replaced by `masks`), but landmarks do not. Who is shown, for which the schema has no
room, stands under "mien" in each video. `data.forgery_index.read_index` reads it.
"""

import csv
import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engines.errors import BadConfig, Stopped
from engines.faceworld.dataset import ForgerySet, ForgerySpec
from engines.faceworld.export.draft import check_room, draft
from engines.faceworld.export.rows import Progress, Stopping, encode, provenance
from engines.faceworld.splits import SPLITS

DATASET = "mien"
_MAKING = 0.8
"""Share of the time that rendering takes; the rest is writing."""
_COLUMNS = ("file_name", "split", "label", "video", "target", "source", "quality", "knobs")


@dataclass(frozen=True)
class _Frame:
    """Where one sample of a set goes."""

    label: str
    video: str
    number: int

    def path(self, kind: str) -> str:
        return f"{self.label}/{kind}/{self.video}/{self.number:03d}.png"


def all_splits(spec: ForgerySpec) -> list[ForgerySpec]:
    """Sets for training, validation and test, as large to each other as the splits are; `spec` is the first."""
    whole = len(SPLITS["train"])

    def part(split: str) -> ForgerySpec:
        people, reals, fakes = (
            max(2, round(count * len(SPLITS[split]) / whole)) if count else 0
            for count in (spec.identities, spec.reals, spec.fakes_per_family)
        )
        return replace(spec, split=split, identities=people, reals=reals, fakes_per_family=fakes)

    return [replace(spec, split="train"), part("val"), part("test")]


def export_deepfakebench(
    specs: Sequence[ForgerySpec],
    folder: str | Path,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    progress: Progress | None = None,
    stopping: Stopping | None = None,
) -> Path:
    """Write sets of real and forged photographs, one a split. The folder, once it exists.

    Args:
        workers, cache: see `ForgerySet.build`, which makes the pictures.
        progress: told the share done. stopping: asked now and then whether to stop.

    Raises:
        BadConfig: no set, or two of one split.
        BadInput: the folder exists, cannot be written, or the disk is full; nothing is kept.
        Stopped: `stopping` said so; nothing is kept.
    """
    splits = [spec.split for spec in specs]
    if not splits or len(set(splits)) != len(splits):
        raise BadConfig(f"An export takes one set for each split, not {', '.join(splits) or 'none'}.")
    with draft(Path(folder)) as place:
        tell = _shares(progress, [len(spec) for spec in specs])
        index: dict[str, dict[str, dict[str, Any]]] = {}
        with (place / "forgeries.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, _COLUMNS, lineterminator="\n")
            table.writeheader()
            for number, spec in enumerate(specs):
                made = ForgerySet.build(spec, _within(tell, number, 0, _MAKING), workers, cache, stopping)
                for done, row in enumerate(_write(made, place, index), 1):
                    table.writerow(row)
                    _within(tell, number, _MAKING, 1)(done / len(made))
                    if stopping and stopping():
                        raise Stopped("Writing was stopped; nothing of it is kept.")
        (place / f"{DATASET}.json").write_text(json.dumps({DATASET: _complete(index)}, indent=1))
        (place / "world.json").write_text(json.dumps([provenance(spec) for spec in specs], indent=2))
    return Path(folder)


def _write(made: ForgerySet, place: Path, index: dict[str, dict[str, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Write the frames and masks of a set, note each in the index, and yield its row of the table."""
    counts: dict[tuple[str, str], Iterator[int]] = {}
    written = 0
    for i in range(len(made)):
        label, video = str(made.family[i]), _video(made, i)
        frame = _Frame(label, video, next(counts.setdefault((label, video), itertools.count())))
        for kind, picture in (("frames", made.images[i]), ("masks", made.masks[i])):
            data, path = encode(picture), place / frame.path(kind)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written += len(data)
        videos = index.setdefault(label, {}).setdefault(made.spec.split, {})
        entry = videos.setdefault(
            video, {"label": label, "frames": [], "masks": [], DATASET: {"people": _people(made, i)}}
        )
        for kind in ("frames", "masks"):
            entry[kind].append(frame.path(kind))
        check_room(place, written, i + 1, len(made))
        yield {
            "file_name": frame.path("frames"), "split": made.spec.split, "label": label, "video": video,
            "target": made.target_id[i], "source": made.source_id[i], "quality": f"{made.quality[i]:.4f}",
            "knobs": json.dumps(made.knobs[i]),
        }  # fmt: skip


def _people(made: ForgerySet, i: int) -> list[str]:
    """The target and, where it is somebody else, the source; as `data.videos` counts people."""
    return [f"{DATASET}/{number:07d}" for number in dict.fromkeys((int(made.target_id[i]), int(made.source_id[i])))]


def _video(made: ForgerySet, i: int) -> str:
    return "_".join(name.partition("/")[2] for name in _people(made, i))


def _complete(index: dict[str, dict[str, dict[str, Any]]]) -> dict[str, dict[str, dict[str, Any]]]:
    """With every split under every label, empty where there is nothing: DeepfakeBench asks for each by name."""
    return {label: {split: splits.get(split, {}) for split in SPLITS} for label, splits in index.items()}


def _shares(progress: Progress | None, sizes: Sequence[int]) -> Any:
    """Progress of one of several parts as progress of the whole: `tell(part, share)`."""
    starts = [0, *itertools.accumulate(sizes)]

    def tell(part: int, share: float) -> None:
        if progress:
            progress((starts[part] + share * sizes[part]) / starts[-1])

    return tell


def _within(tell: Any, part: int, low: float, high: float) -> Progress:
    return lambda share: tell(part, low + (high - low) * share)
