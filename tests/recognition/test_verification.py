"""Misses at a fixed rate of false matches, by hand."""

import numpy as np
import pytest

from engines.analysis.identity import Pairs
from engines.errors import BadInput
from engines.recognition.verification import as_cosine, missed


def pairs_of(same, different):
    distance = np.r_[same, different].astype(float)
    flags, places = np.r_[np.ones(len(same), bool), np.zeros(len(different), bool)], np.zeros(len(distance), np.int64)
    return Pairs(places, places, distance, flags, np.zeros(1, np.int64))


def test_missed_by_hand():
    """Of 100 strangers one may pass, so the threshold lies just below the second nearest of them, at 1.01."""
    found = pairs_of([0.2, 0.9, 1.005, 1.02], 1 + np.arange(100) / 100)
    share, threshold = missed(found, 0.01)
    assert share == 0.25 and 1.01 - 1e-9 < threshold < 1.01
    assert (found.distance[~found.same] <= threshold).mean() == 0.01
    assert missed(found, 1.0) == (0.0, np.inf)
    assert missed(found, 0.0)[0] == 0.5


def test_equal_distances_are_not_let_through():
    assert missed(pairs_of([1.0, 0.5], [1.0] * 10), 0.1) == (0.5, pytest.approx(1.0))


@pytest.mark.parametrize(("same", "different"), [([], [1.0]), ([1.0], [])])
def test_both_kinds_are_needed(same, different):
    with pytest.raises(BadInput, match="pairs of both kinds"):
        missed(pairs_of(same, different))


def test_distance_as_cosine():
    assert as_cosine(0.0) == 1 and as_cosine(np.sqrt(2)) == pytest.approx(0) and as_cosine(2.0) == -1
