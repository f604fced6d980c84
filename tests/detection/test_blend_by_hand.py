"""Blending under sliders: limits are limits, and one slider changes one thing."""

import numpy as np
import pytest

from engines.detection.blend_by_hand import by_hand
from engines.faceworld.clips import Clip, Film, film


@pytest.fixture(scope="module")
def real() -> Film:
    return film(Clip.sample(3, 7, 3), 112)


def test_no_alpha_or_no_motion_leaves_the_clip_as_it_is(real: Film) -> None:
    still = by_hand(real.frames, real.landmarks, 0, 0, 0, 1)
    assert np.abs(still.blend.astype(int) - real.frames).max() <= 1
    clear = by_hand(real.frames, real.landmarks, 5, 0.05, 3, 0)
    np.testing.assert_array_equal(clear.blend, real.frames)
    assert np.abs(clear.warp.astype(int) - real.frames).max() > 20


def test_shifts_stay_within_their_limit_and_grow_with_it(real: Film) -> None:
    one, three = (by_hand(real.frames, real.landmarks, 2, 0.02, limit, 0.5) for limit in (1, 3))
    assert np.abs(three.shift_px).max() <= 3 * 112 / 224
    np.testing.assert_allclose(three.shift_px, 3 * one.shift_px)


def test_alpha_is_the_share_of_what_was_moved(real: Film) -> None:
    steps = by_hand(real.frames, real.landmarks, 3, 0.03, 2, 0.25)
    whole, part = steps.warp.astype(float) - real.frames, steps.blend.astype(float) - real.frames
    np.testing.assert_allclose(part, 0.25 * whole, atol=1.2)
    assert np.abs(whole[steps.mask == 0]).max() <= 1, "nothing changes outside the organs"
