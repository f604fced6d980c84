"""The recipe of DiffusionFake: a whole small run with every part and control, what it leaves, and what is refused."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engines import recipes
from engines.backbones import denoiser
from engines.detection.detector import Detector
from engines.detection.diffusionfake.assembly import GUIDES, load
from engines.detection.diffusionfake.recipe import VARIANTS
from engines.detection.diffusionfake.reconstruct import reconstruct
from engines.detection.diffusionfake.train import Guided, Shuffled
from engines.errors import BadConfig, BadWeights, MissingWeights
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("diffusionfake")
METHODS = ("diffusionfake", "plain", "no-weights", "forgetful", "shuffled")


@pytest.fixture(scope="module")
def whole():
    journal = MemoryJournal()
    outcome = RECIPE(RECIPE.configure("tiny", {"methods": METHODS, "steps": 3}), journal)
    return journal, outcome


def test_every_method_is_compared(whole):
    journal, outcome = whole
    assert {row["method"] for row in journal.tables["auc"]} == {"probe", *METHODS}
    assert set(outcome.detectors) == {"probe", *METHODS}


def test_what_guided_methods_show(whole):
    journal, _ = whole
    guided = [name for name in METHODS if name != "plain"]
    assert list(dict.fromkeys(row["method"] for row in journal.tables["leaning"])) == guided
    found, drawn = journal.arrays["leaning"], journal.arrays["rebuilt"]
    pictures = len(found["family"])
    assert found["weight"].shape == found["alike"].shape == (pictures, 2) and found["distance"].shape == (pictures,)
    assert len(set(drawn["family"])) == len(drawn["family"]) == 10  # nine families and a real picture
    assert drawn["drawn"].shape == (10, 2, 2, *drawn["shown"].shape[2:]) and drawn["drawn"].dtype == np.uint8
    assert (journal.arrays["leaning-no-weights"]["weight"] == 1).all()


def test_of_a_real_picture_both_faces_are_itself(whole):
    journal, _ = whole
    real = journal.arrays["rebuilt"]["shown"][list(journal.arrays["rebuilt"]["family"]).index("real")]
    assert (real[0] == real[1]).all() and (real[0] == real[2]).all()


def test_a_guide_is_trained_first_once_for_all_seeds():
    journal = MemoryJournal()
    changes = {"methods": ("diffusionfake",), "steps": 1, "guide_first": 3, "seeds": 2}
    RECIPE(RECIPE.configure("tiny", changes), journal)
    said = [name for row in journal.metrics for name in row if name.startswith("diffusionfake-guide/rebuild")]
    assert said == ["diffusionfake-guide/rebuild/source", "diffusionfake-guide/rebuild/target"] * 3


def test_the_detector_alone_is_kept_and_loads(whole, tmp_path):
    _, outcome = whole
    outcome.save(tmp_path)
    again = Detector.load(tmp_path)
    images = torch.rand(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(again(images), outcome.detectors["diffusionfake"].eval()(images))
    guides = load_file(tmp_path / GUIDES)
    assert {name.split(".")[0] for name in guides} == {"branches", "guide"}
    assert not any("branches" in name or "guide" in name for name, _ in again.named_parameters())


def test_what_guided_comes_back_from_a_folder(whole, tmp_path):
    """Wherever in the run the guided method stood."""
    _, outcome = whole
    one, other = "plain", outcome.guided
    Guided({name: outcome.detectors[name] for name in (one, other)}, {}, outcome.guides, other).save(tmp_path)
    model = load(tmp_path)
    assert model.detector.card["name"] == "diffusionfake" and not model.training
    found = {name.removeprefix("branches."): value for name, value in outcome.guides.items() if "branches." in name}
    assert all(torch.equal(value, found[name]) for name, value in model.branches.state_dict().items())
    drawn = reconstruct(model, torch.rand(1, 3, 56, 56), "source", steps=2)
    assert drawn.shape == (1, 3, model.size_px, model.size_px)
    with pytest.raises(BadWeights, match="holds no guides"):
        load(tmp_path / "rivals" / "diffusionfake")


def test_shuffled_partners_are_the_neighbours():
    class Pairs:
        def __len__(self):
            return 3

        def __getitems__(self, items):
            return {"images": torch.arange(3), "source": torch.arange(3), "target": torch.arange(3) + 10}

    batch = Shuffled(Pairs()).__getitems__([(0, 0), (1, 1), (2, 2)])
    assert batch["images"].tolist() == [0, 1, 2]
    assert batch["source"].tolist() == [2, 0, 1] and batch["target"].tolist() == [12, 10, 11]


def test_a_forgetful_denoiser_keeps_its_latents():
    known = denoiser.build(denoiser.TINY)
    forgot = denoiser.forgetful(known, seed=3)
    images = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    one, other = (model.encode(images, torch.Generator().manual_seed(0)) for model in (known, forgot))
    assert torch.equal(one, other)
    assert not torch.equal(known.unet.conv_in.weight, forgot.unet.conv_in.weight)


def test_code_form_is_a_switch():
    code = RECIPE.configure("full").variant("code")
    assert (code.lambda_source, code.lambda_target, code.similarity) == (1.0, 1.0, "half")
    paper = RECIPE.configure("full").variant("diffusionfake")
    assert (paper.lambda_source, paper.lambda_target, paper.similarity) == (0.7, 1.0, "cosine")


def test_missing_denoiser_is_said_before_pictures_are_made(monkeypatch, tmp_path):
    monkeypatch.setattr(denoiser, "BUNDLED", tmp_path / "none")
    journal = MemoryJournal()
    with pytest.raises(MissingWeights, match="mien train latent"):
        RECIPE(RECIPE.configure("tiny", {"denoiser": "world"}), journal)
    with pytest.raises(MissingWeights, match="vae"):
        RECIPE(RECIPE.configure("tiny", {"denoiser": str(tmp_path)}), journal)
    assert not journal.phases


def test_unknown_method():
    with pytest.raises(BadConfig, match="name at least one of"):
        RECIPE.configure("tiny", {"methods": ("magic",)})
    assert set(RECIPE.configure("full").methods) < set(VARIANTS)
