"""The whole run, small: what each method trains and leaves alone, what it leaves, and the papers' towers."""

import numpy as np
import pytest
import torch

from engines import recipes
from engines.backbones import towers
from engines.detection.arena.roster import roster
from engines.detection.detector import Detector, score
from engines.detection.rivals.train import Experiment
from engines.detection.runset import file_name
from engines.errors import BadConfig
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("rivals")


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    experiment = Experiment(RECIPE.configure("tiny"), journal)
    return journal, experiment, experiment.run()


def test_every_method_is_measured_and_described(tiny):
    journal, _, outcome = tiny
    methods = {"sbi", "iid", "caddm", "univfd", "efficientnet"}
    assert {row["method"] for row in journal.tables["auc"]} == methods | {"probe"}
    rows = {row["method"]: row for row in journal.tables["towers"]}
    assert set(rows) == methods and outcome.summary()["towers"] == list(rows.values())
    assert rows["efficientnet"]["weights"] == "random" and rows["efficientnet"]["tuned"] == "full"
    assert rows["univfd"]["trained_parameters"] == 2 * 128 + 2
    assert rows["sbi"]["training_pictures"] == 2 * (48 // 2 // 3)
    said = [set(row) for row in journal.metrics]
    assert any("iid-0/identity/contrast" in names for names in said)
    assert any("caddm-0/where" in names for names in said)


@pytest.mark.parametrize("text", ["sbi", "iid", "caddm", "univfd", "efficientnet", "sbi:tuned=full"])
def test_training_changes_what_it_should(tiny, text):
    """Of a kept detector against an untrained one of the same seed: frozen weights and batch norms are the same, bit
    for bit, and of the others some in tower and head moved."""
    _, experiment, outcome = tiny
    if text not in outcome.detectors:
        changed = RECIPE.configure("tiny", {"methods": text})
        outcome = RECIPE(changed, MemoryJournal())
        experiment = Experiment(changed, MemoryJournal())
        experiment.shared.begin()
    after = outcome.detectors[text].cpu()
    before = experiment._start(experiment.config.entry(text), 0).cpu()
    trained = {name for name, parameter in after.named_parameters() if parameter.requires_grad}
    moved = {
        n for n, v in before.state_dict().items() if "novelty" not in n and not torch.equal(v, after.state_dict()[n])
    }
    assert "head.weight" in moved and {n for n in moved if n in dict(after.named_parameters())} <= trained
    assert any(name.startswith("tower.") for name in moved) == (text != "univfd")


def test_a_frozen_towers_batch_norms_stay(tiny):
    """Under a probe they neither learn nor follow the batch; under full training they do."""
    for method, moves in (("probe", False), ("full", True)):
        detector = tiny[1].shared.start("x", method, 0, tower="timm/test_resnet", pretrained=False).train()
        before = {name: value.clone() for name, value in detector.tower.named_buffers()}
        detector(torch.rand(4, 3, 56, 56, device=next(detector.parameters()).device))
        moved = [name for name, value in detector.tower.named_buffers() if not torch.equal(before[name], value)]
        assert bool(moved) == moves


def test_sbi_starts_knowing_nothing_of_the_forgeries(tiny):
    _, experiment, _ = tiny
    probe = torch.from_numpy(experiment.shared.probe.weight).float()
    starts = {name: experiment._start(experiment.config.entry(name), 0).head.weight[1] for name in ("sbi", "iid")}
    assert torch.allclose(starts["iid"], probe / 2) and not torch.allclose(starts["sbi"], probe / 2, atol=1e-3)


def test_kept_detectors_say_the_same(tiny, tmp_path):
    _, experiment, outcome = tiny
    outcome.save(tmp_path)
    for name, place in (
        ("sbi", tmp_path),
        ("caddm", tmp_path / "rivals/caddm"),
        ("efficientnet", tmp_path / "rivals/efficientnet"),
    ):
        loaded = Detector.load(place)
        assert loaded.card["name"] == name
        said = score(loaded, experiment.shared.data.test, "fp32")
        assert np.allclose(said, experiment.shared.scores[name, 0], atol=1e-5)


def test_trainings_on_single_families_are_a_cross_manipulation_matrix(tmp_path):
    """Each learns from its family and the reals alone, is measured on all, and its card says what it has seen."""
    methods = [f"efficientnet:families={name}" for name in ("swap", "xray", "swap+xray")]
    journal = MemoryJournal()
    outcome = RECIPE(RECIPE.configure("tiny", {"methods": methods, "steps": 2}), journal)
    counts = {row["method"]: row["training_pictures"] for row in journal.tables["towers"]}
    assert list(counts.values()) == [24 + 8, 24 + 8, 24 + 16]
    seen = {(row["trained_on"], row["family"]) for row in journal.tables["cross"] if row["seen"]}
    assert {pair for pair in seen if "seen families" not in pair} == {
        ("swap", "swap"), ("xray", "xray"), ("swap+xray", "swap"), ("swap+xray", "xray"),
    }  # fmt: skip
    assert len({row["family"] for row in journal.tables["cross"]}) == 9 + 2
    outcome.save(tmp_path)
    rivals = [str(tmp_path), *(str(tmp_path / "rivals" / file_name(text)) for text in methods[1:])]
    assert [one.seen("face world") for one in roster(rivals)] == [["swap"], ["xray"], ["swap", "xray"]]


def test_what_cannot_be_is_said():
    with pytest.raises(BadConfig, match="sbi learns from all families"):
        RECIPE.configure("tiny", {"methods": "sbi:families=swap"})
    with pytest.raises(BadConfig, match="No training picture is of the family 'rain'; there are swap"):
        RECIPE(RECIPE.configure("tiny", {"methods": "efficientnet:families=rain"}), MemoryJournal())
    with pytest.raises(BadConfig, match="'capsule' is not a method; write one of efficientnet, xception"):
        RECIPE.configure("tiny", {"methods": "sbi,capsule"})
    with pytest.raises(BadConfig, match="is not a method"):
        RECIPE.configure("tiny", {"methods": "sbi:speed=9"})
    with pytest.raises(BadConfig, match="is not method=backbone"):
        RECIPE.configure("tiny", {"towers": "capsule=timm/resnet18"})
    with pytest.raises(BadConfig, match="add selfblend to families"):
        RECIPE(RECIPE.configure("tiny", {"families": "swap"}), MemoryJournal())
    with pytest.raises(BadConfig, match="starts from random weights"):
        RECIPE(RECIPE.configure("tiny", {"methods": "univfd:tower=timm/test_resnet"}), MemoryJournal())
    with pytest.raises(BadConfig, match="no attention weights to tune"):
        weights = {"methods": "sbi:tower=timm/test_resnet:weights=pretrained:tuned=lora"}
        entry = RECIPE.configure("tiny", weights).entry(weights["methods"])
        from engines.detection.methods import prepare

        prepare(towers.build(entry.tower, pretrained=False), entry.tuned)


@pytest.mark.parametrize("text", [text for text in RECIPE.presets["paper"]["methods"] if text != "univfd"])
def test_the_papers_towers_exist(text):
    """Built without weights; `univfd`'s CLIP is 300 million numbers and is tried in `backbones`."""
    entry = RECIPE.configure("paper").entry(text)
    assert entry.pretrained and entry.tuned == "full" and entry.lr == 2e-4
    tower = towers.build(entry.tower, pretrained=False)
    assert tower(torch.rand(1, 3, 64, 64)).grid().shape[:2] == (1, tower.width)


def test_the_papers_frozen_clip():
    entry = RECIPE.configure("paper").entry("univfd")
    assert (entry.tower, entry.tuned, entry.lr) == ("clip/openai/clip-vit-large-patch14", "probe", 1e-4)
