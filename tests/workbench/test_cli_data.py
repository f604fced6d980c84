"""`mien data …`: what is said, the JSON that stays as it is, and the exit codes."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from workbench.cli import app, main


def picture(path: Path, number: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """One real and one forged video of two frames in each part."""
    for number, split in enumerate(("train", "val", "test")):
        for label, part in enumerate(("real", "fake/swap")):
            for frame in range(2):
                picture(tmp_path / "set" / split / part / split / f"{frame}.png", 40 * number + 10 * label + frame)
    return tmp_path / "set"


def mien(*words: object) -> Result:
    return CliRunner().invoke(app, ["data", *map(str, words)])


def test_check_for_people_and_for_programs(pictures: Path) -> None:
    said = mien("check", pictures, "--frames", 2)
    assert said.exit_code == 0 and f"{pictures}: folders, since it holds test/real" in said.stdout
    assert "12 frames were decoded" in said.stdout and "note: 3 ids belong to several videos" in said.stdout
    report = json.loads(mien("check", pictures, "--frames", 2, "--json").stdout)
    assert set(report) == {"place", "layout", "why", "counts", "decoded", "problems", "severity"}
    assert report["severity"] == "note" and report["layout"] == "folders"
    assert report["counts"][0] == {
        "split": "train", "label": "real", "family": "real", "dataset": "set", "compression": "", "videos": 1,
        "frames": 2, "clips": 0,
    }  # fmt: skip
    assert set(report["problems"][0]) == {"severity", "kind", "text", "where", "count"}


def test_the_exit_code_is_the_severity(pictures: Path) -> None:
    assert mien("check", pictures, "--frames", 3).exit_code == 3  # short videos are a warning
    (pictures / "test/real/test/0.png").write_bytes(b"")
    said = mien("check", pictures, "--json")
    assert said.exit_code == 4 and json.loads(said.stdout)["problems"][0]["kind"] == "empty-file"


def test_what_cannot_be_read_at_all_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def ends(*words: object) -> str:
        sys.argv = ["mien", "data", *map(str, words)]
        with pytest.raises(SystemExit) as error:
            main()
        return str(error.value.code)

    assert ends("check", tmp_path / "none").startswith("There is no data at")
    assert "Nothing is guessed" in ends("check", tmp_path)
    assert "sdxl=fake" in ends("check", tmp_path, "--label", "sdxl")
    assert "no layout 'ff'" in ends("check", tmp_path, "--layout", "ff")


def test_build_and_a_label_that_is_told(pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "set.json"
    assert f"{out}: 6 videos of {pictures} (folders)." in mien("build", pictures, out).stdout
    assert json.loads(mien("check", out, "--json").stdout)["counts"][1]["family"] == "swap"
    assert isinstance(mien("build", pictures, out).exception, Exception)  # it is there, and stays
    assert json.loads(mien("build", pictures, out, "--replace", "--json").stdout)["videos"] == 6
    mien("build", pictures, tmp_path / "first.json", "--frames", 1, "--first-k")
    listed = json.loads((tmp_path / "first.json").read_text())["set"]["set_Real"]["test"]["test"]["frames"]
    assert listed == ["set/test/real/test/0.png"]
    frames = ["set/test/real/test/0.png"]
    strange = tmp_path / "strange.json"
    labels = {label: {"test": {"a": {"label": label, "frames": frames}}} for label in ("sdxl",)}
    strange.write_text(json.dumps({"x": labels}))
    assert "says neither real nor fake" in str(mien("check", strange).exception)
    report = json.loads(mien("check", strange, "--label", "sdxl=fake", "--with", pictures, "--json").stdout)
    assert ("sdxl", "forged") in {(row["family"], row["label"]) for row in report["counts"]}
    assert report["layout"] == "deepfakebench+folders"


def test_errors_of_a_layout_stop_the_build_unless_told(tmp_path: Path) -> None:
    picture(tmp_path / "ff/original_sequences/youtube/c23/frames/000/0.png", 1)
    picture(tmp_path / "ff/manipulated_sequences/Deepfakes/c23/frames/000_003/0.png", 2)
    said = mien("build", tmp_path / "ff", tmp_path / "ff.json")
    assert "lacks FF++'s official train.json" in str(said.exception) and not (tmp_path / "ff.json").exists()
    assert mien("build", tmp_path / "ff", tmp_path / "ff.json", "--anyway").exit_code == 0
    assert list(json.loads((tmp_path / "ff.json").read_text())["FaceForensics++"]["FF-DF"]["all"]["c23"]) == ["000_003"]


def test_crop_says_what_became_of_each_and_ends_with_3_for_bad_ones(tmp_path: Path) -> None:
    (tmp_path / "set/fake").mkdir(parents=True)
    (tmp_path / "set/fake/a.mp4").write_bytes(b"no clip")
    picture(tmp_path / "set/real/b/0.png", 3)
    said = mien("crop", tmp_path / "set", tmp_path / "crops", "--workers", 1, "--json")
    told = json.loads(said.stdout)
    assert said.exit_code == 3
    assert {state: told[state] for state in ("cut", "kept", "faceless", "failed")} == {
        "cut": 0, "kept": 0, "faceless": 1, "failed": 1,
    }  # fmt: skip
    assert told["failures"][0]["why"].startswith("This is not a clip")
    people = mien("crop", tmp_path / "set", tmp_path / "crops", "--workers", 1)
    assert "0 videos cut, 1 were finished before, 0 show no face, 1 could not be read." in people.stdout


def test_protocols_are_listed() -> None:
    assert "DF40 P1" in mien("protocols").stdout
    rows = {row["name"]: row for row in json.loads(mien("protocols", "--json").stdout)}
    assert rows["genimage-pa"]["train"]["datasets"] == ["sdv4"] and len(rows["universal"]["tests"]) == 19
