"""DeeperForensics-1.0 (Jiang et al., CVPR 2020, arXiv 2001.03024).

    manipulated_videos/<variant>/000_M101.mp4     FF++'s video 000 with the face of actor M101
    source_videos/M101/**/*.mp4                   the actors, recorded
    lists/splits/{train,val,test}.txt             names of forged videos

The authors say that the recordings are not the real part: that is FF++'s target videos at c23, which lie in FF++'s
own tree. DeepfakeBench takes the recordings all the same, in every split. Here they are real videos in no split, and
a note says so.
"""

from collections.abc import Iterator
from pathlib import Path

from engines.data.layouts.base import Layout, Reading, Unit, folders, lines_of, units
from engines.data.names import ids
from engines.data.videos import SPLITS, Video

DATASET = "DeeperForensics-1.0"


def _recognise(place: Path) -> str | None:
    found = [name for name in ("manipulated_videos", "source_videos") if (place / name).is_dir()]
    return f"it holds {' and '.join(found)}" if found else None


def _read(place: Path, reading: Reading) -> Iterator[Video]:
    splits = _splits(place, reading)
    for variant in folders(place / "manipulated_videos"):
        missing = []
        for name, path, frames, clip, masks in units(variant):
            split = splits.get(name, "")
            missing += [path] if splits and not split else []
            known, family = ids(DATASET, name, 1), "DF_fake" if variant.name == "end_to_end" else f"{variant.name}_fake"
            yield Video(path, frames, 1, family, DATASET, split, "", name, *known, clip, masks)
        if missing:
            reading.notes.add(
                "warning", "no-split", f"{len(missing)} videos of {variant} are in none of the lists and in no part.",
                missing,
            )  # fmt: skip
    yield from _recordings(place / "source_videos", reading)


def _recordings(folder: Path, reading: Reading) -> Iterator[Video]:
    found = {unit.path: unit for actor in folders(folder) for unit in _below(actor)}
    for name, path, frames, clip, masks in found.values():
        known = ids(DATASET, name, 0)
        yield Video(path, frames, 0, "real", DATASET, "", "", name, *known, clip, masks)
    if found:
        reading.notes.add(
            "note", "no-split", f"The {len(found)} recordings in {folder} are real, but in no part: the authors' real "
            "part is FF++'s target videos at c23. Ask for part all to have them.", [folder],
        )  # fmt: skip


def _below(folder: Path) -> Iterator[Unit]:
    """An actor's videos, which lie under light, emotion and camera."""
    for unit in units(folder):
        if unit.frames or unit.clip:
            yield unit
        else:
            yield from _below(Path(unit.path))


def _splits(place: Path, reading: Reading) -> dict[str, str]:
    split_of: dict[str, str] = {}
    for split in SPLITS:
        file = place / "lists" / "splits" / f"{split}.txt"
        if not file.is_file():
            reading.notes.add("error", "no-split", f"{file} is missing; put the data set's own lists there.", [file])
            continue
        split_of.update({Path(line).stem: split for line in lines_of(file)})
    return split_of


LAYOUT = Layout("deeperforensics", "DeeperForensics-1.0", _recognise, _read, ("lists/splits/*.txt",))
