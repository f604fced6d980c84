"""Guided sampling on a generator whose gradients are known by hand."""

import numpy as np
import pytest
import torch

from engines.errors import Stopped
from engines.synthesis.id3.losses import WEIGHTS, clean
from engines.synthesis.id3.sampling import Guidance, Pace, Trace, draw_many, solver_of
from tests.synthesis import toy_generator as toy

OFF = Guidance(0.0)


def pace(sampler="dpm++", steps=10):
    return Pace(sampler, steps, "fp32")


def field(generator, x, level, y, guidance):
    return generator._field(x, level, y, torch.zeros(len(x), 4), guidance, pace(), Trace(), False)


def test_the_field_is_the_noise_less_the_pull():
    """Against a central difference of the cosine, number by number."""
    generator = toy.generator()
    x, (y, _) = torch.randn(1, 4, 4, 4, dtype=torch.float64), toy.wishes(1)
    y, level = y.double(), 300
    generator.kept = generator.model.kept = generator.kept.double()
    guidance = Guidance(3.0)

    def cosine(at):
        kept = generator.kept[level]
        noise = generator.model(at, torch.tensor([level]), y, None)
        return float((generator.reader(generator.autoencoder.decode(clean(at, noise, kept))) * y).sum())

    plain, pulled = (field(generator, x.float(), level, y.float(), g) for g in (None, guidance))
    weight = float(WEIGHTS["falling"](torch.tensor((level + 1) / 1000)))
    for place in [(0, 0, 0, 0), (0, 0, 1, 2), (0, 0, 2, 0), (0, 2, 0, 1)]:
        step = torch.zeros_like(x)
        step[place] = 1e-5
        slope = (cosine(x + step) - cosine(x - step)) / 2e-5
        wanted = -float((1 - generator.kept[level]).sqrt()) * 3.0 * weight * slope
        assert float((pulled - plain)[place]) == pytest.approx(wanted, abs=2e-4)


def test_stopping_the_gradient_leaves_out_the_denoiser():
    """ε̂ = a x gives ∂x̂/∂x = (1 - sqrt(1 - ā) a) / sqrt(ā) in full, and 1 / sqrt(ā) around it: one ratio throughout."""
    generator = toy.generator(factor=0.5)
    x, (y, _) = torch.randn(2, 4, 4, 4), toy.wishes(2)
    plain = field(generator, x, 400, y, None)
    full, around = (field(generator, x, 400, y, Guidance(2.0, through=how)) - plain for how in ("full", "stop"))
    ratio = 1 - 0.5 * float((1 - generator.kept[400]).sqrt())
    torch.testing.assert_close(full, around * ratio, atol=1e-5, rtol=1e-3)


def test_ddpm_follows_the_adjusted_score():
    """x_{t-1} = (x_t + β score) / sqrt(α) + σ z with score = -ε_adj / sqrt(1 - ā), as the paper has it."""
    solver = solver_of(toy.schedule(), pace("ddpm", 1000))
    x, noise, t = torch.randn(1, 4, 4, 4), torch.randn(1, 4, 4, 4), 500
    alpha, kept, before = solver.alphas[t], solver.alphas_cumprod[t], solver.alphas_cumprod[t - 1]
    mean = (x - (1 - alpha) / (1 - kept).sqrt() * noise) / alpha.sqrt()
    spread = ((1 - before) / (1 - kept) * (1 - alpha)).sqrt()
    z = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(3))
    found = solver.step(noise, t, x, generator=torch.Generator().manual_seed(3)).prev_sample
    torch.testing.assert_close(found, mean + spread * z, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("sampler", ["dpm++", "ddim", "ddpm"])
def test_guidance_raises_the_cosine_and_more_raises_it_more(sampler):
    generator, (y, s) = toy.generator(), toy.wishes(12)
    off, some, more = (
        generator.draw(y, s, range(12), Guidance(scale), pace(sampler, 20)).cosine.mean() for scale in (0.0, 3.0, 10.0)
    )
    assert off + 0.1 < some < more


def test_unguided_pictures_are_as_the_data():
    """Latents of a generator of normal numbers come out with unit variance, whatever the solver."""
    generator, (y, s) = toy.generator(), toy.wishes(64)
    for sampler in ("dpm++", "ddim", "ddpm"):
        images = generator.draw(y, s, range(64), OFF, pace(sampler, 50)).images.clamp(1e-4, 1 - 1e-4)
        assert torch.logit(images).std().item() == pytest.approx(1, abs=0.1)


def test_every_kth_step_and_a_range_of_levels():
    generator, (y, s) = toy.generator(), toy.wishes(2)
    trace = generator.draw(y, s, [0, 1], Guidance(5.0, every=3), pace()).trace
    assert [bool(push.any()) for push in trace.push] == [number % 3 == 0 for number in range(10)]
    trace = generator.draw(y, s, [0, 1], Guidance(5.0, low=0.25, high=0.5), pace()).trace
    assert [bool(push.any()) for push in trace.push] == [0.25 <= (t + 1) / 1000 <= 0.5 for t in trace.t]


def test_a_face_follows_its_own_seed_whoever_is_drawn_beside_it():
    generator, (y, s) = toy.generator(), toy.wishes(3)
    for sampler in ("dpm++", "ddpm"):
        together = generator.draw(y, s, [5, 6, 7], Guidance(2.0), pace(sampler)).images
        alone = generator.draw(y[1:2], s[1:2], [6], Guidance(2.0), pace(sampler)).images
        torch.testing.assert_close(together[1:2], alone, atol=1e-5, rtol=0)
        assert not torch.equal(together[0], together[1])


def test_the_trace_keeps_what_was_asked_for():
    generator, (y, s) = toy.generator(), toy.wishes(2)
    trace = generator.draw(y, s, [0, 1], Guidance(2.0), pace(), keep=True).trace
    assert len(trace.t) == len(trace.clean) == len(trace.noisy) == 10 and trace.t == sorted(trace.t, reverse=True)
    assert trace.clean[0].shape == (2, 3, 4, 4) and trace.cosine[0].shape == (2,)
    assert not generator.draw(y, s, [0, 1], OFF, pace()).trace.clean


def test_many_are_drawn_in_chunks_and_can_be_stopped():
    generator, (y, s) = toy.generator(), toy.wishes(20)
    heard: list[float] = []
    images, cosines, steps = draw_many(generator, y, s, range(20), Guidance(2.0), pace(), heard.append)
    assert images.shape == (20, 4, 4, 3) and images.dtype == np.uint8 and steps.shape == (10, 20)
    assert heard == sorted(heard) and heard[-1] == 1 and len(cosines) == 20
    with pytest.raises(Stopped):
        draw_many(generator, y, s, range(20), OFF, pace(), stopping=lambda: True)
