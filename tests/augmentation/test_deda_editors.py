"""Editing: the levels that a strength visits, seeds, what stays of an object, and words that are learned."""

import numpy as np
import pytest
import torch

from engines.augmentation.deda import concepts, editors, layered
from engines.augmentation.deda.prompts import Prompts, Worded, prompts
from engines.augmentation.deda.recipe import RECIPE
from engines.augmentation.deda.workshop import editor_of
from engines.backbones import denoiser
from engines.errors import MissingWeights
from engines.training.journal import MemoryJournal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig
from tests.small_diffusion import save_small_diffusion


@pytest.fixture(scope="module")
def model():
    return denoiser.build("tiny-random")


@pytest.fixture(scope="module")
def worded(tmp_path_factory):
    folder = save_small_diffusion(tmp_path_factory.mktemp("sd"), text=True)
    return denoiser.load(folder), folder


def pictures(count=2, side=32):
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3), np.uint8)


def test_a_strength_begins_at_its_share_of_the_levels(model):
    for strength in (0.1, 0.3, 0.7):
        _, levels = editors.schedule(model, strength, 25)
        assert len(levels) >= editors.LEAST_STEPS - 1
        assert abs(int(levels[0]) / model.steps - strength) < 0.06
        assert (levels.diff() < 0).all()


def test_each_picture_has_its_own_seed(model):
    by = editors.Sdedit(model, Prompts(2, 1, 24, model.prompt), 1.5, 6)
    both = by.pictures(pictures(), [0, 1], 0.4, [5, 6])
    alone = by.pictures(pictures()[1:], [1], 0.4, [6])
    assert np.abs(both[1].astype(int) - alone[0]).max() <= 1
    assert by.calls > 0 and np.abs(both[1].astype(int) - by.pictures(pictures()[1:], [1], 0.4, [7])[0]).max() > 1


def test_an_isolated_object_keeps_its_alpha_and_knows_nothing_of_what_was_around(model):
    layer = np.dstack([pictures(1)[0], np.zeros((32, 32), np.uint8)])
    layer[8:24, 8:24, 3] = 255
    other = layer.copy()
    other[layer[..., 3] == 0, :3] = 7  # hidden colour
    by = editors.Sdedit(model, Prompts(1, 1, 24, model.prompt), 1.0, 6)
    one, two = (by.layers(x[None], [0], 0.4, [3])[0] for x in (layer, other))
    assert (one[..., 3] == layer[..., 3]).all() and (one == two).all()


@pytest.mark.parametrize("strength", [0.1, 0.6])
def test_the_stand_in_follows_its_seed_and_its_strength(strength):
    shown = editors.Jitter().pictures(pictures(), None, strength, [1, 2])
    assert (shown == editors.Jitter().pictures(pictures(), None, strength, [1, 2])).all()
    weak = editors.Jitter().pictures(pictures(), None, strength / 4, [1, 2])
    change = [np.abs(x.astype(int) - pictures()).mean() for x in (weak, shown)]
    assert 0 < change[0] < change[1]


def test_truncated_inversion_learns_words_alone_at_early_levels(model):
    words = Prompts(2, 2, 24, model.prompt)
    learner = concepts.Inversion(model, words, latest=0.3)
    assert learner.levels == 300
    assert [name for name, p in learner.named_parameters() if p.requires_grad] == ["prompts.vectors"]
    before = words.vectors.detach().clone()
    frozen = {name: p.clone() for name, p in model.unet.named_parameters()}
    seen = []
    noised = model.noised
    model.noised = lambda latents, noise, t: seen.append(t) or noised(latents, noise, t)
    data = concepts.Latents(torch.randn(6, 4, 8, 8), torch.arange(6) % 2)
    Loop(learner, data, LoopConfig(steps=6, batch=4, lr=0.01, precision="fp32"), MemoryJournal()).fit()
    del model.noised
    assert int(torch.cat(seen).max()) < 300
    assert (words.vectors != before).all()
    assert all((p == frozen[name]).all() for name, p in model.unet.named_parameters())


def test_words_stand_in_the_sentence_of_a_text_encoder(worded):
    model, folder = worded
    words = prompts(model, str(folder), 3, 2, "a")
    assert isinstance(words, Worded) and words.vectors.shape == (3, 2, 24)
    context = words(torch.tensor([0, 2]))
    assert context.shape == (2, 7, 24) and not torch.allclose(context[0], context[1])
    context.sum().backward()
    assert (words.vectors.grad[[0, 2]] != 0).any() and (words.vectors.grad[1] == 0).all()
    assert words.plain(2).shape == (2, 7, 24)


def test_without_a_text_encoder_words_are_the_context(model):
    assert type(prompts(model, "nothing", 3, 2, "person")) is Prompts


def test_auto_takes_the_denoiser_where_it_is(monkeypatch, tmp_path):
    config = RECIPE.configure("full")
    monkeypatch.setattr(denoiser, "BUNDLED", tmp_path / "absent")
    assert editor_of(config) == "jitter"
    monkeypatch.setattr(denoiser, "BUNDLED", tmp_path)
    assert editor_of(config) == "sdedit"


def test_layerdiffuse_without_weights_is_said(tmp_path):
    with pytest.raises(MissingWeights, match=r"vae_transparent_encoder\.safetensors.*editor=sdedit"):
        layered.load("sdxl", str(tmp_path), ["a"], "bird", 7.5, 25)
    for name in (layered.ENCODER, layered.DECODER, layered.LORA):
        (tmp_path / name).touch()
    with pytest.raises(MissingWeights, match="holds no SDXL"):
        layered.load(str(tmp_path), str(tmp_path), ["a"], "bird", 7.5, 25)
