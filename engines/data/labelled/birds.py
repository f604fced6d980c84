"""CUB-200-2011 by its text files, and Waterbirds (Sagawa et al., ICLR 2020), which are CUB's birds on other places.

CUB: `images.txt`, `image_class_labels.txt`, `train_test_split.txt`, `bounding_boxes.txt`, `classes.txt`, `images/`, and
beside it, where it was fetched, `segmentations/`. Waterbirds: `metadata.csv` with y, split and place; training is on
CUB and the test on its split 2, with CUB's own 200 classes read from the file names, as Diff-Mix has it.
"""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engines.data.labelled.base import Entry, Labelled, Splits, lines, mask_reader, reader
from engines.errors import BadInput

WATERBIRD = "waterbird_complete95_forest2water2"
BIRDS, PLACES = ("landbird", "waterbird"), ("land", "water")
TEST = 2


def cub(root: Path) -> Splits:
    """CUB-200-2011 in a folder, or in its subfolder `CUB_200_2011`.

    Raises:
        BadInput: a text file is missing or does not fit the others.
    """
    root = root / "CUB_200_2011" if (root / "CUB_200_2011").is_dir() else root
    classes = [name for _, name in lines(root / "classes.txt")]
    labels, training = (dict(lines(root / f"{name}.txt")) for name in ("image_class_labels", "train_test_split"))
    boxes = {number: [float(word) for word in words] for number, *words in lines(root / "bounding_boxes.txt")}
    found: dict[str, list[Entry]] = {"0": [], "1": []}
    for number, name in lines(root / "images.txt"):
        if not (number in labels and number in training and number in boxes):
            raise BadInput(f"CUB's picture {number} ({name}) is missing in one of its text files; fetch them again.")
        left, top, width, height = boxes[number]
        label = int(labels[number]) - 1
        stem = Path(name).with_suffix("")
        box = (left, top, left + width, top + height)
        found[training[number]].append(
            Entry(str(stem), label, reader(root / "images" / name), _mask(root, stem), box=box)
        )
    return Splits(*(Labelled(tuple(classes), tuple(found[part])) for part in ("1", "0")))


def waterbird(root: Path) -> Splits:
    """CUB's training pictures, and Waterbirds' test pictures with their groups; `root` holds both folders.

    Raises:
        BadInput: as `cub`, or `metadata.csv` cannot be read.
    """
    training = cub(root).train
    numbers = {name: number for number, name in enumerate(training.classes)}
    folder = root / WATERBIRD
    try:
        rows = list(csv.DictReader((folder / "metadata.csv").read_text(encoding="utf-8").splitlines()))
        test = [_waterbird(folder, row, numbers) for row in rows if int(row["split"]) == TEST]
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(f"{folder}/metadata.csv cannot be read as Waterbirds' ({error!r}).") from error
    return Splits(training, Labelled(training.classes, tuple(test)))


def _waterbird(folder: Path, row: dict[str, str], numbers: dict[str, int]) -> Entry:
    name = Path(row["img_filename"])
    group = f"{BIRDS[int(row['y'])]} on {PLACES[int(row['place'])]}"
    return Entry(str(name.with_suffix("")), numbers[name.parts[0]], reader(folder / name), group=group)


def _mask(root: Path, stem: Path) -> Callable[[], np.ndarray] | None:
    for folder in (root / "segmentations", root.parent / "segmentations"):
        path = folder / f"{stem}.png"
        if path.is_file():
            return mask_reader(path)
    return None
