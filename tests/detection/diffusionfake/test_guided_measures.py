"""Correlations and medians of what was looked at, by hand, with intervals that know whose pictures belong together."""

import numpy as np
import pytest

from engines.detection.diffusionfake.measures import apart, followed


def test_correlation_by_hand():
    alike = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 1.0]])
    weight = np.array([[0.1, 0.5], [0.2, 0.5], [0.3, 0.5], [0.4, 0.5]])
    source, target = followed(weight, alike, np.arange(4))
    assert source["r"] == pytest.approx(1) and (target["r"], target["low"], target["high"]) == (0, 0, 0)
    assert source["branch"] == "source" and source["pictures"] == 4
    (back, _) = followed(-weight, alike, np.arange(4))
    assert back["r"] == pytest.approx(-1)


def test_medians_by_hand():
    family = np.array(["real", "real", "real", "swap", "mouth"])
    real, forged = apart(np.array([1.0, 3.0, 2.0, 10.0, 20.0]), family, np.arange(5))
    assert (real["kind"], real["pictures"], real["median"]) == ("real", 3, 2.0)
    assert (forged["kind"], forged["pictures"], forged["median"]) == ("forged", 2, 15.0)
    assert real["low"] <= 2 <= real["high"] and forged["low"] == 10 and forged["high"] == 20
    assert [row["kind"] for row in apart(np.ones(2), np.array(["swap"] * 2), np.arange(2))] == ["forged"]


def test_copies_of_a_person_do_not_narrow_an_interval():
    """Ten equal pictures of each of twelve people know no more than one of each."""
    rng = np.random.default_rng(0)
    distance, family = rng.random(12), np.array(["real"] * 12)
    (once,) = apart(distance, family, np.arange(12))
    (often,) = apart(np.repeat(distance, 10), np.repeat(family, 10), np.repeat(np.arange(12), 10))
    assert (once["median"], once["low"], once["high"]) == (often["median"], often["low"], often["high"])
