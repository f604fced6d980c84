import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis.embedding import project
from engines.errors import BadInput


def test_a_line_by_hand():
    direction = np.array([3.0, -4.0, 0.0]) / 5
    found = project(np.outer([-2, 0, 1, 1], direction) + np.array([1, 1, 7]), 1)
    np.testing.assert_allclose(found.axes[0], -direction, atol=1e-12)  # the largest loading is made positive
    np.testing.assert_allclose(found.points[:, 0], [2, 0, -1, -1], atol=1e-12)
    np.testing.assert_allclose(found.explained, [1.0])
    np.testing.assert_allclose(found.mean, [1, 1, 7])


@settings(deadline=None)
@given(st.integers(0, 200))
def test_order_of_rows_and_the_second_call_change_nothing(seed):
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(30, 5)) * [5, 4, 3, 2, 1]
    shuffle = rng.permutation(30)
    one, again, mixed = project(features, 3), project(features, 3), project(features[shuffle], 3)
    np.testing.assert_array_equal(one.points, again.points)
    np.testing.assert_allclose(mixed.points, one.points[shuffle], atol=1e-8)
    assert (np.diff(one.explained) <= 1e-12).all()
    assert one.explained.sum() <= 1 + 1e-12


def test_new_features_go_where_the_old_went():
    features = np.random.default_rng(0).normal(size=(20, 6))
    found = project(features, 4)
    np.testing.assert_allclose(found(features), found.points)
    np.testing.assert_allclose(found.axes @ found.axes.T, np.eye(4), atol=1e-12)


def test_full_projection_keeps_distances_and_all_variance():
    features = np.random.default_rng(0).normal(size=(20, 3))
    found = project(features, 3)
    assert found.explained.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(found.points[0] - found.points[1]), np.linalg.norm(features[0] - features[1])
    )


def test_bad_features_are_said():
    for bad, says in (
        (np.zeros((4, 3)), "all features are the same"),
        (np.zeros((2, 3)), "no 2 axes"),
        (np.zeros(4), "table"),
        (np.full((4, 3), np.nan), "finite"),
    ):
        with pytest.raises(BadInput, match=f"(?i){says}"):
            project(bad)
    with pytest.raises(BadInput, match="length 2 do not fit axes of length 3"):
        project(np.eye(3) * [1, 2, 3], 1)(np.ones((1, 2)))
