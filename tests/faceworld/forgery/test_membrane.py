"""Gradient-domain blending against a dense solve of the same equations, and by hand."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.faceworld.forgery.membrane import poisson


def dense(forged: np.ndarray, real: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The Laplacian equation of each inner pixel, all present neighbours counted, as one matrix."""
    size = inside.size
    matrix, right = np.eye(size), real.reshape(size, -1).astype(float).copy()
    number = np.arange(size).reshape(inside.shape)
    for row, column in zip(*np.nonzero(inside), strict=True):
        here = number[row, column]
        around = [
            (row + r, column + c)
            for r, c in ((-1, 0), (1, 0), (0, -1), (0, 1))
            if 0 <= row + r < inside.shape[0] and 0 <= column + c < inside.shape[1]
        ]
        matrix[here] = 0
        matrix[here, here] = len(around)
        right[here] = sum(forged[row, column].astype(float) - forged[place] for place in around)
        for place in around:
            matrix[here, number[place]] = -1
    return np.linalg.solve(matrix, right).reshape(real.shape)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_against_a_dense_solve(seed: int) -> None:
    rng = np.random.default_rng(seed)
    forged, real = rng.random((8, 8, 3)).astype(np.float32), rng.random((8, 8, 3)).astype(np.float32)
    inside = np.zeros((8, 8), bool)
    inside[1:7, 1:7] = rng.random((6, 6)) < 0.8
    solved = poisson(forged, real, inside, np.zeros((8, 8), bool))
    np.testing.assert_allclose(solved, dense(forged, real, inside), atol=2e-5)


def test_a_picture_that_differs_by_a_constant_gives_the_real_one() -> None:
    real = np.random.default_rng(0).random((30, 30, 3)).astype(np.float32)
    inside = np.zeros((30, 30), bool)
    inside[5:25, 5:25] = True
    np.testing.assert_allclose(poisson(real + 0.3, real, inside, np.zeros((30, 30), bool)), real, atol=1e-5)


def test_absent_pixels_pull_nothing() -> None:
    """A red hand at the edge of the region: with it absent the solution knows only of the grey side."""
    real, forged = np.full((20, 20, 3), 0.5, np.float32), np.full((20, 20, 3), 0.2, np.float32)
    real[:, 15:] = (1, 0, 0)
    inside = np.zeros((20, 20), bool)
    inside[5:15, 5:15] = True
    absent = np.zeros((20, 20), bool)
    absent[:, 15:] = True
    np.testing.assert_allclose(poisson(forged, real, inside, absent)[inside], 0.5, atol=1e-4)
    assert poisson(forged, real, inside, np.zeros_like(absent))[10, 14, 0] > 0.6


def test_an_empty_region_changes_nothing_it_should_not() -> None:
    real, forged = np.zeros((8, 8, 3), np.float32), np.ones((8, 8, 3), np.float32)
    nowhere = np.zeros((8, 8), bool)
    np.testing.assert_array_equal(poisson(forged, real, nowhere, nowhere), real)
