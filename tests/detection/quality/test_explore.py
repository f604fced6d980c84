"""FreDA of one picture and its spectra, against cosines whose spectra are known."""

import numpy as np
import pytest

from engines.detection.quality.explore import explore, forged, radial
from engines.errors import BadConfig

SIDE = 32
GREY = np.full((SIDE, SIDE, 3), 128, np.uint8)


def wave(cycles: int, amplitude: float = 60.0) -> np.ndarray:
    """A cosine across the picture round middle grey."""
    line = 128 + amplitude * np.cos(2 * np.pi * cycles * np.arange(SIDE) / SIDE)
    return np.repeat(np.tile(np.rint(line), (SIDE, 1))[..., None], 3, axis=2).astype(np.uint8)


def test_a_cosine_has_its_power_in_its_ring() -> None:
    power = explore(wave(5), GREY, 0.1).power["fake"]
    assert len(power) == SIDE // 2 + 1
    assert power[1:].argmax() + 1 == 5
    ring = sum(round(float(np.hypot(x, y))) == 5 for x in range(-16, 16) for y in range(-16, 16))
    expected = 2 * (60 / 255 / 2) ** 2 / ring  # two peaks of half the amplitude, spread over the ring
    assert power[5] == pytest.approx(expected, rel=0.01)
    assert power[0] == pytest.approx((128 / 255) ** 2, rel=0.01)


def test_rings_of_a_small_plane_by_hand() -> None:
    power = np.arange(16.0).reshape(4, 4)  # zero frequency at [2, 2]
    assert radial(power)[0] == 10.0
    near = [power[y, x] for y in (1, 2, 3) for x in (1, 2, 3) if (y, x) != (2, 2)]
    assert radial(power)[1] == pytest.approx(np.mean(near))


def test_the_low_wave_comes_from_the_real_frame_and_the_high_one_stays() -> None:
    found = explore(wave(12), wave(2), cutoff=6 / SIDE, shape="disc")
    upgraded = found.power["upgraded"]
    assert upgraded[2] == pytest.approx(found.power["real"][2], rel=0.01)
    assert upgraded[12] == pytest.approx(found.power["fake"][12], rel=0.05)
    assert found.spectra["upgraded"][SIDE // 2, SIDE // 2 + 12] > found.spectra["real"][SIDE // 2, SIDE // 2 + 12] + 3


def test_the_mask_is_whole_centred_and_symmetric() -> None:
    mask = explore(GREY, GREY, cutoff=4 / SIDE, shape="disc").mask
    assert mask.shape == (SIDE, SIDE)
    assert mask[16, 16] == mask[16, 20] == mask[12, 16] == 1
    assert mask[16, 21] == mask[11, 16] == 0
    assert (mask[1:, 1:] == mask[:0:-1, :0:-1]).all()


def test_the_difference_is_in_levels() -> None:
    brighter = GREY + 20
    found = explore(GREY, brighter, cutoff=0.1)
    assert found.difference == pytest.approx(np.full((SIDE, SIDE), 20.0), abs=1e-3)
    assert (found.pictures["upgraded"] == brighter).all()


def test_a_forgery_and_its_frame_are_equal_outside_the_forged_region() -> None:
    one = forged("swap", 1)
    assert one.fake.shape == one.real.shape == (112, 112, 3)
    assert 0 < one.known < 1
    assert np.abs(one.fake[:6].astype(int) - one.real[:6]).mean() < np.abs(one.fake.astype(int) - one.real).mean()
    assert (forged("swap", 2).fake != one.fake).any()
    with pytest.raises(BadConfig, match="There is no forgery family"):
        forged("none", 1)
