"""The four ways of tuning a tower, on the tiny tower and on CLIP's true format."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import CLIPVisionConfig, CLIPVisionModel

from engines.backbones import towers
from engines.detection import methods
from engines.detection.detector import Detector, bundled_detectors
from engines.detection.learner import ForgeryLearner
from engines.errors import BadConfig, BadWeights
from engines.training.calibration import Calibration

IMAGES = torch.rand(4, 3, 56, 56, generator=torch.Generator().manual_seed(0))


def detector(method, **options):
    tower = towers.build("vit-tiny-random")
    methods.prepare(tower, method, **options)
    torch.manual_seed(3)
    card = {
        "name": method, "tower": "vit-tiny-random", "method": method, "options": options, "head": "softmax2",
        "crop_px": 56, "calibration": Calibration(2.0, 0.1).to_dict(),
    }  # fmt: skip
    return Detector(tower, nn.Linear(tower.feature_width, 2), card)


def step(model):
    learner = ForgeryLearner(model, lambda_orth=0.1, lambda_ksv=0.1)
    optimiser = torch.optim.SGD([p for p in learner.parameters() if p.requires_grad], lr=0.5)
    learner({"images": IMAGES, "labels": torch.tensor([0, 1, 0, 1])})["loss"].backward()
    optimiser.step()


@pytest.mark.parametrize("method", methods.METHODS)
def test_starts_as_the_plain_tower(method):
    plain = towers.build("vit-tiny-random")(IMAGES).pooled
    assert torch.allclose(detector(method).tower(IMAGES).pooled, plain, atol=1e-4)


@pytest.mark.parametrize("method", methods.METHODS)
def test_a_step_changes_what_is_trainable_and_nothing_else(method):
    model = detector(method)
    frozen = {name: p.clone() for name, p in model.named_parameters() if not p.requires_grad}
    trainable = {name: p.clone() for name, p in model.named_parameters() if p.requires_grad}
    step(model)
    now = dict(model.named_parameters())
    assert all(torch.equal(value, now[name]) for name, value in frozen.items())
    # LoRA's first factors move only once the second have left zero
    moving = [name for name in trainable if "lora_A" not in name]
    assert moving and all(not torch.equal(trainable[name], now[name]) for name in moving)


@pytest.mark.parametrize("method", ["effort", "lora"])
def test_merged_equals_unmerged(method):
    model = detector(method)
    for _ in range(3):
        step(model)
    before = model(IMAGES)
    assert not torch.allclose(before, detector(method)(IMAGES), atol=1e-3)
    methods.merge(model.tower)
    assert torch.allclose(model(IMAGES), before, atol=1e-4)
    assert all(type(layer) is nn.Linear for layer in model.tower.projections().values())


@pytest.mark.parametrize("method", methods.METHODS)
def test_saved_and_loaded_says_the_same(method, tmp_path):
    model = detector(method)
    step(model)
    model.save(tmp_path)
    again = Detector.load(tmp_path)
    assert torch.allclose(model.eval()(IMAGES), again(IMAGES), atol=1e-5)
    pictures = (torch.rand(2, 112, 112, 3) * 255).byte().numpy()
    assert (np.abs(again.probabilities(pictures) - 0.5) <= 0.5).all()


def test_not_a_detector(tmp_path):
    with pytest.raises(BadWeights, match=r"holds no detector\.json"):
        Detector.load(tmp_path)


def test_a_file_that_is_not_the_one_its_card_names(tmp_path):
    model = detector("probe")
    model.card["sha256"] = "0" * 64
    model.save(tmp_path)
    with pytest.raises(BadWeights, match="its card names 0000"):
        Detector.load(tmp_path)


def test_unknown_method_and_target():
    tower = towers.build("vit-tiny-random")
    with pytest.raises(BadConfig, match="no method 'adapter'"):
        methods.prepare(tower, "adapter")
    with pytest.raises(BadConfig, match="No attention weight"):
        methods.prepare(tower, "effort", targets=("mlp",))


def test_trainable_count_at_rank_one():
    """4 weights a block, each with k directions: 4 * depth * (n + 1 + n), as the 196,704 of CLIP ViT-L/14."""
    model = detector("effort")
    tower = sum(p.numel() for p in model.tower.parameters() if p.requires_grad)
    assert tower == 4 * 2 * (64 + 1 + 64)
    assert 96 * (1024 + 1 + 1024) == 196_704


def test_constraints_enter_the_loss():
    model = detector("effort")
    batch = {"images": IMAGES, "labels": torch.tensor([0, 1, 0, 1])}
    for layer in methods.residual_layers(model.tower).values():
        layer.s.data += 1.0
    free, bound = (ForgeryLearner(model, lambda_ksv=weight)(batch) for weight in (0.0, 2.0))
    assert float(bound["loss"] - free["loss"]) == pytest.approx(2 * float(bound["reg/ksv"]), rel=1e-4)
    assert float(free["loss"]) == pytest.approx(float(free["loss/real"] + free["loss/fake"]) / 2, rel=1e-5)


def test_residuals_and_their_scales_have_rates_of_their_own():
    groups = ForgeryLearner(detector("effort"), residual_lr=2, scale_lr=30).parameter_groups(1e-3)
    assert [group["lr"] for group in groups] == pytest.approx([1e-3, 2e-3, 6e-2])
    assert len(groups[2]["params"]) == 8 and all(p.ndim == 1 for p in groups[2]["params"])
    assert len(ForgeryLearner(detector("full")).parameter_groups(1e-3)) == 1


def test_clip_in_its_true_format(tmp_path):
    """The paper's backbone class, with random weights saved as transformers saves them."""
    config = CLIPVisionConfig(
        hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=4, image_size=56, patch_size=14
    )
    torch.manual_seed(0)
    CLIPVisionModel(config).save_pretrained(tmp_path)
    tower = towers.build(f"clip/{tmp_path}")
    plain = tower(IMAGES).pooled
    methods.prepare(tower, "effort")
    assert len(methods.residual_layers(tower)) == 4 * 3
    assert torch.allclose(tower(IMAGES).pooled, plain, atol=1e-4)
    tower(IMAGES).pooled.sum().backward()
    for layer in methods.residual_layers(tower).values():
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in layer.parameters())
    assert all(p.grad is None for p in tower.parameters() if not p.requires_grad)


@pytest.mark.parametrize("name", list(bundled_detectors()))
def test_bundled_detectors_open(name):
    model = Detector.load(bundled_detectors()[name])
    assert model.card["held_out"] and model.crop_px == 98
