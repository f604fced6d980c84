"""Submissions in the organisers' form: a zip of `SUBTASK/DATABASE/baseline.txt` and `.../proposed.txt`.

A line is `score,decision`, one a pair in the order of its list: score in [0, 1], higher for the same person; decision
0 or 1. `baseline` is the same recognition system trained on the allowed real data alone.
"""

import math
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from engines.errors import BadInput
from engines.recognition.frcsyn.tasks import SUBTASKS, SYSTEMS

File = tuple[np.ndarray, np.ndarray]
"""Scores (M,) float64 and decisions (M,) bool."""
Submission = Mapping[tuple[str, str, str], File]
"""(sub-task, database, system) -> file."""
BYTE_CAP = 64 * 2**20


def parse_scores(text: str, count: int | None = None, place: str = "the score file") -> File:
    """A file's scores and decisions.

    Args:
        count: how many pairs its list has.

    Raises:
        BadInput: a line is not `score,decision`, a score is not in [0, 1], or there are more or fewer lines than pairs;
            the message names the line.
    """
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    found = [_line(line, place, number) for number, line in enumerate(lines, start=1)]
    if count is not None and len(found) != count:
        raise BadInput(f"{place} has {len(found)} lines and its list {count} pairs; every pair needs a line.")
    if not found:
        raise BadInput(f"{place} is empty; a line is score,decision.")
    scores, decisions = np.array(found, np.float64).T
    return scores, decisions.astype(bool)


def score_text(scores: np.ndarray, decisions: np.ndarray) -> str:
    """The file of scores in [0, 1] and decisions; scores are read back to the last digit.

    Raises:
        BadInput: a score is not in [0, 1].
    """
    bad = np.flatnonzero(~((scores >= 0) & (scores <= 1)))
    if len(bad):
        raise BadInput(f"Pair {bad[0] + 1} has the score {scores[bad[0]]}; a submission's scores lie in [0, 1].")
    return "".join(f"{float(s)!r},{int(d)}\n" for s, d in zip(scores, decisions, strict=True))


def write(path: Path, submission: Submission) -> Path:
    """Write a submission, whole or not at all; the same one gives the same bytes."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
            for (subtask, database, system), (scores, decisions) in submission.items():
                name = zipfile.ZipInfo(f"{subtask}/{database}/{system}.txt", (2024, 1, 1, 0, 0, 0))
                name.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(name, score_text(scores, decisions))
        draft.replace(path)
    except OSError as error:
        raise BadInput(f"The submission {path} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return path


def read(path: Path, counts: Mapping[str, int] | None = None) -> dict[tuple[str, str, str], File]:
    """Read a submission.

    Args:
        counts: pairs of each database's list.

    Raises:
        BadInput: it is no zip, a file has a name that the challenge does not know, or a line is wrong.
    """
    found = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                if not entry.is_dir():
                    key = _key(entry.filename)
                    text = _text(archive, entry)
                    found[key] = parse_scores(text, (counts or {}).get(key[1]), entry.filename)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"The submission {path} cannot be read: {error}.") from error
    if not found:
        raise BadInput(f"The submission {path} holds no score files.")
    return found


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    if entry.file_size > BYTE_CAP:
        raise BadInput(f"{entry.filename} unpacks to more than {BYTE_CAP // 2**20} MB; no score file is that long.")
    with archive.open(entry) as file:
        content = file.read(BYTE_CAP + 1)
    if len(content) > BYTE_CAP:
        raise BadInput(f"{entry.filename} unpacks to more than {BYTE_CAP // 2**20} MB; no score file is that long.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{entry.filename} is not text.") from None


def _key(name: str) -> tuple[str, str, str]:
    parts = tuple(name.replace("\\", "/").split("/")[-3:])
    if len(parts) == 3 and parts[2].endswith(".txt"):
        subtask, database, system = parts[0], parts[1], parts[2].removesuffix(".txt")
        if subtask in SUBTASKS and database in SUBTASKS[subtask].databases and system in SYSTEMS:
            return subtask, database, system
    raise BadInput(f"{name!r} is no file of a submission; they are SUBTASK/DATABASE/baseline.txt and .../proposed.txt.")


def _line(line: str, place: str, number: int) -> tuple[float, int]:
    parts = line.split(",")
    try:
        score, decision = float(parts[0]), parts[1].strip()
        if len(parts) != 2 or decision not in ("0", "1"):
            raise ValueError
    except (ValueError, IndexError):
        raise BadInput(f"{place}, line {number}: a line is score,decision such as 0.73,1, not {line[:60]!r}.") from None
    if not math.isfinite(score) or not 0 <= score <= 1:
        raise BadInput(f"{place}, line {number}: the score {parts[0]} is not a finite number in [0, 1].")
    return score, int(decision)
