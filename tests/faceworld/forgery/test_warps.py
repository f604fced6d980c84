"""Warps: nothing moves when landmarks agree, a known map is found again, and fields are read as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.faceworld.forgery.masks import elastic
from engines.faceworld.forgery.warps import WARPS, misfit, sample
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

SIZE = 64
POINTS = render(Person.sample(1), Photo.sample(2, frontal=True, occluder="none"), SIZE).truth.landmarks
GRID = np.stack(np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5), 2)
WHERE_NEAR = np.s_[20:50, 16:48]


@pytest.mark.parametrize("name", WARPS)
def test_agreeing_landmarks_move_nothing(name: str) -> None:
    field = WARPS[name](POINTS, POINTS, SIZE)
    np.testing.assert_allclose(field, GRID, atol=2e-3)
    assert misfit(field, POINTS, POINTS) < 2e-3


@pytest.mark.parametrize("name", WARPS)
@settings(max_examples=8, deadline=None)
@given(st.floats(-0.3, 0.3), st.floats(0.8, 1.25), st.floats(-5, 5), st.floats(-5, 5))
def test_a_similarity_is_found_by_all(name: str, turn: float, zoom: float, right: float, down: float) -> None:
    def moved(points: np.ndarray) -> np.ndarray:
        c, s = zoom * np.cos(turn), zoom * np.sin(turn)
        return points @ np.array([[c, s], [-s, c]]) + [right, down]

    field = WARPS[name](POINTS, moved(POINTS), SIZE)
    np.testing.assert_allclose(field, moved(GRID), atol=5e-3)


@pytest.mark.parametrize("name", ["piecewise", "thin-plate"])
def test_landmarks_go_where_they_should(name: str) -> None:
    """A smooth bend of the face, which no similarity can follow, leaves little misfit."""
    bent = POINTS + np.stack([1.5 * np.sin(POINTS[:, 1] / 12), 1.5 * np.cos(POINTS[:, 0] / 12)], 1)
    stiff = misfit(WARPS["similarity"](POINTS, bent, SIZE), POINTS, bent)
    assert misfit(WARPS[name](POINTS, bent, SIZE), POINTS, bent) < 0.4 * stiff


def test_sampling_by_hand() -> None:
    """Shifted by one pixel to the right the picture comes from its left neighbour; half way it is in between."""
    image = np.random.default_rng(0).random((SIZE, SIZE)).astype(np.float32)
    np.testing.assert_allclose(sample(image, GRID), image, atol=1e-5)
    np.testing.assert_allclose(sample(image, GRID - np.array([1, 0]))[:, 1:], image[:, :-1], atol=1e-5)
    ramp = (GRID[..., 0] / SIZE).astype(np.float32)
    np.testing.assert_allclose(
        sample(ramp, GRID + np.array([0.5, 0]))[WHERE_NEAR], ramp[WHERE_NEAR] + 0.5 / SIZE, atol=1e-4
    )


def test_misfit_by_hand() -> None:
    """A field that looks 3 px right and 4 px down of where the points are is 5 px wrong."""
    assert misfit(GRID + np.array([3, 4]), POINTS, POINTS) == pytest.approx(5, abs=1e-6)


def test_elastic_at_zero_is_the_identity() -> None:
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[20:40, 20:40] = 1
    np.testing.assert_allclose(elastic(mask, 0.0, 4.0, np.random.default_rng(0)), mask, atol=1e-6)
    pushed = elastic(mask, 2.0, 4.0, np.random.default_rng(0))
    assert 0.02 < np.abs(pushed - mask).mean() < 0.2
