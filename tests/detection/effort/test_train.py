"""The whole experiment, small: what it leaves, resuming bit for bit, the paper's route in its true formats."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPVisionConfig, CLIPVisionModel

from engines import recipes
from engines.detection.detector import Detector
from engines.errors import BadConfig, BadInput
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("effort")


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    config = RECIPE.configure("tiny", {"methods": "effort,lora,full", "seeds": 2, "lambda_orth": 0.1})
    return journal, RECIPE(config, journal)


def test_says_the_asymmetry(tiny):
    journal, _ = tiny
    steps = [row for row in journal.metrics if "loss/total" in row]
    assert [row["step"] for row in steps] == list(range(1, 9))
    assert all({"loss/real", "loss/fake", "reg/orth", "reg/ksv"} & set(row) for row in steps)
    assert any("lora-1/loss/real" in row for row in journal.metrics)


def test_tables(tiny):
    journal, outcome = tiny
    rows = journal.tables["auc"]
    assert {row["method"] for row in rows} == {"probe", "effort", "lora", "full"}
    assert {row["seed"] for row in rows if row["method"] == "lora"} == {0, 1}
    assert {row["family"] for row in rows if row["seen"]} == {"swap", "selfblend", "xray", "seen families"}
    assert all(row["low"] <= row["auc"] <= row["high"] for row in rows)
    pairs = {(row["first"], row["second"]) for row in journal.tables["paired"]}
    assert ("effort", "lora") in pairs and ("probe", "effort") in pairs
    assert journal.tables["baselines"]
    metrics = journal.tables["metrics"]
    assert {(row["method"], row["seed"]) for row in metrics} == {(row["method"], row["seed"]) for row in rows}
    assert all(0 <= row["eer"] <= 1 and 0 <= row["accuracy_real"] <= 1 for row in metrics)
    json.dumps(outcome.summary(), allow_nan=False)


def test_arrays_for_the_subspaces_page(tiny):
    journal, _ = tiny
    spectra, track = journal.arrays["spectra"], journal.arrays["track"]
    assert spectra["values"].shape == spectra["after"].shape == (8, 64)
    assert (np.diff(spectra["values"], axis=1) <= 1e-6).all()
    assert track["angle_u_deg"].shape == (len(track["step"]), 8) and track["step"][-1] == 8
    assert track["moved"][0].max() < 1e-5 and track["moved"][-1].min() > 0
    assert journal.arrays["attention"]["whole"].shape[1:] == (4, 4)
    inert = journal.arrays["inert"]
    assert inert["grad_u"].shape == (1, 8) and inert["smallest"].shape == (8, 8) and (inert["dense"] > 0).all()


def test_saved_detectors_open(tiny, tmp_path):
    _, outcome = tiny
    outcome.save(tmp_path)
    assert Detector.load(tmp_path).card["method"] == "effort"
    assert Detector.load(tmp_path / "rivals" / "lora").card["held_out"]
    assert load_file(tmp_path / "detector.safetensors")


RUN = """
import sys
from pathlib import Path
from engines import recipes
from engines.training.journal import MemoryJournal

class Saying(MemoryJournal):
    def metric(self, step, **values):
        super().metric(step, **values)
        print(step, flush=True)

recipe = recipes.get("effort")
journal = Saying(Path(sys.argv[1]))
outcome = recipe(recipe.configure("tiny", {"checkpoint_s": 0, "steps": 12}), journal)
place = Path(sys.argv[1]) / "out"
place.mkdir()
outcome.save(place)
"""


def run_until(folder, step):
    """Start the tiny run and kill it with SIGKILL soon after it says a step; None lets it end."""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(folder)], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if step is not None and int(line) >= step:
            time.sleep(0.02 * step % 0.05)
            os.kill(process.pid, signal.SIGKILL)
    return process.wait()


def test_killed_at_several_steps_and_resumed_is_bit_identical(tmp_path):
    assert run_until(tmp_path / "whole", None) == 0
    assert run_until(tmp_path / "killed", 2) == -signal.SIGKILL
    assert run_until(tmp_path / "killed", 7) == -signal.SIGKILL
    assert run_until(tmp_path / "killed", None) == 0
    whole, killed = (load_file(tmp_path / name / "out" / "detector.safetensors") for name in ("whole", "killed"))
    assert whole.keys() == killed.keys() and all(torch.equal(whole[name], killed[name]) for name in whole)


def clip_in_its_format(folder):
    config = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
    )
    torch.manual_seed(0)
    CLIPVisionModel(config).save_pretrained(folder)


def deepfakebench(folder):
    rng, content = np.random.default_rng(0), {}
    for label in ("FF-real", "FF-DF"):
        content[label] = {}
        for split in ("train", "val", "test"):
            content[label][split] = {"c23": {}}
            for video in range(4):
                frames = [f"{label}/{split}/{video}/{frame}.png" for frame in range(3)]
                for frame in frames:
                    (folder / frame).parent.mkdir(parents=True, exist_ok=True)
                    tint = 60 if label == "FF-DF" else 0
                    pixels = rng.integers(0, 190, (80, 80, 3)) + tint
                    Image.fromarray(pixels.astype(np.uint8)).save(folder / frame)
                content[label][split]["c23"][str(video)] = {"label": label, "frames": frames}
    path = folder / "FaceForensics++.json"
    path.write_text(json.dumps({"FaceForensics++": content}))
    return path


@pytest.mark.parametrize("changes", [{}, {"recipe": "natural", "head": "sigmoid1", "weight_decay": 0}])
def test_the_papers_preset_on_its_own_formats(tmp_path, changes):
    """Only weights, pictures and the number of steps differ from the paper's run."""
    clip_in_its_format(tmp_path / "clip")
    small = {"tower": f"clip/{tmp_path / 'clip'}", "data": str(deepfakebench(tmp_path)), "crop_px": 56, "steps": 3}
    config = RECIPE.configure("paper", {**small, "batch": 4, "frames": 2, "draws": 20, "precision": "fp32", **changes})
    journal = MemoryJournal()
    outcome = RECIPE(config, journal)
    rows = {row["family"] for row in outcome.summary()["auc"]}
    assert rows == {"FF-DF", "seen families"} and outcome.summary()["data"] == small["data"]
    assert {row["level"] for row in outcome.summary()["metrics"]} == {"picture", "video"}


def test_the_paper_needs_its_data():
    with pytest.raises(BadInput, match="There is no data at ''"):
        RECIPE(RECIPE.configure("paper"), MemoryJournal())


def test_photograph_recipes_need_photographs():
    with pytest.raises(BadConfig, match="Set data to a folder"):
        RECIPE(RECIPE.configure("tiny", {"recipe": "face"}), MemoryJournal())


def test_unknown_variant():
    with pytest.raises(BadConfig, match="is not a method"):
        RECIPE.configure("tiny", {"methods": "effort:speed=9"})
