"""CVLface's folder: train.rec and train.idx as insightface has them, and train.tsv (record, path, label)."""

from pathlib import Path

from engines.data.containers import recordio
from engines.data.containers.base import FaceFiles, Progress, fields, safe_names, whole_number
from engines.errors import BadInput
from engines.faceworld.export.draft import draft

FORM = "a record's number, a path and a label, with tabs between"


def read(root: Path) -> FaceFiles:
    """The faces of ROOT; with train.tsv people and pictures have the names of its paths.

    Raises:
        BadInput: as `recordio.read`, or a line of train.tsv is wrong or names a record that is not there.
    """
    found = recordio.read(root / "train.rec")
    table = root / "train.tsv"
    if not table.is_file():
        return found
    numbers = {int(name.rpartition("/")[2]): index for index, name in enumerate(found.names)}
    people, names, places = [], [], []
    for line, (key, path, label) in fields(table, "\t", 3, FORM):
        record = whole_number(key, table, line, "the record's number")
        if record not in numbers:
            raise BadInput(f"{table}, line {line}: there is no picture {record} in train.rec.")
        folder = path.replace("\\", "/").rpartition("/")[0]
        people.append(folder.rpartition("/")[2] or label)
        names.append(path)
        places.append(numbers[record])
    return FaceFiles(people, names, lambda index: found.content(places[index]))


def write(faces: FaceFiles, root: Path, progress: Progress) -> None:
    """Write faces as a folder of CVLface.

    Raises:
        BadInput: it exists or cannot be written; nothing is kept.
    """
    _, labels = faces.labels()
    names = safe_names(faces)
    order = sorted(range(len(faces)), key=lambda i: (labels[i], i))
    with draft(root) as place:
        with (place / "train.rec").open("wb") as records, (place / "train.idx").open("wb") as index:
            recordio.write_records(faces, records, index, progress)
        rows = (f"{done}\t{names[i]}.jpg\t{labels[i]}\n" for done, i in enumerate(order, start=1))
        (place / "train.tsv").write_text("".join(rows), encoding="utf-8")
