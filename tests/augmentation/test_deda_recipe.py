"""The comparison as a recipe: its tables, its intervals, going on, and the paper's preset on true layouts."""

import json

import numpy as np
import pytest

from engines import recipes
from engines.augmentation import measure
from engines.augmentation.classifier import Classifier, Learner, Watcher
from engines.augmentation.deda.methods import rules
from engines.errors import BadConfig, BadInput, Stopped
from engines.training.journal import MemoryJournal
from tests.labelled_trees import cub_tree, folder_tree, picture
from tests.small_diffusion import save_small_diffusion

RECIPE = recipes.get("deda")
SMALL = {
    "network": "small", "bank_px": 32, "canvas_px": 40, "size_px": 32, "batch": 4, "steps": 4, "epochs": 2, "seeds": 1,
    "variants": 1, "made": 1, "concept_steps": 2, "concept_batch": 2, "edit_steps": 4, "judged": 4, "draws": 40,
    "guidance": 1.0, "superclass": "a", "precision": "fp32", "val_share": 0.3,
}  # fmt: skip


def test_paper_end_to_end_on_cub_and_a_diffusion_folder(tmp_path, monkeypatch):
    """CUB's text files, a Stable Diffusion folder with its text encoder, all kinds of methods, SGD with momentum."""
    sd = save_small_diffusion(tmp_path / "sd", text=True)
    changes = {
        **SMALL, "data": str(cub_tree(tmp_path / "cub")), "denoiser": str(sd), "bank": str(tmp_path / "bank"),
        "settings": ("full",), "methods": ("guidedmixup", "real-guidance", "da-fusion", "diff-mix", "de-da"),
    }  # fmt: skip
    config = RECIPE.configure("paper", changes)
    assert config.optimiser == "sgd" and config.placed == "free"
    journal = MemoryJournal()
    outcome = RECIPE(config, journal)
    numbers = outcome.summary()
    assert numbers["editor"] == "sdedit" and numbers["data"].endswith("cub")
    assert {row["method"] for row in numbers["methods"]} == {"vanilla", *config.methods}
    assert (tmp_path / "bank").glob("full-*/bank/cdp_syn/001.Black_footed_Albatross/bird_0_0_s0.3.png")
    (counted,) = numbers["counter"]
    assert counted["objects"] == counted["variants"] + sum(
        not row["kept"] for row in _meta(tmp_path) if row["kind"] == "cdp_syn"
    )
    assert {row["mask"] for row in _meta(tmp_path)} == {"known mask"}


def _meta(root):
    import pyarrow.parquet as pq

    (path,) = (root / "bank").glob("full-*/bank/meta.parquet")
    return pq.read_table(path).to_pylist()


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A folder of classes in few-shot and in full, two seeds, without a diffusion model."""
    root = tmp_path_factory.mktemp("few")
    changes = {
        **SMALL, "data": str(folder_tree(root / "tree")), "editor": "jitter", "bank": str(root / "bank"), "seeds": 2,
        "settings": ("full", "few-shot"), "shots": 2, "methods": ("de-da+randaugment", "de-da", "synthetic", "pairing",
                                                                  "inter-class"),
    }  # fmt: skip
    journal = MemoryJournal()
    return RECIPE.configure("paper", changes), journal, RECIPE(RECIPE.configure("paper", changes), journal)


def test_every_training_has_its_last_and_its_best_epoch(few):
    _, journal, outcome = few
    rows = journal.tables["accuracy"]
    assert len(rows) == 2 * 6 * 2 * 2  # settings, methods, seeds, epochs
    assert {row["epoch"] for row in rows} == {"last", "best"}
    assert all(row["validation"] is not None for row in rows if row["epoch"] == "best")
    for row in outcome.tables["methods"]:
        mine = [r["accuracy"] for r in rows if all(r[k] == row[k] for k in ("setting", "method", "epoch"))]
        assert row["accuracy"] == pytest.approx(np.mean(mine)) and len(mine) == row["seeds"] == 2
        assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
        if row["method"] == "vanilla":
            assert row["gain"] == row["gain_low"] == row["gain_high"] == 0


def test_the_bank_of_few_shot_holds_only_its_shots(few):
    _, _, outcome = few
    counted = {row["setting"]: row["objects"] for row in outcome.tables["counter"]}
    assert counted["few-shot"] <= 2 * 3 < counted["full"]


def test_results_are_kept_and_read_instead_of_trained(few, tmp_path):
    config, journal, outcome = few
    again = MemoryJournal(journal.checkpoints.root)
    second = RECIPE(config, again)
    assert not any(key.endswith("loss/total") for row in again.metrics for key in row)
    assert second.tables["accuracy"] == outcome.tables["accuracy"]
    outcome.save(tmp_path)
    assert json.loads((tmp_path / "deda.json").read_text())["methods"] == outcome.tables["methods"]
    assert (tmp_path / "full-de-da.safetensors").is_file()


def test_the_bank_is_a_stage_that_goes_on(tmp_path):
    """Stopped while objects are edited: what was made stays, and the whole run is as if nothing had been."""
    changes = {**SMALL, "data": str(folder_tree(tmp_path / "tree")), "editor": "jitter", "bank": str(tmp_path / "bank"),
               "settings": ("full",), "methods": ("de-da",), "edit_batch": 2, "rank_limit": 0}  # fmt: skip
    config = RECIPE.configure("paper", changes)

    class Impatient(MemoryJournal):
        def stopping(self):
            return any("editing objects: 4" in note for _, _, note in self.phases)

    with pytest.raises(Stopped, match="What was made is kept"):
        RECIPE(config, Impatient(tmp_path / "run"))
    kept = list((tmp_path / "bank").rglob("cdp_syn/*/*.png"))
    assert len(kept) == 4  # two batches of two
    before = {path: path.stat().st_mtime_ns for path in kept}
    outcome = RECIPE(config, MemoryJournal(tmp_path / "run"))
    assert all(path.stat().st_mtime_ns == when for path, when in before.items())
    assert outcome.tables["counter"][0]["variants"] > 4


def test_rungs_each_hold_the_one_before():
    config = RECIPE.configure("full")
    one, two, three, whole = (rules(name, config) for name in ("synthetic", "pairing", "inter-class", "de-da"))
    assert one.own_object and one.places == "own" and one.geometry.reach == 0 and one.mixed == 0
    assert two.places == "same-class" and two.geometry.reach > 0 and not two.own_object
    assert three.places == "inter-class" and three.mixed == 0 and whole.mixed == config.mixed > 0
    assert three.geometry == whole.geometry


@pytest.mark.parametrize(("methods", "said"), [
    ("warp", "is no method"), ("mixup+cutmix", "one mixing at most"), ("de-da+diff-mix", "join only one of them"),
])  # fmt: skip
def test_methods_that_make_no_sense_are_refused(methods, said):
    with pytest.raises(BadConfig, match=said):
        RECIPE.configure("tiny", {"methods": methods})


def test_data_that_does_not_fit_is_said(tmp_path):
    with pytest.raises(BadConfig, match="data is empty"):
        RECIPE(RECIPE.configure("paper"), MemoryJournal())
    with pytest.raises(BadConfig, match="spurious is a setting of the face world"):
        RECIPE(RECIPE.configure("paper", {"data": str(tmp_path), "settings": "spurious"}), MemoryJournal())
    for name, count in (("cat", 3), ("dog", 1)):
        for number in range(count):
            picture(tmp_path / "train" / name / f"{number}.png", number)
            picture(tmp_path / "test" / name / f"{number}.png", number)
    with pytest.raises(BadInput, match="The class 'dog' has one picture"):
        RECIPE(RECIPE.configure("paper", {**SMALL, "data": str(tmp_path), "settings": "full"}), MemoryJournal())


def test_worst_group_and_intervals_by_hand():
    right = np.array([[1, 1, 0, 0], [1, 1, 1, 0]], bool)
    groups = np.array(["a", "a", "b", "b"])
    assert measure.worst(right, groups) == pytest.approx(0.25)
    drawn = measure.Resamples.draw(2, 4, 300)
    assert drawn.means(right, groups == "a")[np.isfinite(drawn.means(right, groups == "a"))].min() == 1
    found = measure.interval(float(right.mean()), drawn.means(right))
    assert found.low < 5 / 8 < found.high
    assert measure.interval(0.0, drawn.means(right) - drawn.means(right)).high == 0


def test_vendi_counts_what_is_different():
    assert measure.vendi(np.eye(5)) == pytest.approx(5)
    assert measure.vendi(np.ones((5, 3))) == pytest.approx(1, abs=1e-3)
    assert measure.psnr(np.zeros((1, 2, 2, 3), np.uint8), np.full((1, 2, 2, 3), 255, np.uint8)) == pytest.approx(0)


def test_class_activation_maps_mean_is_the_logit():
    """Global mean of the map, plus the bias, is the class's logit less the mean logit."""
    import torch

    torch.manual_seed(0)
    model = Classifier("small", 3).eval()
    images, labels = torch.rand(2, 3, 64, 64), torch.tensor([0, 2])
    bias = model.network.get_classifier().bias
    said = model(images) - bias
    wanted = said[range(2), labels] - said.mean(1)
    torch.testing.assert_close(model.cam(images, labels).mean((1, 2)), wanted, atol=1e-4, rtol=1e-3)


def test_the_watcher_keeps_the_best_epoch_and_its_state_survives():
    import torch

    config = RECIPE.configure("tiny", {"steps": 4, "epochs": 4})
    learner, said = Learner(Classifier("small", 2), config), []

    class Pictures(list):
        labels = np.array([0, 1])

    watch = Watcher(Pictures([np.zeros((36, 36, 3), np.uint8)] * 2), config, lambda step, value: said.append(value))
    bias = learner.model.network.get_classifier()
    for step, value in enumerate((5.0, -5.0, 5.0), start=1):
        with torch.no_grad():
            bias.bias[:] = torch.tensor([value, 0.0])
        watch(step, learner)
    assert said == [0.5, 0.5, 0.5] and watch.best_step == 1 and learner.training
    other = Watcher(watch.pictures, config, said.append)
    other.load_state_dict(watch.state_dict())
    assert other.model(learner.model).network.get_classifier().bias[0] == 5
