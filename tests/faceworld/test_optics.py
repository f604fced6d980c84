"""Lens and sensor: softness against Pillow and scipy, defocus, motion, grain and white balance by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from engines.faceworld.camera import Camera, blur, metered, resize, tone
from engines.faceworld.canvas import Canvas
from engines.faceworld.optics import defocus, developed, moved, softened, softening

RNG = np.random.default_rng(0)
PICTURE = RNG.random((64, 64, 3), dtype=np.float32)
PLAIN = Camera(exposure=1, gamma=1, blur_px=0, resample=1, noise=0, quality=95, seed=0)


@pytest.mark.parametrize("sigma", [0.3, 0.7])
@pytest.mark.parametrize("small", [45, 57, 64])
def test_softening_is_blur_and_resampling_in_one(sigma: float, small: int) -> None:
    """What scipy's Gaussian and Pillow's two resizes do one after the other; the border a little apart."""
    expected = blur(PICTURE, sigma)
    if small < 64:
        expected = resize(resize(expected, small, Image.Resampling.BILINEAR), 64, Image.Resampling.BICUBIC)
    soft = softened(PICTURE, softening(64, sigma, small))
    np.testing.assert_allclose(soft[8:-8, 8:-8], expected[8:-8, 8:-8], atol=1e-5)
    assert np.abs(soft - expected).max() < 0.25


@given(sigma=st.floats(0, 1.5), small=st.integers(32, 64))
def test_softening_keeps_an_even_picture(sigma: float, small: int) -> None:
    np.testing.assert_allclose(softening(64, sigma, small).sum(1), 1, atol=1e-9)


def test_only_what_is_out_of_focus_is_blurred() -> None:
    depth = np.full((64, 64), 0.8, np.float32)
    depth[:, 32:48], depth[:, 48:] = 1.2, np.inf
    out = defocus(PICTURE, depth, 0.8, 3.0)
    np.testing.assert_array_equal(out[:, :32], PICTURE[:, :32])
    np.testing.assert_array_equal(out[:, 48:], PICTURE[:, 48:])
    assert out[:, 34:46].std() < 0.7 * PICTURE[:, 34:46].std()
    even = np.full_like(PICTURE, 0.25)
    np.testing.assert_allclose(defocus(even, depth, 0.8, 3.0), even, atol=1e-6)


def test_motion_smears_along_its_line_alone() -> None:
    line = np.zeros((32, 32, 3), np.float32)
    line[:, 16] = 1
    np.testing.assert_allclose(moved(line, 0, 2), line, atol=1e-6)
    across = moved(line, 2, 0)
    np.testing.assert_allclose(across[5, 14:19, 0], [0, 0.3, 0.4, 0.3, 0], atol=1e-6)


def test_grain_and_vignette() -> None:
    even = np.full((128, 128, 3), 0.5, np.float32)
    words = np.random.default_rng(1).integers(0, 1 << 32, even.size, np.uint32)
    grain = developed(even, words, 0.04, 0.0) / 255 - 0.5
    assert grain.std() == pytest.approx(0.04 * (0.5 + 0.5 * np.sqrt(0.5)), rel=0.03) and abs(grain.mean()) < 2e-3
    dim = developed(even, words, 0.0, 0.2)
    assert dim[0, 0, 0] == round(0.5 * 0.8 * 255) and dim[64, 64, 0] in (127, 128)


def test_white_balance_is_a_gain_on_light() -> None:
    grey = np.full((4, 4, 3), 0.2, np.float32)
    warm = tone(grey, Camera(**{**PLAIN.__dict__, "white": (1.1, 1.0, 0.9)}))
    np.testing.assert_allclose(warm[0, 0, 0], tone(grey * 1.1, PLAIN)[0, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(warm[0, 0, 2], tone(grey * 0.9, PLAIN)[0, 0, 0], rtol=1e-5)


def test_exposure_follows_the_face_a_little() -> None:
    """It lifts dark skin and holds back pale skin, but never swaps them."""
    pale, dark = (0.74, 0.5, 0.41), (0.13, 0.07, 0.045)
    assert metered(pale) < 1 < metered(dark)
    assert metered(pale) * pale[0] > 3 * metered(dark) * dark[0]


def test_canvas_by_hand() -> None:
    """A rectangle over the left half, a light added to the whole."""
    canvas = Canvas([0.1, 0.1, 0.1])
    canvas.rect(-1, -1, 0.5, 2, [0.6, 0.4, 0.2])
    picture = canvas.painted(16)
    np.testing.assert_allclose(picture[:, :7], np.broadcast_to([0.6, 0.4, 0.2], (16, 7, 3)), atol=1e-6)
    np.testing.assert_allclose(picture[:, 9:], 0.1, atol=1e-6)
    canvas.glow(0.5, 0.5, 0.25, [0.5, 0.5, 0.5])
    lit = canvas.painted(16)
    assert (lit >= picture - 1e-6).all() and lit[8, 8, 2] > picture[8, 8, 2] + 0.3
