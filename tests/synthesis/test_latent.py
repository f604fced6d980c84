"""The latent diffusion model: a whole small training, its true format, and that learning lowers both losses."""

import numpy as np
import pytest
import torch
from PIL import Image

from engines import recipes
from engines.backbones import denoiser, towers
from engines.errors import BadInput
from engines.synthesis.latent import learners
from engines.synthesis.latent.train import draw
from engines.training.journal import MemoryJournal

RECIPE = recipes.get("latent")


@pytest.fixture(scope="module")
def tiny():
    journal = MemoryJournal()
    config = RECIPE.configure("tiny", {"vae_steps": 30, "steps": 30, "lr": 3e-3, "vae_lr": 3e-3})
    return config, journal, RECIPE(config, journal)


def losses(journal, name):
    return [row[name] for row in journal.metrics if name in row]


def test_both_trainings_learn(tiny):
    _, journal, _ = tiny
    for name in ("autoencoder/rebuilt/l1", "loss/total"):
        said = losses(journal, name)
        assert len(said) == 30 and np.mean(said[-5:]) < 0.9 * np.mean(said[:5])


def test_what_is_said(tiny):
    _, journal, outcome = tiny
    numbers = outcome.summary()
    assert numbers["rebuilt_psnr_db"] > 5 and 0 < numbers["rebuilt_l1"] < 0.5
    assert journal.tables["rebuilt"] and {"rebuilt", "samples"} <= set(journal.images)


def test_latents_have_unit_variance(tiny):
    """The scaling factor does what it is for: encoded pictures vary by about one."""
    _, _, outcome = tiny
    pictures = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert 0.2 < float(outcome.model.encode(pictures).std()) < 5


def test_kept_in_diffusers_format(tiny, tmp_path):
    config, _, outcome = tiny
    outcome.save(tmp_path)
    again = denoiser.load(tmp_path)
    torch.testing.assert_close(draw(again, 2, config), draw(outcome.model, 2, config), atol=1e-4, rtol=0)
    assert again.schedule.config["beta_schedule"] == "scaled_linear"


def test_faces_follow_the_seed(tiny):
    config, _, outcome = tiny
    one, same, other = (draw(outcome.model, 2, config, seed) for seed in (1, 1, 2))
    assert one.shape == (2, 3, 32, 32) and torch.equal(one, same) and not torch.equal(one, other)


def test_noise_prediction_of_a_perfect_and_of_an_idle_predictor():
    """Whoever says the noise has loss 0; whoever says nothing has loss 1, the variance of the noise."""

    class Idle(torch.nn.Module):
        def forward(self, noisy, t, prompt, return_dict):
            return (torch.zeros_like(noisy),)

    config = RECIPE.configure("tiny")
    torch.manual_seed(0)
    said = learners.NoisePrediction(Idle(), learners.schedule(config), 16)({"latents": torch.randn(64, 4, 8, 8)})
    assert said["loss"].item() == pytest.approx(1, abs=0.03)


def test_a_folder_of_photographs(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(20):
        Image.fromarray(rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)).save(tmp_path / f"{number}.png")
    outcome = RECIPE(RECIPE.configure("tiny", {"folder": str(tmp_path), "steps": 2, "vae_steps": 2}), MemoryJournal())
    assert outcome.summary()["data"] == str(tmp_path) and outcome.summary()["pictures"] == 1


def test_an_empty_folder(tmp_path):
    with pytest.raises(BadInput, match="holds no photographs"):
        RECIPE(RECIPE.configure("tiny", {"folder": str(tmp_path)}), MemoryJournal())


def test_the_perceptual_distance_learns_in_bfloat16():
    """What resizes before the tower has no bfloat16 gradient on a CPU, so it must be given float32."""
    config = RECIPE.configure("tiny", {"perceptual": 0.2})
    torch.manual_seed(0)
    vae = learners.autoencoder(config)
    learner = learners.Reconstruction(vae, config, towers.build("vit-tiny-random").requires_grad_(False))
    with torch.autocast("cpu", torch.bfloat16):
        learner({"images": torch.rand(2, 3, 32, 32)})["loss"].backward()
    assert all(weight.grad is not None for weight in vae.decoder.parameters())
