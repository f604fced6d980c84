"""A folder of pictures, one folder a person, and `metadata.csv`.

    FOLDER/metadata.csv             file_name, identity, photo, group, years, male, yaw, pitch, roll (degrees),
                                    occluder, place, five and landmarks ("x y x y …", px)
    FOLDER/world.json               what makes the same pictures again
    FOLDER/0000003/0000.png         person 3, the first photograph

`torchvision.datasets.ImageFolder(FOLDER)` and `datasets.load_dataset("imagefolder", data_dir=FOLDER)` read it.
"""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from engines.faceworld.export.draft import check_room, draft
from engines.faceworld.export.rows import Progress, Stopping, photographs, provenance
from engines.faceworld.photographs import WorldSpec

COLUMNS = (
    *("file_name", "identity", "photo", "group", "years", "male", "yaw", "pitch", "roll"),
    *("occluder", "place", "five", "landmarks"),
)


def export_image_folder(
    spec: WorldSpec,
    folder: str | Path,
    *,
    kind: str = "png",
    workers: int | None = None,
    progress: Progress | None = None,
    stopping: Stopping | None = None,
) -> Path:
    """Write a set as a folder of pictures; see `rows.photographs` for the arguments. The folder, once it exists.

    Raises:
        BadConfig: an unknown format.
        BadInput: the folder exists, cannot be written, or the disk is full; nothing is kept.
        Stopped: `stopping` said so; nothing is kept.
    """
    with draft(Path(folder)) as place:
        (place / "world.json").write_text(json.dumps(provenance(spec), indent=2))
        with (place / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            table.writeheader()
            written = 0
            for done, row in enumerate(photographs(spec, kind, workers, progress, stopping), 1):
                name = f"{row.known['identity']:07d}/{row.known['photo']:04d}.{kind}"
                (place / name).parent.mkdir(exist_ok=True)
                (place / name).write_bytes(row.file)
                table.writerow({"file_name": name, **_cells(row.known)})
                written += len(row.file)
                check_room(place, written, done, len(spec))
    return Path(folder)


def _cells(known: dict[str, Any]) -> dict[str, Any]:
    return {name: _cell(value) for name, value in known.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return " ".join(f"{number:.2f}" for number in value.ravel())
    if isinstance(value, bool):
        return int(value)
    return f"{value:.2f}" if isinstance(value, float) else value
