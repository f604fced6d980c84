"""Celeb-DF, versions 1 and 2 (Li et al., CVPR 2020, arXiv 1909.12962).

    Celeb-real/id0_0000.mp4  YouTube-real/00170.mp4  Celeb-synthesis/id0_id1_0000.mp4  List_of_testing_videos.txt

The list's own labels are the other way round (1 is real); here the folder says what a video is, and a line that
contradicts it is an error. What is not in the list is for training, and nothing of the list is.
`id0_id1_0000` is video `id0_0000` with the face of id1.
"""

from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, folder_named, lines_of, units
from engines.data.names import ids
from engines.data.videos import Video
from engines.errors import BadInput

FOLDERS = {"celeb-real": 0, "youtube-real": 0, "celeb-synthesis": 1}
LIST = "List_of_testing_videos.txt"
VERSIONS = {100: "v1", 518: "v2"}
"""Lines of the list -> version."""


def _recognise(place: Path) -> str | None:
    found = [folder.name for name in FOLDERS if (folder := folder_named(place, name))]
    return f"it holds {' and '.join(found)}" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    testing = _testing(place / LIST, reading)
    version = _version(place, testing, reading)
    dataset, family = f"Celeb-DF-{version}", f"CelebDF{version}_fake"
    for name, label in FOLDERS.items():
        folder = folder_named(place, name)
        for video, path, frames, clip, masks in units(folder) if folder else ():
            known, key = ids(dataset, video, label), (name, video)
            split = "" if testing is None else "test" if testing.pop(key, None) else "train"
            kind = family if label else "real"
            yield Video(path, frames, label, kind, dataset, split, "", video, *known, clip, masks)
    if testing:
        reading.notes.add(
            "warning", "missing-video", f"{len(testing)} of the videos in {LIST} are not there; results on what is "
            "left are not those of the whole test set.", [f"{folder}/{video}" for folder, video in testing],
        )  # fmt: skip


def _testing(file: Path, reading: Reading) -> dict[tuple[str, str], bool] | None:
    """(folder, video) of the test set; None where the list is missing."""
    if not file.is_file():
        reading.notes.add(
            "error",
            "no-split",
            f"{file} is missing, so that nobody knows the test set. Put Celeb-DF's list there.",
            [file],
        )
        return None
    found, wrong = {}, []
    for line in lines_of(file):
        said, _, path = line.partition(" ")
        folder, _, name = path.strip().replace("\\", "/").partition("/")
        if folder.lower() not in FOLDERS or said not in ("0", "1"):
            raise BadInput(f"{file}: {line!r} is no line like '1 YouTube-real/00170.mp4'; fetch the list again.")
        wrong += [line] if int(said) == FOLDERS[folder.lower()] else []
        found[folder.lower(), Path(name).stem] = True
    if wrong:
        reading.notes.add(
            "error", "label-conflict", f"{len(wrong)} lines of {file} call a video what its folder does not (in the "
            "list, 1 is real). The folder was believed; fetch the list again.", wrong,
        )  # fmt: skip
    return found


def _version(place: Path, testing: dict[tuple[str, str], bool] | None, reading: Reading) -> str:
    named = [version for version in ("v1", "v2") if place.name.lower().endswith(version)]
    if named or len(testing or ()) in VERSIONS:
        return named[0] if named else VERSIONS[len(testing or ())]
    reading.notes.add(
        "note", "version", f"Whether {place} is version 1 or 2 says neither its name nor the length of its list; "
        "version 2 is taken.", [place],
    )  # fmt: skip
    return "v2"


LAYOUT = Layout("celebdf", "Celeb-DF", _recognise, _read, (LIST,))
