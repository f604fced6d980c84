"""The arena end to end with small detectors, its samples by hand, going on after a stop, and what it refuses."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file
from torch import nn

from engines import recipes
from engines.backbones import towers
from engines.detection.arena import errors, run
from engines.detection.arena.roster import roster
from engines.detection.arena.testset import Photographs, TestSet
from engines.detection.detector import Detector
from engines.detection.samples import Part
from engines.errors import BadConfig, BadInput, Stopped
from engines.training.journal import MemoryJournal
from engines.training.metrics import auc

RECIPE = recipes.get("arena")


def saved(folder, seed, **changes):
    """A detector nobody trained, in the true format."""
    folder.mkdir()
    torch.manual_seed(seed)
    tower = towers.build("vit-tiny-random")
    held = [{"family": name, "seen": name == "swap"} for name in ("swap", "mouth")]
    calibration = {"scale": 1.0, "bias": 0.0, "threshold": 0.5}
    card = {
        "name": "small", "tower": "vit-tiny-random", "method": "full", "options": {}, "head": "softmax2",
        "crop_px": 56, "calibration": calibration, "seed": seed, "data": "face world", "held_out": held,
    }  # fmt: skip
    detector = Detector(tower, nn.Linear(tower.feature_width, 2), card | changes)
    detector.tower.requires_grad_(True)
    detector.save(folder)
    return folder


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    place = tmp_path_factory.mktemp("detectors")
    return [str(saved(place / f"d{seed}", seed)) for seed in (1, 2)]


@pytest.fixture(scope="module")
def tiny(two):
    journal = MemoryJournal()
    return journal, RECIPE(RECIPE.configure("tiny", {"detectors": two, "families": "swap,mouth"}), journal)


def photographs(place, kinds=("real", "fake"), videos=3, frames=2):
    """Videos of noise as DeepfakeBench lists them; fakes are brighter."""
    rng, index = np.random.default_rng(0), {}
    for kind in kinds:
        for split in ("train", "val", "test"):
            for video in range(videos):
                folder = place / kind / f"{split}{video}"
                folder.mkdir(parents=True)
                paths = [folder / f"{frame:03d}.png" for frame in range(frames)]
                for path in paths:
                    picture = rng.integers(60, 120, (64, 64, 3)) + 100 * (kind != "real")
                    Image.fromarray(picture.astype(np.uint8)).save(path)
                name = "CelebDFv2_real" if kind == "real" else "CelebDFv2_fake"
                entry = {"label": name, "frames": [str(path) for path in paths]}
                index.setdefault(name, {}).setdefault(split, {})[folder.name] = entry
    path = place / "Celeb-DF-v2.json"
    path.write_text(json.dumps({"Celeb-DF-v2": index}))
    return path


def test_tables_grow_with_every_detector(tiny):
    journal, outcome = tiny
    matrix = journal.tables["matrix"]
    assert list(dict.fromkeys(row["detector"] for row in matrix)) == ["sharpness", "small", "small (2)"]
    assert {row["family"] for row in matrix} == {"swap", "mouth", "seen families", "unseen families"}
    assert {row["family"] for row in matrix if row["seen"]} == {"swap", "seen families"}
    shared = {row["detector"] for row in matrix if row["family"] == "seen families"}
    assert shared == {"sharpness", "small", "small (2)"}
    assert all(
        row["low"] <= row["auc"] <= row["high"] and row["pictures"] == row["reals"] + row["fakes"] for row in matrix
    )
    assert {row["detector"] for row in journal.tables["metrics"]} == {"small", "small (2)"}
    assert {(row["first"], row["second"]) for row in journal.tables["paired"]} >= {("small", "small (2)")}
    assert outcome.summary()["data"] == "face world"


def test_the_matrix_is_the_auc_of_the_kept_logits(tiny, tmp_path):
    journal, outcome = tiny
    outcome.save(tmp_path)
    kept = load_file(tmp_path / "scores.safetensors")
    assert set(kept) == {"labels", "sharpness", "small", "small (2)"}
    row = next(r for r in journal.tables["metrics"] if r["detector"] == "small (2)")
    assert row["auc"] == pytest.approx(auc(kept["small (2)"], kept["labels"]))
    assert json.loads((tmp_path / "arena.json").read_text())["calibration"] == journal.tables["calibration"]


def test_robustness_begins_undamaged_and_has_every_severity(tiny):
    rows = [row for row in tiny[0].tables["robustness"] if row["detector"] == "small"]
    assert [(row["kind"], row["severity"]) for row in rows] == [("none", 0), ("jpeg", 1), ("jpeg", 2)]


def test_reliability_has_as_many_reals_as_forgeries(tiny):
    journal, _ = tiny
    bins = [row for row in journal.tables["calibration"] if row["detector"] == "small"]
    assert sum(row["count"] * row["observed"] for row in bins) == pytest.approx(sum(row["count"] for row in bins) / 2)
    row = journal.tables["ece"][0]
    total = sum(one["count"] for one in bins)
    assert row["ece"] == pytest.approx(sum(b["count"] * abs(b["predicted"] - b["observed"]) for b in bins) / total)
    assert row["low"] <= row["ece"] <= row["high"]


def test_errors_are_errors(tiny):
    kept = tiny[0].arrays["errors-0"]
    assert ((kept["score"] >= 0.5) != (kept["label"] == 1)).all()
    assert kept["pictures"].shape == (len(kept["score"]), errors.THUMB_PX, errors.THUMB_PX, 3)


class Made:
    """A set of which only labels, families and groups are asked."""

    videos = False

    def __init__(self, family):
        self.family = np.array(family)
        self.labels, self.group = (self.family != "real").astype(int), np.arange(len(family))


def part(*family):
    return Part(Made(family), np.arange(len(family)))


def test_the_worst_errors_by_hand():
    test = part("real", "real", "swap", "swap", "swap", "mouth")
    probability = np.array([0.9, 0.1, 0.4, 0.05, 0.8, 0.2])
    # false alarm 0; missed swaps 3 (surer) and 2; missed mouth 5
    assert errors.worst(probability, 0.5, test, 1).tolist() == [5, 0, 3]
    assert errors.worst(probability, 0.5, test, 2).tolist() == [5, 0, 3, 2]
    assert errors.worst(np.array([0, 0, 1, 1, 1, 1.0]), 0.5, test, 2).tolist() == []


def test_samples_are_even():
    test = part(*["real"] * 10, *["swap"] * 30, *["mouth"] * 30)
    drawn = errors.evenly(test, 16, seed=3)
    assert np.unique(test.family[drawn], return_counts=True)[1].tolist() == [4, 8, 4]
    assert drawn.tolist() == errors.evenly(test, 16, seed=3).tolist() != errors.evenly(test, 16, seed=4).tolist()
    assert test.labels[errors.even_odds(test, 0)].mean() == 0.5
    assert len(errors.even_odds(test, 0)) == 20


def test_a_stopped_arena_goes_on_where_it_was(two, tiny, tmp_path, monkeypatch):
    config = RECIPE.configure("tiny", {"detectors": two, "families": "swap,mouth"})
    with pytest.raises(Stopped):
        RECIPE(config, MemoryJournal(tmp_path, stop_at=4))
    scored = []
    monkeypatch.setattr(run, "score", lambda *a: scored.append(a))
    again = MemoryJournal(tmp_path)
    outcome = RECIPE(config, again)
    assert not scored, "both detectors were scored before the stop"
    assert outcome.summary() == tiny[1].summary()
    assert again.tables["calibration"] == tiny[0].tables["calibration"]


def test_photographs_of_videos_as_the_paper_has_them(two, tmp_path):
    path = photographs(tmp_path)
    journal = MemoryJournal()
    config = RECIPE.configure("paper", {"detectors": two[:1], "data": str(path), "damages": "blur", "severities": 1,
                                        "draws": 20, "damaged_pictures": 20, "precision": "fp32"})  # fmt: skip
    outcome = RECIPE(config, journal)
    assert {row["level"] for row in journal.tables["metrics"]} == {"picture", "video"}
    assert {row["detector"] for row in journal.tables["matrix"]} == {"small"}
    assert not any(row["seen"] for row in journal.tables["matrix"]), "swap of the world is no family of these"
    assert outcome.summary()["data"] == str(path) and journal.tables["robustness"][-1]["kind"] == "blur"
    assert any("No sharpness baseline" in line for line in journal.lines)


def test_a_detector_nobody_has_is_said():
    with pytest.raises(BadConfig, match="no detector 'nobody'; effort, lora come with Mien"):
        RECIPE(RECIPE.configure("tiny", {"detectors": "nobody"}), MemoryJournal())


def test_a_detector_named_twice_is_said(two):
    with pytest.raises(BadConfig, match="named twice"):
        roster([two[0], two[0]])


def test_all_bundled_detectors_compete_by_default():
    assert [one.name for one in roster([])] == ["effort", "lora"]
    assert roster(["lora"])[0].seen("face world") == ["selfblend", "swap", "xray"]
    assert roster(["lora"])[0].seen("elsewhere") == []


def test_a_detector_too_large_for_the_world_is_said(tmp_path):
    big = saved(tmp_path / "big", 0, crop_px=224)
    with pytest.raises(BadConfig, match="looks at 224 px, the world's pictures have 112 px"):
        RECIPE(RECIPE.configure("tiny", {"detectors": str(big)}), MemoryJournal())


@pytest.mark.parametrize(("families", "kinds", "said"), [
    (["rain"], ["real", "swap"], "No test picture is of the family 'rain'; the families here are swap"),
    ([], ["swap", "mouth"], "all of one class"),
    ([], ["real"], "all of one class"),
])  # fmt: skip
def test_pictures_that_measure_nothing_are_said(families, kinds, said):
    class Source(Photographs):
        def view(self, card):
            return Made(kinds)

    with pytest.raises((BadConfig, BadInput), match=said):
        TestSet(Source("x", 1), families)


def test_an_empty_folder_and_no_data_are_said(two, tmp_path):
    for data, said in ((str(tmp_path), str(tmp_path)), ("", "data is empty: name a folder")):
        with pytest.raises((BadConfig, BadInput), match=said):
            RECIPE(RECIPE.configure("tiny", {"detectors": two, "data": data}), MemoryJournal())


def test_an_unknown_damage_is_said():
    with pytest.raises(BadConfig, match="name some of jpeg"):
        RECIPE.configure("tiny", {"damages": "rain"})
