"""DomainNet: `<domain>_train.txt` and `<domain>_test.txt`, each line a path below the folder and a label.

Domain-incremental: real, quickdraw, painting, sketch, infograph, clipart, all classes in each."""

from pathlib import Path

import numpy as np

from engines.continual.data.files import Files
from engines.continual.stream import Part, Stream
from engines.data.layouts.base import lines_of
from engines.errors import BadInput

DOMAINS = ("real", "quickdraw", "painting", "sketch", "infograph", "clipart")
"""In the order in which they arrive; those that are there."""


def _there(folder: Path) -> list[str]:
    return [name for name in DOMAINS if (folder / f"{name}_train.txt").is_file()]


def fits(folder: Path) -> bool:
    """Whether it has a domain's list."""
    return bool(_there(folder))


def read(folder: Path) -> Stream:
    """The stream. A class is called after the folder that its first picture lies in.

    Raises:
        BadInput: a list is absent or a line cannot be read.
    """
    domains = _there(folder)
    parts: list[Part] = []
    names: dict[int, str] = {}
    for split in ("train", "test"):
        paths: list[Path] = []
        labels: list[int] = []
        at: list[int] = []
        for number, domain in enumerate(domains):
            for path, label in _lines(folder / f"{domain}_{split}.txt"):
                paths.append(folder / path)
                labels.append(label)
                at.append(number)
                names.setdefault(label, Path(path).parent.name)
        parts.append(Part(Files(paths), np.array(labels, np.int64), np.array(at, np.int64)))
    classes = tuple(names.get(number, f"class {number}") for number in range(max(names, default=-1) + 1))
    return Stream("DomainNet", classes, parts[0], parts[1], domains=tuple(domains))


def _lines(path: Path) -> list[tuple[str, int]]:
    found = []
    for number, line in enumerate(lines_of(path), start=1):
        name, _, label = line.rpartition(" ")
        plain = name and not Path(name).is_absolute() and ".." not in Path(name).parts
        if not plain or not label.isdigit():
            raise BadInput(f"{path}, line {number}: {line[:80]!r} is not a path below the folder and a label.")
        found.append((name, int(label)))
    return found
