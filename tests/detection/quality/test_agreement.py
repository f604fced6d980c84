"""Measured against known quality, on scores whose rank correlation is known."""

import numpy as np
import pytest

from engines.detection.quality import pacing
from engines.detection.quality.agreement import agreement

PEOPLE = np.arange(5)


def test_the_rank_correlation_by_hand() -> None:
    found = agreement(np.array([1.0, 2, 3, 4, 5]), np.array([10.0, 20, 30, 50, 40]), PEOPLE)
    assert found["spearman"] == pytest.approx(1 - 6 * 2 / (5 * 24))
    assert found["low"] <= found["spearman"] <= found["high"]


def test_an_order_that_is_kept_has_an_interval_of_one_point_and_a_reversed_one_is_minus_one() -> None:
    known = np.arange(40.0)
    assert agreement(known, known**2, np.arange(40)) == {"spearman": pytest.approx(1), "low": pytest.approx(1),
                                                       "high": pytest.approx(1)}  # fmt: skip
    assert agreement(known, -known, np.arange(40))["spearman"] == pytest.approx(-1)


def test_a_score_that_does_not_vary_agrees_with_nothing() -> None:
    assert agreement(np.arange(5.0), np.full(5, 0.5), PEOPLE) == {"spearman": 0.0, "low": 0.0, "high": 0.0}


def test_forgeries_of_one_person_are_resampled_together() -> None:
    rng = np.random.default_rng(0)
    person = rng.normal(size=8)
    known, measured = np.repeat(person, 25), np.repeat(person + rng.normal(size=8), 25)
    together, apart = (agreement(known, measured, who) for who in (np.repeat(np.arange(8), 25), np.arange(200)))
    assert together["high"] - together["low"] > 2 * (apart["high"] - apart["low"])


def test_the_schedule_is_nothing_while_warming_up_and_then_goes_from_first_to_last() -> None:
    assert pacing.schedule(5, 2, "linear", 0.1, 0.5) == pytest.approx([0, 0, 0.1, 0.3, 0.5])
    assert pacing.schedule(2, 1, "root", 0.1, 0.5) == [0, 0.1], "one paced epoch is the first"
    assert pacing.schedule(3, 5, "linear", 0.1, 0.5) == [0, 0, 0]
