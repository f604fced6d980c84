"""UniversalFakeDetect (Ojha et al., CVPR 2023, arXiv 2302.10174), whose GAN sets are CNNDetection's (arXiv 1912.11035).

    train/progan/<class>/{0_real,1_fake}   val/progan/…     test/<set>[/<class>]/{0_real,1_fake}
    diffusion_datasets/{imagenet,laion}/0_real              diffusion_datasets/<set>/1_fake

Nineteen test sets; `guided` shares the real pictures of imagenet, the other diffusion sets those of laion. A data set
is named as its set, a family `<set>_Fake`. Each picture stands for itself.
"""

from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, folder_named, folders
from engines.data.layouts.folders import FAKE_NAMES, REAL_NAMES, videos_below
from engines.data.videos import SPLITS, Video

GANS = (
    "progan", "cyclegan", "biggan", "stylegan", "gaugan", "stargan", "deepfake", "sitd", "san", "crn", "imle",
)  # fmt: skip
DIFFUSION = (
    "guided", "ldm_200", "ldm_200_cfg", "ldm_100", "glide_100_27", "glide_50_27", "glide_100_10", "dalle",
)  # fmt: skip
SHARED = {**dict.fromkeys(DIFFUSION, "laion"), "guided": "imagenet"}
"""Diffusion set -> the set whose real pictures it is compared with."""
_SPELLINGS = {"seeingdark": "sitd"}


def _sets(place: Path) -> list[tuple[Path, str, str]]:
    """Folder, split and set of each that is there."""
    found = []
    for split in SPLITS:
        inner = folder_named(place, split)
        for folder in folders(inner) if inner else []:
            name = _SPELLINGS.get(folder.name.lower(), folder.name.lower())
            found += [(folder, split, name)] if name in GANS else []
    outer = folder_named(place, "diffusion_datasets") or place
    found += [
        (folder, "test", folder.name) for folder in folders(outer) if folder.name in (*DIFFUSION, *SHARED.values())
    ]
    return found


def _recognise(place: Path) -> str | None:
    found = [(folder, name) for folder, _, name in _sets(place) if next(_tops(folder), None)]
    return f"{found[0][0].relative_to(place).as_posix()} is its set {found[0][1]}" if found else None


def _tops(folder: Path) -> Iterator[tuple[Path, int]]:
    """The folders of real and of forged pictures of a set, directly or in its classes."""
    for root in (folder, *folders(folder)):
        for label, names in enumerate((REAL_NAMES, FAKE_NAMES)):
            for name in names:
                if top := folder_named(root, name):
                    yield top, label


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    for folder, split, name in _sets(place):
        tops = list(_tops(folder))
        if not tops:
            reading.notes.add(
                "warning", "empty", f"{folder} holds neither 0_real nor 1_fake and is left out.", [folder]
            )
        for top, label in tops:
            yield from videos_below(top, label, name, split, f"{name}_Fake", single=True)


LAYOUT = Layout("universal", "UniversalFakeDetect", _recognise, _read)
