"""CoIN's instruction files: a folder a task with train.json and test.json, in LLaVA's list format.

    train.json  [{"image": "a.jpg", "conversations": [{"from": "human", "value": "..."}, {"from": "gpt", ...}]}]
    test.json   [{"question_id": 1, "image": "a.jpg", "text": "...", "answer": "..."}], or as train.json

Folder names are CoIN's: ScienceQA, TextVQA, ImageNet, GQA, VizWiz, Grounding, VQAv2, OCRVQA. A row without a picture
(ScienceQA has some) shows a grey one. Pictures lie under an image folder, and are read when they are asked for.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from engines.continual.llaca.grouping import instruction
from engines.continual.llaca.tasks.asked import Part, Question, Task
from engines.continual.llaca.tasks.scorers import SCORERS
from engines.data.images import read_image
from engines.errors import BadInput

KINDS: dict[str, tuple[str, Callable[[str], str]]] = {
    "ScienceQA": ("letter", instruction),
    "TextVQA": ("soft", instruction),
    "ImageNet": ("contained", lambda turn: _line(turn, 0)),
    "GQA": ("exact", instruction),
    "VizWiz": ("exact", instruction),
    "Grounding": ("overlapping", lambda turn: instruction(turn, ":")),
    "VQAv2": ("exact", instruction),
    "OCRVQA": ("exact", instruction),
}
"""Folder -> its scorer, and which line of a turn is its instruction; in CoIN's order."""
GREY = np.full((32, 32, 3), 127, np.uint8)


class Files:
    """Pictures on disk by number."""

    def __init__(self, folder: Path, names: list[str]):
        self.folder, self.names = folder.resolve(), names

    def __len__(self) -> int:
        return len(self.names)

    def read(self, number: int) -> np.ndarray:
        """See `asked.Pictures`.

        Raises:
            BadInput: the file is missing, damaged, or outside the folder.
        """
        name = self.names[number]
        if not name:
            return GREY
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder):
            raise BadInput(f"The picture {name!r} lies outside the image folder {self.folder}.")
        return np.asarray(read_image(path))


def fits(folder: Path) -> bool:
    """Whether a folder holds a task of CoIN's."""
    return any((folder / name / "train.json").exists() for name in KINDS)


def read(folder: Path, images: Path, names: tuple[str, ...] = ()) -> list[Task]:
    """The tasks there are, or those named, in CoIN's order.

    Raises:
        BadInput: a task or file is missing, or a row is in no known form.
    """
    there = [name for name in KINDS if (folder / name / "train.json").exists()]
    missing = [name for name in names if name not in there]
    if missing or not there:
        raise BadInput(f"{folder} has no {(missing or ['task'])[0]}; it needs folders of {', '.join(KINDS)}.")
    return [_task(folder / name, images) for name in names or there]


def _task(folder: Path, images: Path) -> Task:
    scorer, told = KINDS[folder.name]
    parts = [_part(folder / f"{split}.json", images) for split in ("train", "test")]
    instructions = tuple(dict.fromkeys(told(question.turn) for question in parts[0].questions))
    return Task(folder.name, folder.name, parts[0], parts[1], instructions, SCORERS[scorer])


def _part(path: Path, images: Path) -> Part:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [_row(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise BadInput(f"{path} is not a list of CoIN's questions: {error!r}.") from error
    questions = tuple(Question(number, turn, answers) for number, (_, turn, answers) in enumerate(found))
    return Part(Files(images, [name for name, *_ in found]), questions)


def _row(row: dict[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    image = str(row.get("image") or "")
    if "conversations" in row:
        human, said = (turn["value"] for turn in row["conversations"][:2])
        return image, str(human), (str(said),)
    answer = row["answer"]
    return image, str(row["text"]), tuple(map(str, answer)) if isinstance(answer, list) else (str(answer),)


def _line(turn: str, number: int) -> str:
    """A line that is not empty, the picture's mark apart."""
    return [line.strip() for line in turn.replace("<image>", "").splitlines() if line.strip()][number]
