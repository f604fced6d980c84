"""A folder of faces: ROOT/PERSON/PICTURE (CASIA-WebFace, DigiFace, exported sets of generated people)."""

from pathlib import Path

from engines.data.containers.base import FaceFiles, Progress, ending, safe_names
from engines.errors import BadInput
from engines.faceworld.export.draft import draft

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


def read(root: Path) -> FaceFiles:
    """The faces of a folder, people and pictures in the order of their names.

    Raises:
        BadInput: there is no folder, no person in it, or a person without pictures.
    """
    if not root.is_dir():
        raise BadInput(f"There is no folder {root}; name one that holds a folder of faces for each person.")
    paths: list[Path] = []
    for person in sorted(folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith(".")):
        pictures = sorted(path for path in person.iterdir() if path.suffix.lower() in SUFFIXES)
        if not pictures:
            raise BadInput(f"{person} holds no pictures; take the folder away or put faces into it.")
        paths += pictures
    if not paths:
        raise BadInput(f"{root} holds no folders of people; faces lie in {root}/PERSON/PICTURE.")

    def content(index: int) -> bytes:
        try:
            return paths[index].read_bytes()
        except OSError as error:
            raise BadInput(f"{paths[index]} cannot be read: {error.strerror}.") from error

    return FaceFiles([path.parent.name for path in paths], [f"{p.parent.name}/{p.name}" for p in paths], content)


def write(faces: FaceFiles, root: Path, progress: Progress) -> None:
    """Write faces as a folder.

    Raises:
        BadInput: the folder exists or cannot be written; nothing is kept.
    """
    names = safe_names(faces)
    with draft(root) as place:
        for index in faces.heard(progress):
            content = faces.content(index)
            path = place / (names[index] + ending(content))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
