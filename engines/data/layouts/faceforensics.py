"""FaceForensics++ (Rössler et al., ICCV 2019, arXiv 1901.08971) and DeepFakeDetection, which lies in the same tree.

    original_sequences/{youtube,actors}/{c23,c40,raw}/videos/000.mp4
    manipulated_sequences/{Deepfakes,Face2Face,FaceSwap,NeuralTextures,FaceShifter,DeepFakeDetection}/c23/videos/000_003.mp4
    train.json, val.json, test.json        lists of pairs ["000", "003"], here or in splits/

`000_003` is video 000 with the face, or the motion, of video 003; both orders of a pair exist. Videos of
DeepFakeDetection are in no split: its authors made none, and DeepfakeBench puts each into all three.
"""

from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, folders, read_json, units
from engines.data.names import FF_FAMILIES, ids
from engines.data.videos import SPLITS, Video
from engines.errors import BadInput

LEVELS = {"c23": "c23", "c40": "c40", "raw": "raw", "c0": "raw"}
FF, DFD = "FaceForensics++", "DeepFakeDetection"


def _recognise(place: Path) -> str | None:
    found = [name for name in ("original_sequences", "manipulated_sequences") if (place / name).is_dir()]
    return f"it holds {' and '.join(found)}" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    splits = _splits(place, reading)
    for origin, dataset in (("youtube", FF), ("actors", DFD)):
        yield from _levels(place / "original_sequences" / origin, dataset, "real", splits, reading)
    for method in folders(place / "manipulated_sequences"):
        family = FF_FAMILIES.get(method.name)
        if family is None:
            reading.notes.add(
                "warning", "unknown-folder", f"{method} is none of FF++'s methods ({', '.join(FF_FAMILIES)}) and is "
                "left out; read it as a folder of its own.", [method],
            )  # fmt: skip
            continue
        yield from _levels(method, DFD if method.name == DFD else FF, family, splits, reading)


def _levels(
    folder: Path, dataset: str, family: str, splits: dict[str, str] | None, reading: Reading
) -> Iterator[Video]:
    missing = []
    for level in folders(folder):
        compression = LEVELS.get(level.name)
        for name, path, frames, clip, masks in units(level) if compression else ():
            label = int(family != "real")
            known = ids(dataset, name, label)
            split = "" if dataset == DFD or splits is None else splits.get(name, "")
            missing += [path] if dataset == FF and splits is not None and not split else []
            yield Video(
                path, frames, label, family, dataset, split, compression or "", name, *known, clip, masks
            )  # fmt: skip
    if missing:
        reading.notes.add(
            "error", "no-split", f"{len(missing)} videos of {folder} are in none of the split files; they are used in "
            "no part. Fetch the official train.json, val.json and test.json.", missing,
        )  # fmt: skip


def _splits(place: Path, reading: Reading) -> dict[str, str] | None:
    """Video name -> split; None where the split files are not there."""
    split_of: dict[str, str] = {}
    for split in SPLITS:
        file = next(
            (path for path in (place / f"{split}.json", place / "splits" / f"{split}.json") if path.is_file()), None
        )
        if file is None:
            reading.notes.add(
                "error", "no-split", f"{place} lacks FF++'s official {split}.json, so its videos are in no part. Put "
                "train.json, val.json and test.json there, as FF++'s repository has them.", [place],
            )  # fmt: skip
            return None
        for one, other in _pairs(file):
            split_of.update(dict.fromkeys((one, other, f"{one}_{other}", f"{other}_{one}"), split))
    return split_of


def _pairs(file: Path) -> list[tuple[str, str]]:
    content = read_json(file)
    if not isinstance(content, list) or any(not isinstance(row, list) or len(row) != 2 for row in content):
        raise BadInput(f'{file} is not a list of pairs like ["000", "003"]; fetch FF++\'s official split files.')
    return [(str(one), str(other)) for one, other in content]


LAYOUT = Layout(
    "faceforensics", "FaceForensics++ and DeepFakeDetection", _recognise, _read,
    ("train.json", "val.json", "test.json", "splits/*.json"),
)  # fmt: skip
