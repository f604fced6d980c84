"""FGVC-Aircraft by its text files, and Stanford Cars by its devkit.

Aircraft's pictures carry a banner of 20 px at the foot, which names who took them; it is cut off. Cars' downloads are
gone; a copy with the devkit's .mat files, or sorted into folders (see `folders`), is read.
"""

from pathlib import Path
from typing import Any

from scipy.io import loadmat

from engines.data.labelled.base import Entry, Labelled, Splits, lines, reader
from engines.errors import BadInput

BANNER_PX = 20


def aircraft(root: Path) -> Splits:
    """FGVC-Aircraft's 100 variants: `data/images_variant_trainval.txt`, `…_test.txt`, `images_box.txt`, `images/`.

    Raises:
        BadInput: a text file is missing.
    """
    root = root / "data" if (root / "data").is_dir() else root
    boxes = {words[0]: [float(word) for word in words[1:5]] for words in lines(root / "images_box.txt")}
    rows = {part: lines(root / f"images_variant_{part}.txt") for part in ("trainval", "test")}
    classes = sorted({" ".join(words[1:]) for part in rows.values() for words in part})

    def entry(number: str, variant: str) -> Entry:
        left, top, right, bottom = boxes[number]
        name = f"{variant.replace('/', '-').replace(' ', '_')}/{number}"
        read = reader(root / "images" / f"{number}.jpg", BANNER_PX)
        return Entry(name, classes.index(variant), read, box=(left, top, right, bottom))

    parts = [tuple(entry(words[0], " ".join(words[1:])) for words in rows[part]) for part in rows]
    return Splits(*(Labelled(tuple(classes), part) for part in parts))


def cars(root: Path) -> Splits:
    """Stanford Cars: `devkit/cars_meta.mat`, `devkit/cars_train_annos.mat`, `cars_test_annos_withlabels.mat`,
    `cars_train/`, `cars_test/`.

    Raises:
        BadInput: a file is missing or is not the devkit's.
    """
    try:
        names = [str(name) for name in loadmat(root / "devkit" / "cars_meta.mat", squeeze_me=True)["class_names"]]
        parts = [
            _cars(root / folder, loadmat(root / file, squeeze_me=True)["annotations"], names)
            for folder, file in (
                ("cars_train", "devkit/cars_train_annos.mat"),
                ("cars_test", "cars_test_annos_withlabels.mat"),
            )
        ]
    except (OSError, KeyError, ValueError) as error:
        raise BadInput(f"{root} cannot be read as Stanford Cars with its devkit ({error}).") from error
    return Splits(*(Labelled(tuple(names), part) for part in parts))


def _cars(folder: Path, rows: Any, names: list[str]) -> tuple[Entry, ...]:
    found = []
    for row in rows:
        label = int(row["class"]) - 1
        left, top, right, bottom = (float(row[f"bbox_{side}"]) for side in ("x1", "y1", "x2", "y2"))
        file = str(row["fname"])
        name = f"{names[label].replace('/', '-').replace(' ', '_')}/{Path(file).stem}"
        found.append(Entry(name, label, reader(folder / file), box=(left, top, right, bottom)))
    return tuple(found)
