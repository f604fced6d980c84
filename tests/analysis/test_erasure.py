import numpy as np
import pytest

from engines.analysis.erasure import auc_without, removed
from engines.errors import BadInput

RNG = np.random.default_rng(0)
LABELS = np.arange(200) % 2
PEOPLE = (np.arange(200) // 5).tolist()


def with_signal(direction, scale=(10.0, 3.0, 1.0, 0.5)):
    """Noise of given lengths along four axes, and the label along one of them, twice as long as its noise."""
    rows = RNG.normal(size=(200, 4)) * scale
    rows[:, direction] += (2 * LABELS - 1) * 2 * scale[direction]
    return rows


def test_removing_by_hand():
    rows = np.array([[3.0, 4, 5], [1, 1, 1]])
    axes = np.array([[1.0, 0, 0], [0, 0, 1]])
    assert removed(rows, axes, np.ones(3)).tolist() == [[1, 4, 1], [1, 1, 1]]


def test_the_answer_is_lost_with_its_direction_and_not_before():
    first = auc_without(with_signal(0), LABELS, PEOPLE, [0, 1, 2])
    assert first[0]["auc"] > 0.97
    assert first[1]["auc"] < 0.65
    third = auc_without(with_signal(2), LABELS, PEOPLE, [0, 1, 2, 3])
    assert [row["auc"] > 0.97 for row in third] == [True, True, True, False]
    weakest = auc_without(with_signal(0), LABELS, PEOPLE, [0, 3], order="weakest")
    assert weakest[1]["auc"] > 0.97
    assert weakest[1]["kept"] < 1
    assert all(row["low"] <= row["auc"] <= row["high"] for row in first + third + weakest)


def test_sets_that_say_nothing_are_refused():
    rows = with_signal(0)
    with pytest.raises(BadInput, match="two classes"):
        auc_without(rows, np.zeros(200), PEOPLE, [0])
    with pytest.raises(BadInput, match="2 people cannot"):
        auc_without(rows, LABELS, (np.arange(200) % 2).tolist(), [0])
    with pytest.raises(BadInput, match="There are 4 directions"):
        auc_without(rows, LABELS, PEOPLE, [0, 4])
