"""DF40 (Yan et al., NeurIPS 2024, arXiv 2406.13495): forty methods, as face crops.

    DF40/<method>/{ff,cdf}/…/<video>/*.png        forged only; real ones are FF++'s and Celeb-DF's
    DF40/<method>/{fake,real}/…                   nine methods made from other people
    DF40_train/<method>/…                         for training

A family is `<method>_Fake`, a data set `<method>_ff`, `<method>_cdf` or `<method>`, as in its own JSONs. It is the
test part, or the training part where its folder's name says so.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, folder_named, folders
from engines.data.layouts.folders import videos_below
from engines.data.names import ids
from engines.data.videos import Video

METHODS = {
    "FS": (
        "fsgan", "faceswap", "simswap", "inswap", "blendface", "uniface", "mobileswap", "e4s", "facedancer",
        "deepfacelab",
    ),
    "FR": (
        "fomm", "facevid2vid", "wav2lip", "MRAA", "one_shot_free", "pirender", "tpsm", "lia", "danet", "sadtalker",
        "mcnet", "hyperreenact", "heygen",
    ),
    "EFS": (
        "VQGAN", "StyleGAN2", "StyleGAN3", "StyleGANXL", "sd2.1", "ddim", "rddm", "pixart", "DiT", "SiT", "MidJourney",
        "whichisreal",
    ),
    "FE": ("CollabDiff", "e4e", "stargan", "starganv2", "styleclip"),
}  # fmt: skip
"""Face swapping, reenactment, entire synthesis and editing -> methods, as the keys of its label map spell them."""
UNKNOWN = (
    "deepfacelab", "heygen", "whichisreal", "MidJourney", "stargan", "starganv2", "styleclip", "e4e", "CollabDiff",
)  # fmt: skip
"""Methods that come with real pictures of their own: people of neither FF++ nor Celeb-DF."""
_SPELLINGS = {"whichfaceisreal": "whichisreal", "inswapper": "inswap", "dagan": "danet", "ddpm": "ddim"}
_NAMES = {name.lower(): name for names in METHODS.values() for name in names}
DOMAINS = ("ff", "cdf")


def method_of(folder: str) -> str | None:
    """The method's key of a folder's name; None where it is none of DF40's."""
    name = folder.lower()
    return _NAMES.get(_SPELLINGS.get(name, name))


def _roots(place: Path) -> list[Path]:
    inner = [folder for name in ("DF40", "DF40_train") if (folder := folder_named(place, name))]
    return [root for root in (inner or [place]) if _methods(root)]


def _methods(root: Path) -> list[tuple[str, Path]]:
    parts = (*DOMAINS, "fake", "real")
    return [
        (method, folder)
        for folder in folders(root)
        if (method := method_of(folder.name)) and any((folder / part).is_dir() for part in parts)
    ]


def _recognise(place: Path) -> str | None:
    found = [folder.relative_to(place).as_posix() for root in _roots(place) for _, folder in _methods(root)]
    return f"it holds {len(found)} of DF40's methods, {found[0]} first" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    for root in _roots(place):
        split = "train" if "train" in root.name.lower() else "test"
        for method, folder in _methods(root):
            for domain in DOMAINS:
                yield from _made(folder / domain, f"{method}_{domain}", method, split)
            for part, label in (("real", 0), ("fake", 1)):
                yield from videos_below(folder / part, label, method, split, f"{method}_Fake")
    reading.notes.add(
        "note", "no-real", "DF40 brings real pictures for nine methods only; those of the ff and cdf folders are "
        "FF++'s and Celeb-DF's own. Read them beside it (--with PATH).", [place],
    )  # fmt: skip


def _made(folder: Path, dataset: str, method: str, split: str) -> Iterator[Video]:
    for video in videos_below(folder, 1, dataset, split, f"{method}_Fake"):
        known = ids(dataset, video.name, 1)
        yield replace(video, target=known.target, source=known.source, people=known.people)


LAYOUT = Layout("df40", "DF40", _recognise, _read)
