"""GenImage (Zhu et al., NeurIPS 2023, arXiv 2306.08571): `<generator>/[archive/]{train,val}/{ai,nature}`.

Its val folders are what its protocols test on, so they are the test part here. A data set is a generator, a family
`<generator>_Fake`, as in DeepfakeBench. Each picture stands for itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, folder_named, folders
from engines.data.layouts.folders import videos_below
from engines.data.videos import Video

GENERATORS = {
    "midjourney": "midjourney",
    "sdv4": r"sdv?_?1?[._]?4|stable.?diffusion.*1.?4",
    "sdv5": r"sdv?_?1?[._]?5|stable.?diffusion.*1.?5",
    "adm": "adm",
    "glide": "glide",
    "wukong": "wukong",
    "vqdm": "vqdm",
    "biggan": "biggan",
}
"""Key -> what the folder of its generator is called."""
PARTS = {"train": "train", "val": "test"}


def generator_of(folder: str) -> str:
    """The key of a generator's folder; the folder's own name where it is none of the eight."""
    return next((key for key, known in GENERATORS.items() if re.search(known, folder, re.IGNORECASE)), folder)


def _generators(place: Path) -> list[tuple[str, Path]]:
    """Key and the folder that holds train and val, of each generator."""
    found = []
    for folder in folders(place):
        inner = next((root for root in (folder, *folders(folder)) if _is_root(root)), None)
        found += [(generator_of(folder.name), inner)] if inner else []
    return found


def _is_root(root: Path) -> bool:
    return any((root / part / name).is_dir() for part in PARTS for name in ("ai", "nature"))


def _recognise(place: Path) -> str | None:
    found = _generators(place)
    return f"{', '.join(key for key, _ in found)} hold ai and nature in train or val" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    for key, root in _generators(place):
        for part, split in PARTS.items():
            for name, label in (("nature", 0), ("ai", 1)):
                top = folder_named(root / part, name)
                if top is None:
                    reading.notes.add("warning", "empty", f"{root / part} holds no {name} folder.", [root / part])
                    continue
                yield from videos_below(top, label, key, split, f"{key}_Fake", single=True)


LAYOUT = Layout("genimage", "GenImage", _recognise, _read)
