"""Sets written for others: whole or not at all, and read back as they were."""

import csv
import errno
import io
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engines.data.forgery_index import read_index
from engines.errors import BadConfig, BadInput, Stopped
from engines.faceworld.dataset import ForgerySet, ForgerySpec
from engines.faceworld.export import (
    all_splits,
    export_deepfakebench,
    export_image_folder,
    export_parquet,
)
from engines.faceworld.export import draft as drafts
from engines.faceworld.photographs import WorldDataset, WorldSpec

SPEC = WorldSpec("test", people=3, photos=2, size_px=48, groups=("indian-male",), occluders=0.5)
FAKES = ForgerySpec("train", ("swap", "selfblend"), identities=4, reals=6, fakes_per_family=4, size_px=48)
EXPORTS = (export_image_folder, export_parquet)


def pixels(data: bytes | Path) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(data) if isinstance(data, bytes) else data))


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf"))


def test_a_folder_of_pictures_holds_each_photograph_and_what_is_known(tmp_path: Path) -> None:
    data = WorldDataset(SPEC)
    out = export_image_folder(SPEC, tmp_path / "out")
    rows = list(csv.DictReader((out / "metadata.csv").open()))
    assert [row["file_name"] for row in rows] == [f"{n:07d}/{k:04d}.png" for n in (7, 8, 9) for k in (0, 1)]
    for index, row in enumerate(rows):
        known = data[index]
        assert (pixels(out / row["file_name"]) == known["image"]).all()
        assert row["group"] == "indian-male"
        assert row["male"] == "1"
        assert row["occluder"] == known["occluder"]
        assert float(row["yaw"]) == pytest.approx(known["yaw"], abs=0.005)
        points = np.array(row["landmarks"].split(), float).reshape(68, 2)
        assert np.abs(points - known["landmarks"]).max() < 0.006
    told = json.loads((out / "world.json").read_text())
    assert WorldSpec(**told["spec"]) == SPEC


def test_hugging_face_reads_the_folder_and_the_parquet(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = WorldDataset(SPEC)
    folder, parquet = export_image_folder(SPEC, tmp_path / "folder"), export_parquet(SPEC, tmp_path / "parquet")
    read = {
        "folder": datasets.load_dataset("imagefolder", data_dir=str(folder), split="train"),
        "parquet": datasets.load_dataset(str(parquet), split="test"),
        "file": datasets.load_dataset("parquet", data_files=str(parquet / "data" / "*.parquet"), split="train"),
    }
    for name, table in read.items():
        assert len(table) == len(data), name
        for index in (0, 5):
            row, known = table[index], data[index]
            assert (np.array(row["image"]) == known["image"]).all(), name
            assert row["identity"] == known["identity"], name
    row, known = read["parquet"][3], data[3]
    assert all(row[name] == known[name] for name in ("group", "years", "male", "yaw", "occluder", "place", "photo"))
    assert np.array_equal(np.array(row["landmarks"], np.float32), known["landmarks"])
    assert isinstance(read["parquet"].features["image"], datasets.Image)


def test_jpeg_is_smaller_and_nearly_the_same(tmp_path: Path) -> None:
    spec = WorldSpec(people=1, photos=1)
    out = export_image_folder(spec, tmp_path / "jpg", kind="jpg")
    file = next(out.rglob("*.jpg"))
    assert np.abs(pixels(file).astype(int) - WorldDataset(spec)[0]["image"]).mean() < 2
    png = next(export_image_folder(spec, tmp_path / "png").rglob("*.png"))
    assert file.stat().st_size < png.stat().st_size / 2


def test_the_number_of_processes_changes_nothing(tmp_path: Path) -> None:
    spec = WorldSpec(people=6, photos=6, size_px=32)  # more than are made in this process alone
    one, two = (export_parquet(spec, tmp_path / str(workers), workers=workers) for workers in (1, 2))
    file = "data/train-00000-of-00001.parquet"
    assert (one / file).read_bytes() == (two / file).read_bytes()


def test_parquet_in_several_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    from engines.faceworld.export import parquet

    monkeypatch.setattr(parquet, "SHARD", 4)
    out = export_parquet(SPEC, tmp_path / "out")
    files = sorted((out / "data").iterdir())
    assert [file.name for file in files] == ["test-00000-of-00002.parquet", "test-00001-of-00002.parquet"]
    assert [pq.read_table(file).num_rows for file in files] == [4, 2]


def test_deepfakebench_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    specs = all_splits(FAKES)
    assert [len(spec) for spec in specs] == [14, 6, 7]
    out = export_deepfakebench(specs, tmp_path / "bench", cache=tmp_path / "cache")
    moved = tmp_path / "elsewhere"
    out.rename(moved)
    for spec in specs:
        made = ForgerySet.build(spec, cache=tmp_path / "cache")
        videos = read_index(moved / "mien.json", spec.split)
        assert Counter(v.family for v in videos for _ in v.frames) == Counter(made.family.tolist())
        assert sorted({video.label for video in videos}) == [0, 1]
        frames = {frame: video for video in videos for frame in video.frames}
        written = [row for row in csv.DictReader((moved / "forgeries.csv").open()) if row["split"] == spec.split]
        for index, row in enumerate(written):
            video = frames.pop(moved / row["file_name"])
            assert video.label == made.labels[index]
            assert int(video.people[0].removeprefix("mien/")) == made.target_id[index]
            assert video.mask_of(moved / row["file_name"]) == moved / row["file_name"].replace("/frames/", "/masks/")
            assert (pixels(moved / row["file_name"]) == made.images[index]).all()
            assert (pixels(moved / row["file_name"].replace("/frames/", "/masks/")) == made.masks[index]).all()
            assert (int(row["target"]), int(row["source"])) == (made.target_id[index], made.source_id[index])
            assert float(row["quality"]) == pytest.approx(made.quality[index], abs=1e-4)
            assert json.loads(row["knobs"]) == made.knobs[index]
        assert not frames, "nothing is listed twice or without a row"


def test_every_label_names_every_split(tmp_path: Path) -> None:
    out = export_deepfakebench([FAKES], tmp_path / "bench", cache=tmp_path / "cache")
    (labels,) = json.loads((out / "mien.json").read_text()).values()
    assert set(labels) == {"real", "swap", "selfblend"}
    assert all(list(splits) == ["train", "val", "test"] for splits in labels.values())
    video = next(iter(labels["swap"]["train"].values()))
    assert video["label"] == "swap"
    assert all((out / frame).exists() for frame in video["frames"])


@pytest.mark.parametrize("specs", [[], [FAKES, FAKES]])
def test_deepfakebench_takes_one_set_a_split(specs: list[ForgerySpec], tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="one set for each split"):
        export_deepfakebench(specs, tmp_path / "out")


@pytest.mark.parametrize("write", EXPORTS)
def test_an_existing_folder_is_refused_and_left_as_it_is(write: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="exists already"):
        write(SPEC, tmp_path / "out")
    assert everything_in(tmp_path) == ["out"]
    assert everything_in(tmp_path / "out") == ["mine.txt"]


@pytest.mark.parametrize("write", [*EXPORTS, lambda _, out: export_deepfakebench([FAKES], out)])
def test_a_full_disk_is_said_and_nothing_half_written_stays(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    real, left = Path.open, [3]

    def full(path: Path, mode: str = "r", *rest: Any, **how: Any) -> Any:
        if "cache" not in path.parts and "w" in mode:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, mode, *rest, **how)

    monkeypatch.setattr(Path, "open", full)
    left[0] = 2 if write is export_parquet else 4
    with pytest.raises(BadInput, match=r"The disk is full, so nothing of .* is kept"):
        write(SPEC, tmp_path / "out")
    assert [name for name in everything_in(tmp_path) if name != "cache"] == []


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files")
def test_a_file_that_cannot_grow_leaves_nothing(tmp_path: Path) -> None:
    """The system itself refuses: a limit on file sizes stands for a disk that is full in the middle of a file."""
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "from engines.faceworld.export import export_parquet; from engines.faceworld.photographs import WorldSpec;"
        "from engines.errors import BadInput; resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))\n"
        f"try: export_parquet(WorldSpec(people=2, photos=2), {str(tmp_path / 'out')!r})\n"
        "except BadInput as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "cannot be written" in done.stdout, done.stderr
    assert everything_in(tmp_path) == []


def test_what_will_not_fit_is_refused_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "SURE_AFTER", 3)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(drafts.shutil, "disk_usage", lambda _: usage._replace(free=100))
    with pytest.raises(BadInput, match=r"needs about 0\.\d MB, and 0\.1 MB are free"):
        export_image_folder(SPEC, tmp_path / "out")
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("write", EXPORTS)
def test_stopping_leaves_nothing(write: Any, tmp_path: Path) -> None:
    told: list[float] = []
    with pytest.raises(Stopped, match="nothing of it is kept"):
        write(SPEC, tmp_path / "out", progress=told.append, stopping=lambda: len(told) == 3)
    assert told == [1 / 6, 2 / 6, 3 / 6]
    assert everything_in(tmp_path) == []


@pytest.mark.parametrize("stop_after", [0, 10, 16])
def test_stopping_deepfakebench_leaves_nothing(stop_after: int, tmp_path: Path) -> None:
    told: list[float] = []
    with pytest.raises(Stopped):
        export_deepfakebench(
            [FAKES],
            tmp_path / "a" / "out",
            cache=tmp_path / "cache",
            progress=told.append,
            stopping=lambda: len(told) > stop_after,
        )
    assert everything_in(tmp_path / "a") == []


def test_progress_ends_at_one_and_never_goes_back(tmp_path: Path) -> None:
    told: list[float] = []
    export_deepfakebench(all_splits(FAKES), tmp_path / "out", cache=tmp_path / "cache", progress=told.append)
    assert told[-1] == 1
    assert told == sorted(told)


@pytest.mark.parametrize("write", EXPORTS)
def test_a_format_that_is_not_known_is_refused(write: Any, tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="There is no format 'gif'; there are png, jpg"):
        write(SPEC, tmp_path / "out", kind="gif")
    assert everything_in(tmp_path) == []


def test_a_place_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        export_image_folder(SPEC, tmp_path / "file" / "out")


def test_the_folder_has_the_rights_of_any_new_folder(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    out = export_image_folder(WorldSpec(people=1, photos=1, size_px=32), tmp_path / "out")
    assert out.stat().st_mode == (tmp_path / "usual").stat().st_mode
