"""Defects by hand: colours of known difference, a step of known height, masks of known perimeter."""

import numpy as np
import pytest

from engines.faceworld.forgery.base import Layer
from engines.faceworld.forgery.quality import DEFECTS, defects, delta_e, detail, lab, quality, roughness, seam

WHITE, BLACK = np.ones(3), np.zeros(3)


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((1, 1, 1), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 1, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 1), (32.30, 79.19, -107.86)),
        ((0.5, 0.5, 0.5), (53.39, 0, 0)),
    ],
)
def test_lab_of_known_colours(colour: tuple, expected: tuple) -> None:
    np.testing.assert_allclose(lab(np.array(colour, float)), expected, atol=0.02)


def test_difference_of_known_colours() -> None:
    assert delta_e(WHITE, BLACK) == pytest.approx(100, abs=0.01)
    assert delta_e(np.array([1, 0, 0.0]), np.array([0, 1, 0.0])) == pytest.approx(170.58, abs=0.05)
    assert delta_e(WHITE, WHITE) == 0


def test_seam_of_a_step() -> None:
    """A mask that rises from 0 to 1 over two pixels (slope 1/2) between pictures 0.2 apart adds 0.1 a pixel."""
    mask = np.clip(np.tile(np.arange(40.0) - 19, (40, 1)) / 2, 0, 1)
    forged, real = np.full((40, 40, 3), 0.7), np.full((40, 40, 3), 0.5)
    slopes = np.array([0.25, 0.5, 0.25])
    assert seam(forged, real, mask) == pytest.approx(0.2 * (slopes**2).sum() / slopes.sum())
    assert seam(forged, forged, mask) == 0
    hidden = np.ones((40, 40))
    hidden[:20] = 0
    assert seam(forged, real, mask, hidden) == pytest.approx(seam(forged, real, mask))


def test_roughness_of_known_shapes() -> None:
    from scipy.ndimage import gaussian_filter

    disc = gaussian_filter((np.hypot(*(np.mgrid[0:160, 0:160] - 79.5)) < 50).astype(float), 2)
    two = gaussian_filter((np.abs(np.mgrid[0:160, 0:160][1] - 79.5) > 20).astype(float) * disc, 1)
    assert roughness(disc) == pytest.approx(0, abs=0.03)
    square = np.zeros((160, 160))
    square[30:130, 30:130] = 1
    assert roughness(gaussian_filter(square, 2)) == pytest.approx(1 - np.sqrt(np.pi) / 2, abs=0.03)
    assert roughness(two) > 0.25 and roughness(0.5 * disc) == pytest.approx(roughness(disc))


def test_detail_of_a_checkerboard() -> None:
    """Neighbours 0.2 apart both ways: each diagonal difference is 4 times 0.1, of which half counts."""
    row, column = np.mgrid[0:20, 0:20]
    board = np.repeat((0.5 + 0.1 * (-1.0) ** (row + column))[..., None], 3, 2)
    assert detail(board, np.ones((20, 20))) == pytest.approx(0.201)
    assert detail(np.full((20, 20, 3), 0.5), np.ones((20, 20))) == pytest.approx(0.001)


def test_all_defects_by_hand() -> None:
    """One octave of detail lost, landmarks 2 px off, the same mean colour: half of what counts as full, and none."""
    row, column = np.mgrid[0:112, 0:112]
    board = np.repeat(((-1.0) ** (row + column))[..., None], 3, 2)
    real, forged = 0.5 + 0.1 * board, 0.5 + 0.0495 * board
    mask = (np.hypot(row - 56, column - 56) < 30).astype(float)
    found = defects(Layer(forged, mask, 2.0), real, np.ones((112, 112)), forged)
    assert tuple(found) == DEFECTS
    assert found["warp"] == pytest.approx(0.5) and found["colour"] < 0.01
    assert found["resolution"] == pytest.approx(np.log2(0.201 / 0.1) / 2)


def test_nothing_forged_is_flawless() -> None:
    image, cover = np.full((16, 16, 3), 0.4), np.ones((16, 16))
    found = defects(Layer(1 - image, np.zeros((16, 16)), 3.0), image, cover, image)
    assert found == dict.fromkeys(DEFECTS, 0.0) and quality(found) == 1


def test_quality_is_one_less_the_weighted_mean() -> None:
    assert quality(dict.fromkeys(DEFECTS, 1.0)) == pytest.approx(0)
    assert quality(dict.fromkeys(DEFECTS, 0.25)) == pytest.approx(0.75)
