"""`mien world …`: stable JSON, files that are whole or absent, sentences for what cannot be done."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner
from waiting import until

from engines.errors import MienError
from workbench import identities
from workbench.cli import app

MIEN = [sys.executable, "-c", "from workbench.cli import main; main()"]
SMALL = ["--people", "3", "--photos", "2", "--size", "48"]


def world(*words: object) -> Any:
    """What `mien world … --json` says."""
    answer = CliRunner().invoke(app, ["world", *map(str, words), "--json"])
    if answer.exception and not isinstance(answer.exception, SystemExit):
        raise answer.exception
    assert answer.exit_code == 0, answer.output
    return json.loads(answer.stdout)


def test_a_photograph_and_what_is_known_of_it(tmp_path: Path) -> None:
    out = tmp_path / "one.png"
    settings = ("--person", 3, "--photo", 5, "--size", 64, "--set", "years=60", "--set", "yaw=20")
    told = world("render", "--out", out, *settings, "--truth")
    assert set(told) == {
        "file", "size_px", "person", "photo", "group", "years", "traits", "controls", "pose_deg", "landmarks_68_px",
        "landmarks_5_px", "truth",
    }  # fmt: skip
    assert (told["person"], told["photo"], told["years"], told["traits"]["years"]) == (3, 5, 60, 60)
    assert told["controls"]["yaw"] == pytest.approx(20)
    assert told["pose_deg"]["yaw"] == pytest.approx(20)
    assert np.array(told["landmarks_68_px"]).shape == (68, 2)
    with np.load(told["truth"]) as truth:
        assert truth["depth"].shape == (64, 64)
        assert truth["mask_skin"].max() <= 1
        assert np.allclose(truth["landmarks"], told["landmarks_68_px"], atol=0.006)
    assert Image.open(out).size == (64, 64)
    again = tmp_path / "again.png"
    world("render", "--out", again, *settings)
    assert again.read_bytes() == out.read_bytes()


def test_a_clip(tmp_path: Path) -> None:
    out = tmp_path / "one.mp4"
    told = world("render", "--clip", "--out", out, "--person", 3, "--size", 48, "--seconds", 0.2)
    assert set(told) == {"file", "size_px", "person", "photo", "group", "years", "frames", "fps"}
    assert (told["frames"], told["fps"]) == (5, 25)
    assert out.read_bytes()[4:8] == b"ftyp"


@pytest.mark.parametrize("kind", ["images", "parquet"])
def test_an_export_tells_what_was_written(kind: str, tmp_path: Path) -> None:
    told = world("export", kind, tmp_path / "out", *SMALL, "--balanced", "--ages", "20:30", "--workers", 1)
    assert set(told) == {"kind", "folder", "photographs", "people", "bytes", "seconds"}
    assert (told["kind"], told["photographs"], told["people"]) == (kind, 6, 3)
    assert told["bytes"] == sum(path.stat().st_size for path in (tmp_path / "out").rglob("*") if path.is_file())
    spec = json.loads((tmp_path / "out" / "world.json").read_text())["spec"]
    assert (spec["ages"], len(spec["groups"]), spec["size_px"]) == ([20, 30], 8, 48)


def test_real_and_forged_for_deepfakebench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    told = world("export", "deepfakebench", tmp_path / "out", *SMALL, "--families", "swap", "--fakes", 3)
    rows = list(csv.DictReader((tmp_path / "out" / "forgeries.csv").open()))
    assert told["photographs"] == len(rows) == 6 + 3 + 2 + 2 + 3 + 2
    assert {row["label"] for row in rows} == {"real", "swap"}


def test_counts_of_a_set() -> None:
    told = world("stats", *SMALL, "--group", "asian-male")
    assert set(told) == {"spec", "people", "photographs", "tables"}
    assert (told["people"], told["photographs"]) == (3, 6)
    assert set(told["tables"]) == {
        "groups", "years", "skin", "hair", "beard", "glasses", "yaw", "pitch", "occluders", "places",
    }  # fmt: skip
    counted = {row["label"]: row["count"] for row in told["tables"]["groups"]}
    assert counted["asian-male"] == 3
    assert all(set(row) >= {"label", "count", "share"} for rows in told["tables"].values() for row in rows)


def test_people_of_the_world_told_apart() -> None:
    told = world("identity", "--people", 4, "--photos", 3, "--frontal")
    assert (told["people"], told["pictures"], told["found"]) == (4, 12, 12)
    every = told["pairs"][0]
    assert set(every) == {
        "pairs",
        "eer",
        "low_95",
        "high_95",
        "threshold",
        "same_mean",
        "different_mean",
        "same",
        "different",
    }
    assert (every["pairs"], every["same"], every["different"]) == ("all", 12, 54)
    assert every["same_mean"] < every["different_mean"]
    assert "crops" not in told


def test_photographs_of_ones_own_are_told_apart(tmp_path: Path) -> None:
    astronaut = Image.open(Path(__file__).parents[2] / "assets" / "media" / "astronaut.jpg")
    for name in ("eileen/1.png", "eileen/2.png", "other/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        astronaut.crop((100, 0, 356, 256)).rotate(3 * len(name)).save(tmp_path / name)
    Image.new("RGB", (64, 64)).save(tmp_path / "other" / "nobody.png")
    told = world("identity", "--folder", tmp_path)
    assert (told["pictures"], told["found"], told["people"]) == (4, 3, 2)
    assert told["missed"] == ["other/nobody.png"]
    assert told["closest"][0]["people"] == ["eileen", "other"]


@pytest.mark.parametrize(
    ("name", "person"),
    [("anna/1.jpg", "anna"), ("set/anna/1.jpg", "anna"), ("anna_12.jpg", "anna"), ("anna (2).png", "anna"),
     ("anna.png", "anna"), ("12.png", "12"), ("set\\anna\\1.jpg", "anna")],
)  # fmt: skip
def test_whom_a_file_shows(name: str, person: str) -> None:
    assert identities.person_of(name) == person


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "--out", "x.gif"], "give the file one of .png, .jpg, .jpeg"),
        (["render", "--out", "x.png", "--clip"], "give the file one of .mp4"),
        (["render", "--out", "x.png", "--set", "years=200"], "years is 10 to 80 years, not 200"),
        (["render", "--out", "x.png", "--set", "yaw=200"], "yaw is -60 to 60 degrees, not 200"),
        (["render", "--out", "x.png", "--set", "wings=2"], "There is no setting 'wings'; there are"),
        (["render", "--out", "x.png", "--set", "years"], "'years' is no setting; write it as --set name=value."),
        (["render", "--out", "x.png", "--group", "martian"], "There is no group 'martian'"),
        (["render", "--out", "x.mp4", "--clip", "--set", "years=20"], "leave out --group and --set"),
        (["export", "zip", "out"], "There is no export 'zip'; there are images, parquet, deepfakebench."),
        (["export", "images", "out", "--format", "gif"], "There is no format 'gif'"),
        (["export", "images", "out", "--group", "martian"], "There is no group 'martian'"),
        (["export", "images", "out", "--balanced", "--group", "asian-male"], "--balanced takes every group"),
        (["export", "images", "out", "--ages", "old"], "--ages old: write two ages, as in 20:60."),
        (["export", "images", "out", "--ages", "60:20"], "the younger first"),
        (["export", "deepfakebench", "out", "--frontal"], "Forgeries are made of people as they come"),
        (["export", "deepfakebench", "out", "--families", "magic"], "There is no forgery family 'magic'"),
        (["stats", "--split", "all"], "There is no split 'all'"),
        (["identity", "--folder", "nowhere"], "There is no folder nowhere"),
        (["identity", "--people", "1000"], "10000 photographs are too many"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(MienError) as caught:
        world(*words)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.png").write_text("mine")
    with pytest.raises(MienError, match="exists already"):
        world("render", "--out", tmp_path / "mine.png")
    assert (tmp_path / "mine.png").read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_is_interrupted_leaves_nothing(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*MIEN, "world", "export", "images", str(tmp_path / "out"), "--people=400", "--size=32", "--workers=2"],
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert until(lambda: any(tmp_path.rglob("*.png")), 120)
    os.killpg(process.pid, number)  # as a terminal does
    said = process.communicate(timeout=30)[1]
    assert process.returncode == (130 if number == signal.SIGINT else 1)
    assert "nothing of" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []
