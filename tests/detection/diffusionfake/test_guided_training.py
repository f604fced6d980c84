"""DiffusionFake: equal to the plain denoiser at the start, gradients, what is frozen and what is dropped."""

import copy

import pytest
import torch
from torch import nn

from engines.backbones import denoiser, towers
from engines.detection import methods
from engines.detection.detector import Detector
from engines.detection.diffusionfake.learner import DiffusionFake, GuideFirst
from engines.detection.diffusionfake.modules import Branch, FeatureFilter, Upsampler, WeightModule
from engines.detection.diffusionfake.reconstruct import psnr, reconstruct
from tests.small_diffusion import save_small_diffusion

FACTORS = {"source": 0.7, "target": 1.0, "weight_source": 1.0, "weight_target": 1.0}


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    return denoiser.load(save_small_diffusion(tmp_path_factory.mktemp("sd")))


def learner(frozen, **changes):
    torch.manual_seed(0)
    tower = towers.build("vit-tiny-random")
    methods.prepare(tower, "full")
    card = {"crop_px": 28, "head": "softmax2"}
    settings = {"size_px": 32, "weights": FACTORS, "cheap": True, **changes}
    return DiffusionFake(Detector(tower, nn.Linear(tower.feature_width, 2), card), frozen, **settings)


def batch(real=False):
    generator = torch.Generator().manual_seed(1)
    images, source, target = (torch.rand(2, 3, 28, 28, generator=generator) for _ in range(3))
    if real:
        source = target = images
    return {"images": images, "source": source, "target": target, "labels": torch.tensor([0 if real else 1] * 2)}


def test_before_training_a_guided_denoiser_is_the_plain_one(frozen):
    """The zero convolutions: exactly, not nearly."""
    model = learner(frozen)
    noisy, t = torch.randn(2, 4, 8, 8), torch.tensor([10, 900])
    guide, weight = model.guides(torch.rand(2, 3, 28, 28))["source"]
    assert guide.shape == (2, 16, 8, 8) and weight.shape == (2,)
    assert torch.equal(model.guide(frozen, noisy, t, guide, weight), frozen(noisy, t))


def gradient(model, names):
    """Gradient of the two reconstruction losses alone that reaches the tower."""
    model.zero_grad(set_to_none=True)
    losses = model(batch())
    sum(losses[name] for name in names).backward()
    found = [p.grad for p in model.detector.tower.parameters() if p.grad is not None]
    return sum(float(g.abs().sum()) for g in found)


def test_reconstruction_reaches_the_encoder_after_the_first_step(frozen):
    model, names = learner(frozen), ("rebuild/source", "rebuild/target")
    before = copy.deepcopy(frozen.state_dict())
    assert gradient(model, names) == 0
    torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-3).step()
    assert gradient(model, names) > 0
    assert all(p.grad is None for p in frozen.parameters())
    assert all(torch.equal(value, before[name]) for name, value in frozen.state_dict().items())


def test_a_guide_trained_first_leaves_the_detector_and_then_reaches_it_at_once(frozen):
    model = learner(frozen)
    first, detector = GuideFirst(model), copy.deepcopy(model.detector.state_dict())
    assert not any("detector" in name for name in first.state_dict())
    optimiser = torch.optim.Adam(first.parameter_groups(1e-3))
    first(batch())["loss"].backward()
    assert all(p.grad is None for p in model.detector.parameters())
    optimiser.step()
    assert all(torch.equal(value, detector[name]) for name, value in model.detector.state_dict().items())
    assert gradient(model, ("rebuild/source", "rebuild/target")) > 0


def test_the_frozen_model_is_no_part_of_the_learner(frozen):
    names = [name for name, _ in learner(frozen).named_parameters()]
    assert not any("vae" in name or "unet" in name for name in names)


def test_dropping_the_guides_leaves_the_detector(frozen):
    model = learner(frozen)
    images = torch.rand(2, 3, 28, 28)
    logits = model.detector(images)
    detector = model.detector
    counted = sum(p.numel() for p in detector.parameters())
    assert counted == sum(p.numel() for part in (detector.tower, detector.head) for p in part.parameters())
    del model
    assert torch.equal(detector(images), logits)


def test_a_real_pictures_latents_are_alike(frozen):
    """Source and target are the picture: apart from the posterior's draw the similarities are 1."""
    model = learner(frozen)
    images = batch(real=True)["images"]
    one = model.latents(images)
    torch.testing.assert_close(model.alike(one, one), torch.ones(2))
    half = learner(frozen, similarity="half")
    torch.testing.assert_close(half.alike(one, -one), torch.zeros(2), atol=1e-6, rtol=0)


def test_the_sum_by_hand(frozen):
    model = learner(frozen)
    torch.manual_seed(3)
    losses = {name: value.item() for name, value in model(batch()).items()}
    by_hand = (
        losses["loss/classified"] + 0.7 * losses["rebuild/source"] + losses["rebuild/target"]
        + losses["weight/source"] + losses["weight/target"]
    )  # fmt: skip
    assert losses["loss"] == pytest.approx(by_hand, rel=1e-5)
    assert losses["loss/fake"] == pytest.approx(losses["loss/classified"]) and "loss/real" not in losses


def test_shapes_and_sizes_of_the_paper():
    """EfficientNet-B4's sizes at 256 px; the counts are 51.4 M a transposed convolution, 48.5 M a filter, 22.4 M a
    weight module."""
    with torch.device("meta"):
        up, whole, weigh = Upsampler(1792), FeatureFilter(1792, 320), WeightModule(1792)
        features = torch.empty(1, 1792, 8, 8)
        assert up(features).shape == (1, 1792, 32, 32)
        guide, weight = Branch(1792, 320, cheap=True)(features)
    assert guide.shape == (1, 320, 32, 32) and weight.shape == (1,)

    def millions(module):
        return sum(p.numel() for p in module.parameters()) / 1e6

    assert millions(up) / 2 == pytest.approx(51.4, abs=0.05)
    assert millions(whole) == pytest.approx(48.5, abs=0.1)
    assert millions(weigh) == pytest.approx(22.4, abs=0.1)


@pytest.mark.parametrize("form", ["code", "mlp"])
def test_weights_lie_between_0_and_1(form):
    weight = WeightModule(16, form)(torch.randn(5, 16, 3, 3))
    assert weight.shape == (5,) and (weight > 0).all() and (weight < 1).all()


def test_reconstructions_follow_the_seed_and_begin_as_the_plain_denoiser(frozen):
    model, images = learner(frozen).eval(), torch.rand(2, 3, 28, 28)
    one, same = (reconstruct(model, images, "source", seed=1, steps=3) for _ in range(2))
    assert one.shape == (2, 3, 32, 32) and torch.equal(one, same)
    assert not torch.equal(one, reconstruct(model, images, "source", seed=2, steps=3))
    plain = reconstruct(model, images, "target", seed=1, steps=3, guided=False)
    torch.testing.assert_close(one, plain, atol=0.03, rtol=0)  # bfloat16 rounds where residuals of 0 are added


def test_psnr_by_hand():
    """An error of 0.1 everywhere is 20 dB."""
    made = torch.full((1, 3, 4, 4), 0.6)
    assert psnr(made, made - 0.1).item() == pytest.approx(20, abs=1e-3)
