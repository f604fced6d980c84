"""Ten-fold verification against the plain loop over thresholds and folds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import KFold

from engines.errors import BadInput
from engines.recognition.verification import THRESHOLDS, mirrored_embeddings, ten_fold, verify_set


def plain_loop(distance, same, folds=10):
    """The protocol word by word: every threshold on nine folds, the best on the tenth."""
    accuracies, chosen = [], []
    for train, test in KFold(folds, shuffle=False).split(distance):
        scores = [np.mean((distance[train] < threshold) == same[train]) for threshold in THRESHOLDS]
        best = THRESHOLDS[int(np.argmax(scores))]
        chosen.append(best)
        accuracies.append(np.mean((distance[test] < best) == same[test]))
    return np.array(accuracies), np.array(chosen)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(10, 300), ties=st.booleans())
def test_it_is_the_plain_loop(seed, count, ties):
    rng = np.random.default_rng(seed)
    distance, same = rng.uniform(0, 4.2, count), rng.random(count) < 0.5
    if ties:
        distance = np.round(distance, 2)
    found = ten_fold(distance, same)
    accuracies, thresholds = plain_loop(distance, same)
    assert np.array_equal(found.accuracies, accuracies) and np.array_equal(found.thresholds, thresholds)


def test_by_hand():
    """Nine folds of one mated pair at 1.0 and one stranger at 3.0 each; the tenth has its mated pair at 3.5."""
    distance = np.tile([1.0, 3.0], 10)
    distance[18] = 3.5
    found = ten_fold(distance, np.tile([True, False], 10))
    assert found.accuracies.tolist() == [1.0] * 9 + [0.5]
    assert found.mean == pytest.approx(0.95) and found.std == pytest.approx(0.15)
    assert found.thresholds[0] == pytest.approx(1.01)


def test_pairs_stand_one_after_the_other_and_mirrors_are_added():
    pictures = np.zeros((40, 2, 2, 3), np.uint8)
    pictures[:, 0, 0, 0] = np.repeat(np.arange(20), 2) * 10 + 1
    pictures[3::4, 0, 1, 0] = 200  # every other pair differs

    def embed(images):
        return images[:, 0, :, 0].astype(float) + np.array([0.0, 0.5])

    points = mirrored_embeddings(embed, pictures)
    assert np.allclose(np.linalg.norm(points, axis=1), 1)
    raw = embed(pictures) + embed(pictures[:, :, ::-1])
    assert np.allclose(points, raw / np.linalg.norm(raw, axis=1, keepdims=True))
    assert len(verify_set(embed, pictures, np.arange(20) % 2 == 0).accuracies) == 10


@pytest.mark.parametrize(
    ("distance", "same", "said"),
    [([0.1] * 9, [True] * 9, "10 folds"), ([0.1] * 11 + [np.nan], [True] * 12, "Pair 12")],
)
def test_what_cannot_be_counted(distance, same, said):
    with pytest.raises(BadInput, match=said):
        ten_fold(distance, same)
