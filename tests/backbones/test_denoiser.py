"""Frozen diffusion models in their true format: what is read, what stays frozen, what is refused."""

import pytest
import torch

from engines.backbones import denoiser
from engines.errors import BadWeights, MissingWeights
from tests.small_diffusion import save_small_diffusion


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_small_diffusion(tmp_path_factory.mktemp("sd"), text=True)


def test_reads_a_folder_with_text(folder):
    model = denoiser.load(folder)
    assert model.prompt.shape == (1, 7, 24) and model.prompt.abs().sum() > 0
    assert model.steps == 1000 and model.width == 16
    latents = model.encode(torch.rand(2, 3, 32, 32))
    assert latents.shape == (2, 4, 8, 8)
    assert model(latents, torch.tensor([3, 700])).shape == (2, 4, 8, 8)
    pictures = model.decode(latents)
    assert pictures.shape == (2, 3, 32, 32) and pictures.min() >= 0 and pictures.max() <= 1


def test_without_text_the_prompt_is_nothing(tmp_path):
    model = denoiser.load(save_small_diffusion(tmp_path))
    assert model.prompt.shape == (1, 1, 24) and not model.prompt.any()


def test_schedule_is_stable_diffusions(folder):
    """ᾱ after the first of 1000 steps is 1 − 0.00085, and the betas' square roots are evenly spaced."""
    alphas = denoiser.load(folder).schedule.alphas_cumprod
    assert alphas[0].item() == pytest.approx(1 - 0.00085, abs=1e-7)
    betas = 1 - alphas[1:] / alphas[:-1]
    gaps = betas.sqrt().diff()
    torch.testing.assert_close(gaps, gaps.mean().expand_as(gaps), atol=2e-5, rtol=0)


def test_noised_by_hand(folder):
    model = denoiser.load(folder)
    clean, noise, t = torch.ones(1, 4, 8, 8), torch.full((1, 4, 8, 8), 2.0), torch.tensor([500])
    kept = model.schedule.alphas_cumprod[500]
    torch.testing.assert_close(model.noised(clean, noise, t), kept.sqrt() * clean + (1 - kept).sqrt() * noise)


def test_stays_frozen(folder):
    model = denoiser.load(folder).train()
    assert not model.training and not any(p.requires_grad for p in model.parameters())


def test_what_is_missing_is_named(tmp_path):
    (tmp_path / "vae").mkdir()
    with pytest.raises(MissingWeights, match="holds no unet/"):
        denoiser.load(tmp_path)


def test_damaged_part(tmp_path):
    save_small_diffusion(tmp_path)
    (tmp_path / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BadWeights, match="cannot be read"):
        denoiser.load(tmp_path)
