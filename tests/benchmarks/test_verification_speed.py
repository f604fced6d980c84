"""Ten-fold verification against the plain loop over thresholds, in one run; groups are what is compared."""

import time

import numpy as np
import pytest

from engines.recognition.verification import ten_fold
from tests.recognition.test_ten_fold import plain_loop

PAIRS = 6000
LEAST = 20


@pytest.fixture
def pairs():
    rng = np.random.default_rng(0)
    same = np.arange(PAIRS) // 300 % 2 == 0
    return np.where(same, rng.normal(0.9, 0.35, PAIRS), rng.normal(1.9, 0.2, PAIRS)).clip(0, 4), same


@pytest.mark.parametrize("method", [ten_fold, plain_loop])
def test_ten_fold(benchmark, method, pairs):
    benchmark.group = "ten-fold accuracy of 6,000 pairs, as of LFW"
    benchmark.pedantic(method, pairs, rounds=3, warmup_rounds=1)


def test_the_same_figures_twenty_times_faster(pairs):
    """The least of several timings each, one after the other."""
    fast, slow = (
        min(_seconds(method, pairs) for _ in range(rounds)) for method, rounds in ((ten_fold, 9), (plain_loop, 2))
    )
    found, (accuracies, thresholds) = ten_fold(*pairs), plain_loop(*pairs)
    assert np.array_equal(found.accuracies, accuracies) and np.array_equal(found.thresholds, thresholds)
    assert slow / fast >= LEAST, f"{slow / fast:.0f} times"


def _seconds(method, pairs):
    began = time.perf_counter()
    method(*pairs)
    return time.perf_counter() - began
