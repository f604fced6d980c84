"""The papers' own settings from end to end: an FF++ tree, networks and a diffusion model in their true formats.

Only sizes, steps, data and paths differ from what the preset says; the weights are random.
"""

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file
from transformers import CLIPVisionConfig, CLIPVisionModel

from engines import recipes
from engines.data.build import write_json
from engines.data.layouts import read
from engines.detection.detector import Detector
from engines.detection.diffusionfake import assembly
from engines.errors import BadInput
from engines.training.journal import MemoryJournal
from tests.detection.test_protocol import faceforensics as marked_tree
from tests.paired_tree import faceforensics
from tests.small_diffusion import save_small_diffusion

EFFICIENT, RESIDUAL = "test_efficientnet.r160_in1k", "test_resnet.r160_in1k"
SMALL = {"batch": 4, "frames": 2, "draws": 20, "precision": "fp32", "crop_px": 64}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder of weights as a person fills it: safetensors under the hub's names."""
    home = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    for name in (EFFICIENT, RESIDUAL):
        (home / "timm" / name).mkdir(parents=True)
        save_file(timm.create_model(name, pretrained=False).state_dict(), home / "timm" / name / "model.safetensors")
    config = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2, image_size=64, patch_size=16
    )
    CLIPVisionModel(config).save_pretrained(home / "clip")
    return home


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return faceforensics(tmp_path_factory.mktemp("tree") / "FF", frames=3)


@pytest.fixture(autouse=True)
def at_home(weights, monkeypatch):
    monkeypatch.setenv("MIEN_WEIGHTS", str(weights))


def run(name, changes):
    recipe, journal = recipes.get(name), MemoryJournal()
    return journal, recipe(recipe.configure("paper", {**SMALL, **changes}), journal)


def measured(outcome):
    return {row["family"] for row in outcome.summary()["auc"]}, {row["level"] for row in outcome.summary()["metrics"]}


def test_quality(tree, tmp_path):
    """From the tree's JSON; easy forgeries are upgraded by their own target, and nobody claims to know a quality."""
    data = write_json(read(tree).videos, tmp_path / "ff.json")
    changes = {"data": str(data), "tower": f"timm/{EFFICIENT}", "steps": 6, "epochs": 3}
    journal, outcome = run("quality", changes)
    assert measured(outcome) == ({"FF-DF", "FF-FS", "seen families"}, {"picture", "video"})
    kept = journal.arrays["pacing"]
    assert len(kept["family"]) == 8 and set(kept["family"]) == {"FF-DF", "FF-FS"}
    assert kept["easy"].sum(1).tolist() == [0, round(0.1 * 8), round(0.6 * 8)]
    assert ((kept["measured"] > 0) & (kept["measured"] <= 1)).all() and np.ptp(kept["measured"]) > 0
    assert "known" not in kept and "checked" not in journal.tables and outcome.summary()["checked"] == []
    assert any(line.startswith("0 of 8 forged frames are left out") for line in journal.lines)
    assert {row["method"] for row in journal.tables["auc"]} == {"probe", "quality", "plain"}


def test_diffusionfake(tree, tmp_path):
    """Adam over all of the backbone, full guides, Stable Diffusion's format with its text encoder; faces are drawn of
    test people, and what guided comes back from the folder and draws the same."""
    folder = save_small_diffusion(tmp_path / "sd", text=True)
    changes = {"data": str(tree), "tower": f"timm/{EFFICIENT}", "denoiser": str(folder), "steps": 2,
               "sample_steps": 2, "sample_seeds": 1, "looked_at": 18}  # fmt: skip
    journal, outcome = run("diffusionfake", changes)
    assert measured(outcome) == ({"FF-DF", "FF-FS", "seen families"}, {"picture", "video"})
    assert {row["family"] for row in journal.tables["leaning"]} == {"FF-DF", "FF-FS", "real"}
    drawn, leaning = journal.arrays["rebuilt"], journal.arrays["leaning"]
    assert drawn["family"].tolist() == ["FF-DF", "FF-FS", "real"] and drawn["drawn"].shape[1:3] == (2, 1)
    assert (drawn["shown"][0, 1] != drawn["shown"][0, 2]).any() and (drawn["shown"][2, 1] == drawn["shown"][2, 2]).all()
    assert "quality" not in leaning and any("/test/" not in str(group) for group in leaning["group"])
    place = tmp_path / "model"
    place.mkdir()
    outcome.save(place)
    assert Detector.load(place).card["head"] == "sigmoid1"
    again = assembly.load(place)
    assert all(torch.equal(value, outcome.guides[f"guide.{name}"]) for name, value in again.guide.state_dict().items())


def test_diffusionfake_without_anyones_partners_is_said(tree, tmp_path):
    """Forgeries named as nobody's: nothing is trained on a wrong face."""
    for method in ("Deepfakes", "FaceSwap"):
        for folder in (tree / "manipulated_sequences" / method / "c23/frames").iterdir():
            for path in folder.iterdir():
                other = tmp_path / "plain/train/fake" / method / folder.name / path.name
                other.parent.mkdir(parents=True, exist_ok=True)
                other.write_bytes(path.read_bytes())
    for folder in (tree / "original_sequences/youtube/c23/frames").iterdir():
        for path in folder.iterdir():
            other = tmp_path / "plain/train/real" / folder.name / path.name
            other.parent.mkdir(parents=True, exist_ok=True)
            other.write_bytes(path.read_bytes())
    for split in ("val", "test"):
        (tmp_path / "plain" / split).symlink_to(tmp_path / "plain/train")
    changes = {"data": str(tmp_path / "plain"), "tower": f"timm/{EFFICIENT}", "denoiser": "tiny-random", "steps": 2}
    with pytest.raises(BadInput, match=r"forged frames has the real frames behind it: .*nothing says which video"):
        run("diffusionfake", changes)


def test_rivals(weights, tmp_path):
    """All seven, from weights in their formats, on frames with masks and landmarks."""
    towers = {**dict.fromkeys(("efficientnet", "sbi"), f"timm/{EFFICIENT}"),
              **dict.fromkeys(("xception", "resnet", "iid", "caddm"), f"timm/{RESIDUAL}"),
              "univfd": f"clip/{weights / 'clip'}"}  # fmt: skip
    changes = {"data": marked_tree(tmp_path / "FF"), "tower": f"timm/{EFFICIENT}", "steps": 1,
               "towers": [f"{name}={tower}" for name, tower in towers.items()]}  # fmt: skip
    journal, outcome = run("rivals", changes)
    assert {row["method"]: row["weights"] for row in journal.tables["towers"]} == dict.fromkeys(towers, "pretrained")
    assert measured(outcome) == ({"FF-DF", "FF-NT", "seen families"}, {"picture", "video"})
