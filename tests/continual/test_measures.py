"""Every measure against numbers worked out by hand, and against what must hold for any matrix."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines.continual.matrix import Matrix, of_predictions
from engines.continual.measures import MEASURES, measures
from engines.errors import BadInput

A = np.array([[0.9, np.nan, np.nan], [0.6, 0.8, np.nan], [0.7, 0.5, 1.0]])
COUNTS = np.array([10, 30, 10])
BY_HAND = {
    "final": (7 + 15 + 10) / 50,
    "mean_of_groups": 2.2 / 3,
    "average": (0.9 + 30 / 40 + 32 / 50) / 3,  # after session 2: 6 + 24 of 40
    "forgetting_from_best": (0.2 + 0.3) / 2,
    "forgetting_from_best_before": (0.2 + 0.3) / 2,
    "forgetting_from_first": (0.2 + 0.3) / 2,
    "backward_transfer": -0.25,
    "backward_transfer_all": (-0.2 - 0.3 + 0) / 3,
    "forward_transfer": None,
    "new": (0.9 + 0.8 + 1.0) / 3,
}


def test_each_measure_by_hand():
    found = measures(Matrix(A, COUNTS))
    assert set(found) == set(BY_HAND) == set(MEASURES)
    for name, value in BY_HAND.items():
        assert found[name] == (value if value is None else pytest.approx(value)), name


def test_the_three_forgettings_differ_where_a_session_comes_back():
    a = np.array([[0.5, np.nan, np.nan], [0.8, 0.6, np.nan], [0.9, 0.7, 0.9]])
    found = measures(Matrix(a, [1, 1, 1]))
    assert found["forgetting_from_best"] == 0  # the last is the best
    assert found["forgetting_from_best_before"] == pytest.approx(((0.8 - 0.9) + (0.6 - 0.7)) / 2)
    assert found["forgetting_from_first"] == pytest.approx(((0.5 - 0.9) + (0.6 - 0.7)) / 2)
    assert found["backward_transfer"] == pytest.approx(0.25)


def test_forward_transfer_needs_what_was_measured_before_learning():
    a = np.array([[0.9, 0.4, 0.3], [0.8, 0.9, 0.6], [0.7, 0.9, 0.9]])
    chance = np.array([0.25, 0.3, 0.2])
    assert measures(Matrix(a, [1, 1, 1], chance))["forward_transfer"] == pytest.approx((0.4 - 0.3 + 0.6 - 0.2) / 2)
    assert measures(Matrix(A, COUNTS, chance))["forward_transfer"] is None


def test_a_joint_training_has_a_last_row_alone():
    a = np.full((2, 2), np.nan)
    a[1] = [0.5, 0.7]
    found = measures(Matrix(a, [1, 3]))
    assert found["final"] == pytest.approx(0.65)
    assert {name for name, value in found.items() if value is not None} == {"final", "mean_of_groups"}


def test_one_session_forgets_nothing_that_could_be_named():
    found = measures(Matrix(np.array([[0.5]]), [4]))
    assert found["final"] == found["average"] == found["new"] == 0.5
    assert found["forgetting_from_best"] is None and found["backward_transfer"] is None


@given(arrays(float, (4, 4), elements=st.floats(0, 1)), st.integers(1, 50))
def test_what_holds_for_any_matrix(a, count):
    matrix = Matrix(np.where(np.tri(4, dtype=bool), a, np.nan), [count] * 4)
    found = measures(matrix)
    assert found["forgetting_from_best"] >= -1e-12
    assert (
        found["forgetting_from_best"]
        >= max(found["forgetting_from_best_before"], found["forgetting_from_first"]) - 1e-9
    )
    assert found["backward_transfer"] == pytest.approx(-found["forgetting_from_first"])
    assert found["final"] == pytest.approx(found["mean_of_groups"])  # sessions are equally large
    assert measures(matrix.upto(1))["final"] == pytest.approx(matrix.accuracy[1, :2].mean())


def test_a_row_of_predictions():
    row = of_predictions([0, 0, 1, 2], [0, 1, 1, 2], [0, 0, 0, 2], 3)
    assert row[0] == pytest.approx(2 / 3) and np.isnan(row[1]) and row[2] == 1
    with pytest.raises(BadInput, match="4 labels, 3 predictions"):
        of_predictions([0, 0, 1, 2], [0, 1, 1], [0, 0, 0, 2], 3)


@pytest.mark.parametrize(
    ("accuracy", "counts", "words"),
    [
        (np.ones((2, 3)), [1, 1], "square"),
        (np.ones((2, 2)), [1], "number of test pictures"),
        (np.ones((2, 2)), [1, 0], "number of test pictures"),
        (np.full((1, 1), 88.0), [1], "divide percentages"),
        (np.full((1, 1), np.inf), [1], "share"),
    ],
)
def test_a_matrix_that_is_none_is_refused(accuracy, counts, words):
    with pytest.raises(BadInput, match=words):
        Matrix(accuracy, counts)
