"""FreDA: what a mask of 0 and of 1 give, that the result is real and bounded, and a hand-made spectrum."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engines.detection.quality.freda import low_pass, mix, upgrade
from engines.errors import BadConfig


def pictures(seed=0, size=24):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(2, 3, size, size, generator=generator), torch.rand(2, 3, size, size, generator=generator)


@pytest.mark.parametrize("amplitude_only", [False, True])
def test_a_mask_of_one_is_the_real_and_of_zero_the_fake(amplitude_only):
    fake, real = pictures()
    everything, nothing = torch.ones(2, 24, 13), torch.zeros(2, 24, 13)
    torch.testing.assert_close(mix(fake, real, nothing, amplitude_only), fake, atol=1e-6, rtol=0)
    if not amplitude_only:
        torch.testing.assert_close(mix(fake, real, everything), real, atol=1e-6, rtol=0)


def test_a_wave_below_the_cutoff_comes_from_the_real_and_one_above_from_the_fake():
    """Two cosines of 2 and 10 periods a side; the disc ends at 5: the real's slow one and the fake's fast one stay."""
    x = torch.arange(32) / 32
    slow, fast = torch.cos(2 * torch.pi * 2 * x), torch.cos(2 * torch.pi * 10 * x)

    def picture(a, b):
        return (0.5 + a * slow + b * fast).expand(1, 3, 32, 32)

    fake, real = picture(0.2, 0.1), picture(-0.1, 0.05)
    made = upgrade(fake, real, torch.tensor([5 / 32]), "disc")
    torch.testing.assert_close(made, picture(-0.1, 0.1), atol=1e-6, rtol=0)


@given(st.integers(5, 20), st.integers(5, 20), st.floats(0.01, 0.5))
def test_masks_are_symmetric_so_that_the_whole_transform_agrees(height, width, cutoff):
    """The same mixing over the full plane leaves no imaginary part and gives the same picture."""
    generator = torch.Generator().manual_seed(1)
    fake, real = (torch.rand(1, 3, height, width, generator=generator) for _ in range(2))
    half = low_pass(height, width, torch.tensor([cutoff]))
    rows, columns = torch.fft.fftfreq(height)[:, None], torch.fft.fftfreq(width)[None, :]
    whole = torch.exp(-(rows**2 + columns**2) / (2 * cutoff**2))
    mixed = torch.fft.ifft2(whole * torch.fft.fft2(real) + (1 - whole) * torch.fft.fft2(fake))
    assert mixed.imag.abs().max() < 1e-6
    torch.testing.assert_close(mix(fake, real, half), mixed.real.clamp(0, 1), atol=1e-5, rtol=0)


def test_range_and_kind():
    fake, real = pictures(3)
    made = upgrade(fake, real, torch.tensor([0.05, 0.15]))
    assert made.shape == fake.shape and made.dtype == torch.float32
    assert made.min() >= 0 and made.max() <= 1 and not torch.equal(made, fake)


def test_a_higher_cutoff_comes_nearer_to_the_real():
    fake, real = pictures(4)
    distances = [float((upgrade(fake, real, torch.full((2,), c)) - real).abs().mean()) for c in (0.03, 0.1, 0.3)]
    assert np.all(np.diff(distances) < 0)


def test_unknown_mask():
    with pytest.raises(BadConfig, match="no mask 'box'"):
        low_pass(8, 8, torch.tensor([0.1]), "box")
