"""The Deepfake Detection Challenge: the whole set (DFDC, arXiv 2006.07397) and its preview (DFDCP, arXiv 1910.08854).

    DFDC:   [train/]dfdc_train_part_0/{metadata.json, *.mp4}   {"a.mp4": {"label": "FAKE", "original": "b.mp4"}}
            test/{labels.csv or metadata.json, *.mp4}          filename,label with 1 for forged
    DFDCP:  dataset.json                                       {"method_A/…/x.mp4": {"label": "fake", "set": "train"}}
            method_A/ method_B/ original_videos/

A video without an entry is left out and said; so is an entry without its video. Frames of a DFDCP video lie at the
clip's path without `.mp4`, or in `<first folder>/frames/<video>/`, as DeepfakeBench has them.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engines.data.layouts.base import Layout, Reading, Unit, read_json, unit, units
from engines.data.videos import SPLITS, Video
from engines.errors import BadInput

LABELS = {"real": 0, "fake": 1, "0": 0, "1": 1}


def _recognise_dfdc(place: Path) -> str | None:
    found = next((path for path in _parts(place)), None)
    return f"{found.relative_to(place)} carries its labels" if found else None


def _parts(place: Path) -> list[Path]:
    """The label files of all parts."""
    patterns = ("metadata.json", "labels.csv", "*/metadata.json", "*/labels.csv", "*/*/metadata.json")
    return sorted({path for pattern in patterns for path in place.glob(pattern)})


def _read_dfdc(place: Path, reading: Reading) -> Iterator[Video]:
    for file in _parts(place):
        rows = _csv(file) if file.suffix == ".csv" else _metadata(file)
        split = "test" if "test" in file.relative_to(place.parent).parent.name.lower() else "train"
        found = {unit.name: unit for unit in units(file.parent)}
        for name, row in rows.items():
            label = _label(row.get("label"), file, name)
            video = found.pop(Path(name).stem, None)
            if video is None:
                continue
            target = Path(str(row.get("original") or "")).stem if label else ""
            yield _video(video, label, "DFDC_Fake" if label else "real", "DFDC", split, target)
        _say_missing(reading, file, [name for name in rows if unit(file.parent, Path(name).stem) is None], [*found])


def _read_dfdcp(place: Path, reading: Reading) -> Iterator[Video]:
    file = place / "dataset.json"
    absent = []
    for path, row in _metadata(file).items():
        first, clip = path.replace("\\", "/").split("/")[0], place / path.replace("\\", "/")
        label = _label(row.get("label"), file, path)
        video = unit(clip.parent, clip.stem) or unit(place / first, clip.stem)
        split = str(row.get("set", ""))
        if split not in SPLITS:
            raise BadInput(f"{file}: {path} is in the set {split!r}; train, val or test is expected.")
        if video is None:
            absent.append(path)
            continue
        kind = f"DFDCP_Fake{first[-1].upper()}" if label else "real"
        people = tuple(f"dfdcp/{row[key]}" for key in ("target_id", "swapped_id", "user_id") if row.get(key))
        yield _video(video, label, kind, "DFDCP", split, "", people)
    _say_missing(reading, file, absent, [])


def _video(
    video: Unit, label: int, family: str, dataset: str, split: str, target: str, people: tuple[str, ...] = ()
) -> Video:
    name, path, frames, clip, masks = video
    return Video(path, frames, label, family, dataset, split, "", name, target, "", people, clip, masks)


def _metadata(file: Path) -> dict[str, dict[str, Any]]:
    rows = read_json(file)
    if not isinstance(rows, dict) or any(not isinstance(row, dict) for row in rows.values()):
        raise BadInput(f'{file} is not of the form {{"a.mp4": {{"label": "FAKE"}}}}; fetch it again.')
    return rows


def _csv(file: Path) -> dict[str, dict[str, Any]]:
    with file.open(newline="", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    if rows and not {"filename", "label"} <= rows[0].keys():
        raise BadInput(f"{file} has the columns {', '.join(rows[0])}; filename and label are expected.")
    return {row["filename"]: row for row in rows}


def _label(said: object, file: Path, name: str) -> int:
    if (label := LABELS.get(str(said).strip().lower())) is None:
        raise BadInput(f"{file} calls {name} {said!r}; REAL or FAKE, 0 or 1 is expected, and nothing is guessed.")
    return label


def _say_missing(reading: Reading, file: Path, absent: list[str], unlisted: list[str]) -> None:
    if absent:
        reading.notes.add(
            "warning",
            "missing-video",
            f"{len(absent)} videos that {file} lists are not there; the rest is read.",
            absent,
        )
    if unlisted:
        reading.notes.add(
            "warning",
            "no-label",
            f"{len(unlisted)} videos beside {file} have no label in it and are left out.",
            unlisted,
        )


DFDC = Layout(
    "dfdc", "DFDC", _recognise_dfdc, _read_dfdc,
    ("metadata.json", "labels.csv", "*/metadata.json", "*/labels.csv", "*/*/metadata.json"),
)  # fmt: skip
DFDCP = Layout(
    "dfdcp", "DFDC preview",
    lambda place: (
        "it holds dataset.json beside method_A or original_videos"
        if (place / "dataset.json").is_file()
        and any((place / name).is_dir() for name in ("method_A", "method_B", "original_videos"))
        else None
    ),
    _read_dfdcp, ("dataset.json",),
)  # fmt: skip
