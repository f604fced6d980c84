"""Pair lists as the organisers hand them out, and what the paths in them say.

A line holds two relative paths joined by ";", with LF or CRLF; "\\" separates folders as "/" does. There is no label:
it follows from the paths.

    bupt    Ethnicity/subject/file.jpg               one subject folder: a mated pair; the group is the ethnicity
    agedb   index_Name_image_A_age.jpg               one name: mated; the kind is the age gap
    cfp-fp  subject/frontal|profile/nn.jpg           one subject: mated
    rof     neutral|sunglasses|masked/person/...     person folders lose `_wearing_sunglasses`, `_wearing_mask`

Gender is in none of them: `groups.csv` (path,gender) adds it, and makes eight groups of four.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from engines.errors import BadInput

ROF_KINDS = {"_wearing_sunglasses": "sunglasses", "_wearing_mask": "mask"}
"""Ending of a person's folder -> what is worn."""
_AGEDB = re.compile(r"^(\d+)_(.+)_([^_]+)_([^_]+)_(\d+)\.\w+$")


class Face(NamedTuple):
    """What a path says: whose face it is, the demographic group, the years (or -1), and how it is shown."""

    person: str
    group: str = ""
    years: int = -1
    shown: str = ""


@dataclass(frozen=True, eq=False)
class PairList:
    """Pairs of pictures of a database: `first` and `second` are numbers into `paths`; `faces` says what each shows.

    same (M,) bool; group (M,) the demographic group of a pair, "" where none is known; kind (M,) what sets its pictures
    apart, such as "age gap 20".
    """

    database: str
    paths: tuple[str, ...]
    faces: tuple[Face, ...]
    first: np.ndarray
    second: np.ndarray
    same: np.ndarray
    group: np.ndarray
    kind: np.ndarray

    def __len__(self) -> int:
        return len(self.same)

    @property
    def people(self) -> tuple[np.ndarray, np.ndarray]:
        """The two people of each pair as codes from 0, (M,) each."""
        codes = {name: number for number, name in enumerate(dict.fromkeys(face.person for face in self.faces))}
        person = np.array([codes[face.person] for face in self.faces], np.int64)
        return person[self.first], person[self.second]

    def text(self) -> str:
        """The list as the organisers write it, with CRLF."""
        pairs = zip(self.first, self.second, strict=True)
        return "".join(f"{self.paths[one]};{self.paths[other]}\r\n" for one, other in pairs)

    def with_gender(self, gender: Mapping[str, str]) -> "PairList":
        """The same pairs in groups of ethnicity and gender.

        Raises:
            BadInput: a picture has no gender.
        """
        faces = []
        for path, face in zip(self.paths, self.faces, strict=True):
            if path not in gender:
                raise BadInput(f"groups.csv says no gender of {path}; every picture of the list needs a line.")
            faces.append(face._replace(group=f"{face.group}-{gender[path]}"))
        found = replace(self, faces=tuple(faces))
        return replace(found, group=_groups(found))


def read_list(path: Path, database: str) -> PairList:
    """Read a list from a file.

    Raises:
        BadInput: it cannot be read, is empty, or a line is not a pair; the message names the line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The pair list {path} cannot be read: {error}.") from error
    return parse_list(text, database, str(path))


def parse_list(text: str, database: str, place: str = "the list") -> PairList:
    """Read a list's text; see `read_list`."""
    if database not in _READERS:
        raise BadInput(f"There is no database {database!r}; there are {', '.join(_READERS)}.")
    lines = enumerate(text.splitlines(), start=1)
    pairs = {number: _pair(line, place, number) for number, line in lines if line.strip()}
    if not pairs:
        raise BadInput(f"{place} holds no pairs; a line is two paths joined by ';'.")
    try:
        return of_pairs(database, list(pairs.values()))
    except _BadPath as error:
        line = next(number for number, pair in pairs.items() if error.path in pair)
        raise BadInput(f"{place}, line {line}: {error}") from None


def of_pairs(database: str, pairs: Sequence[tuple[str, str]]) -> PairList:
    """A list of pairs of paths."""
    numbers: dict[str, int] = {}
    places = np.array([[numbers.setdefault(path, len(numbers)) for path in pair] for pair in pairs], np.int64)
    paths = tuple(numbers)
    faces = tuple(_READERS[database](path) for path in paths)
    first, second = places.T
    same = np.array([faces[one].person == faces[other].person for one, other in places])
    empty = np.full(len(pairs), "", dtype="U32")
    made = PairList(database, paths, faces, first, second, same, empty, empty)
    kinds = [_kind(faces[one], faces[other]) for one, other in places]
    return replace(made, group=_groups(made), kind=np.array(kinds))


def read_genders(path: Path) -> dict[str, str]:
    """`groups.csv`: a line a picture, its path and gender; a first line `path,gender` is passed over.

    Raises:
        BadInput: it cannot be read, or a line has not two fields; the message names the line.
    """
    try:
        rows = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The groups {path} cannot be read: {error}.") from error
    genders = {}
    for number, row in enumerate(rows, start=1):
        if row and row != ["path", "gender"]:
            if len(row) != 2:
                raise BadInput(f"{path}, line {number}: a line is path,gender, not {','.join(row)!r}.")
            genders[_slashes(row[0])] = row[1].strip().lower()
    return genders


class _BadPath(BadInput):
    def __init__(self, path: str, form: str):
        super().__init__(f"{path!r} is not of the form {form}.")
        self.path = path


def _pair(line: str, place: str, number: int) -> tuple[str, str]:
    parts = [_slashes(part) for part in line.split(";")]
    if len(parts) != 2 or not all(parts):
        raise BadInput(f"{place}, line {number}: a line is two paths joined by ';', not {line.strip()[:80]!r}.")
    return parts[0], parts[1]


def _slashes(path: str) -> str:
    return path.strip().replace("\\", "/").removeprefix("./")


def _bupt(path: str) -> Face:
    parts = PurePosixPath(path).parts
    if len(parts) < 3:
        raise _BadPath(path, "Ethnicity/subject/file.jpg")
    return Face("/".join(parts[-3:-1]), parts[-3])


def _agedb(path: str) -> Face:
    found = _AGEDB.match(PurePosixPath(path).name)
    if not found:
        raise _BadPath(path, "index_Name_image_A_age.jpg")
    return Face(found[2], years=int(found[5]))


def _cfp(path: str) -> Face:
    parts = PurePosixPath(path).parts
    if len(parts) < 3 or parts[-2] not in ("frontal", "profile"):
        raise _BadPath(path, "subject/frontal/nn.jpg or subject/profile/nn.jpg")
    return Face(parts[-3], shown=parts[-2])


def _rof(path: str) -> Face:
    parts = PurePosixPath(path).parts
    if len(parts) < 2:
        raise _BadPath(path, "neutral/person/file.jpg")
    for ending, kind in ROF_KINDS.items():
        if parts[-2].endswith(ending):
            return Face(parts[-2].removesuffix(ending), shown=kind)
    return Face(parts[-2], shown="neutral")


_READERS: dict[str, Callable[[str], Face]] = {"bupt": _bupt, "agedb": _agedb, "cfp-fp": _cfp, "rof": _rof}


def _kind(one: Face, other: Face) -> str:
    if one.years >= 0 and other.years >= 0:
        return f"age gap {abs(one.years - other.years)}"
    shown = [face.shown for face in (one, other) if face.shown]
    return " to ".join(sorted(shown, key=lambda name: name not in ("neutral", "frontal")))


def _groups(pairs: PairList) -> np.ndarray:
    """A pair's group is that of its first picture; lists never mix ethnicities."""
    return np.array([pairs.faces[one].group for one in pairs.first])
