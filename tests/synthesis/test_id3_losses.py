"""The loss of ID³ and of its rivals, term by term."""

import math

import pytest
import torch
import torch.nn.functional as F

from engines import recipes
from engines.backbones.readers import IdentityReader
from engines.synthesis.id3 import autoencoder, losses, model
from engines.synthesis.latent import learners
from tests.synthesis import toy_generator as toy

CONFIG = recipes.get("id3").configure("tiny")
KEPT = toy.schedule().alphas_cumprod


def batch(count=4, side=8, width=64):
    torch.manual_seed(0)
    y, other = F.normalize(torch.randn(2, count, width), dim=2)
    return {
        "latents": torch.randn(count, 4, side, side),
        "identity": y,
        "attributes": torch.rand(count, 4),
        "other": other,
    }


@pytest.fixture(scope="module")
def parts():
    torch.manual_seed(0)
    vae = learners.autoencoder(autoencoder.latent_settings(CONFIG))
    reader = IdentityReader("ir-xs").eval().requires_grad_(False)
    return losses.Autoencoder(vae), reader


def learner(parts, method="id3", **changes):
    config = CONFIG.replace(**changes)
    torch.manual_seed(0)
    return losses.IdentityLoss(model.build(config, 64, 8), *parts, KEPT, config, method)


def test_the_weight_over_time():
    share = torch.tensor([0.0, 0.25, 0.5, 0.75, 1.0])
    wanted = [0.250, 0.219, 0.189, 0.160, 0.134]
    assert losses.WEIGHTS["falling"](share).tolist() == pytest.approx(wanted, abs=6e-4)
    assert losses.WEIGHTS["falling"](share)[-1].item() == pytest.approx(0.5 * (1 - 1 / (1 + math.exp(-1))))
    assert losses.WEIGHTS["rising"](share)[[0, -1]].tolist() == pytest.approx([0.25, 0.3655], abs=1e-4)
    assert losses.WEIGHTS["constant"](share).tolist() == [0.25] * 5 and not losses.WEIGHTS["none"](share).any()


def test_the_clean_estimate_undoes_the_noise():
    x0, noise = torch.randn(2, 3, 4, 8, 8)
    kept = torch.tensor([0.9, 0.5, 0.01]).view(-1, 1, 1, 1)
    noisy = kept.sqrt() * x0 + (1 - kept).sqrt() * noise
    torch.testing.assert_close(losses.clean(noisy, noise, kept), x0, atol=1e-4, rtol=0)


def test_the_first_step_is_the_error_of_the_mean():
    """|x_0 - μ(x_1)|² / (2 σ_1²) with DDPM's mean and σ_1² = β_1, as a mean over elements."""
    x0, noise, said = torch.randn(3, 1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    alpha = KEPT[0]
    noisy = alpha.sqrt() * x0 + (1 - alpha).sqrt() * noise
    mean = (noisy - (1 - alpha) / (1 - alpha).sqrt() * said) / alpha.sqrt()
    wanted = (x0 - mean).square().mean() / (2 * (1 - alpha))
    error = (said - noise).square().flatten(1).mean(1)
    assert losses.first_step(error, torch.tensor([0]), KEPT).item() == pytest.approx(wanted.item(), rel=1e-3)
    assert losses.first_step(error, torch.tensor([1]), KEPT).item() == 0


def test_the_parts_add_up_and_reach_the_denoiser_alone(parts):
    learned = learner(parts)
    said = learned(batch())
    total = said["loss/denoising"] + said["loss/first_step"] + said["loss/inner_product"]
    assert said["loss"].item() == pytest.approx(total.item())
    assert -1 <= said["identity/cosine"].item() <= 1
    said["loss/inner_product"].backward()
    gradients = [p.grad for p in learned.parameters()]
    assert len(gradients) == len(list(learned.model.parameters())) and any(g is not None and g.any() for g in gradients)
    assert all(p.grad is None for part in parts for p in part.parameters())


def test_a_perfect_denoiser_has_only_the_identity_left(parts, monkeypatch):
    """Whoever says the noise estimates the picture itself: the cosine is that of the picture."""
    learned, given = learner(parts), batch()
    noise = torch.randn(4, 4, 8, 8)
    monkeypatch.setattr(losses.torch, "randn_like", lambda latents: noise)
    monkeypatch.setattr(learned.model, "forward", lambda *_: noise)
    said = learned(given)
    autoencoder, reader = parts
    true = (reader(autoencoder.decode(given["latents"])) * given["identity"]).sum(1).mean()
    assert said["loss/denoising"].item() == 0
    assert said["identity/cosine"].item() == pytest.approx(true.item(), abs=0.02)


def test_without_identity_only_the_noise_is_learnt(parts):
    for changed in ({"weight": "none"}, {"identity": 0.0}):
        assert "loss/inner_product" not in learner(parts, **changed)(batch())
    assert set(learner(parts, "idiff")(batch())) == {"loss", "loss/denoising"}


def test_dcface_looks_at_itself_in_little_noise_and_at_the_other_in_much(parts):
    learned, seen = learner(parts, "dcface"), torch.eye(3, 64)
    wanted = {"identity": torch.eye(3, 64), "other": -torch.eye(3, 64)}
    share = torch.tensor([0.0, 0.5, 1.0])
    assert learned._agreement(seen, wanted, share).tolist() == pytest.approx([0.05, 0.0, -0.05])
    given = batch()
    assert learned._asked(given)[0] is given["other"]


def test_idiff_is_told_no_attributes_and_three_quarters_of_the_context(parts):
    y, s = learner(parts, "idiff")._asked(batch(64))
    assert not s.any() and (y == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("inject", ["both", "cross", "adagn"])
def test_both_conditions_matter_however_they_enter(inject):
    torch.manual_seed(0)
    net = model.build(CONFIG.replace(inject=inject), 64, 8).eval()
    given, t = batch(2), torch.tensor([10, 500])
    with torch.no_grad():
        base = net(given["latents"], t, given["identity"], given["attributes"])
        turned = net(given["latents"], t, -given["identity"], given["attributes"])
        older = net(given["latents"], t, given["identity"], given["attributes"] + 1)
    assert base.shape == given["latents"].shape
    assert not torch.allclose(base, turned, atol=1e-5) and not torch.allclose(base, older, atol=1e-6)


def test_the_papers_perceptron():
    net = model.build(CONFIG.replace(context=768, hidden=(512, 256)), 512, 8)
    sizes = [layer.weight.shape[0] for layer in net.conditions.attributes if hasattr(layer, "weight")]
    assert sizes == [512, 256, 768] and net.conditions.identity.weight.shape == (768, 512)
