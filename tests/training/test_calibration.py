import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from engines.errors import BadInput
from engines.training.calibration import EPS, Calibration, calibration_error, fit_calibration, reliability


def logistic(n=40_000, scale=2.0, bias=-1.0, seed=0):
    """Logits whose true P(fake) is sigmoid(scale * logit + bias), and labels drawn from it."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.5, 1.0, n)
    return logits, (rng.random(n) < expit(scale * logits + bias)).astype(int)


def test_recovers_a_known_calibration():
    logits, labels = logistic()  # about even classes
    found = fit_calibration(logits, labels)
    assert found.scale == pytest.approx(2.0, abs=0.1)
    assert found.bias + logit(labels.mean()) == pytest.approx(-1.0, abs=0.1)
    assert found.threshold == pytest.approx(0.5, abs=0.06)


def test_speaks_at_even_odds_whatever_the_mixture():
    logits, labels = logistic()
    fakes = np.flatnonzero(labels)
    keep = np.concatenate([np.flatnonzero(labels == 0), fakes[: len(fakes) // 10]])
    whole, mixed = fit_calibration(logits, labels), fit_calibration(logits[keep], labels[keep])
    assert mixed.scale == pytest.approx(whole.scale, abs=0.1)
    assert mixed.bias == pytest.approx(whole.bias, abs=0.1)


def test_does_not_depend_on_the_unit_of_the_logits():
    logits, labels = logistic(2000)
    plain, scaled = fit_calibration(logits, labels), fit_calibration(1000 * logits + 77, labels)
    np.testing.assert_allclose(scaled(1000 * logits + 77), plain(logits), atol=1e-4)


def test_separated_scores_stay_humble():
    found = fit_calibration([-3, -2, 2, 3], [0, 0, 1, 1])
    assert np.isfinite([found.scale, found.bias]).all()
    # Platt's targets with two of each class: 1/4 and 3/4 on average
    assert found([-2.5, 2.5]) == pytest.approx([0.25, 0.75], abs=0.05)


def test_equal_logits_say_nothing():
    assert fit_calibration([1.0, 1.0, 1.0, 1.0], [0, 1, 0, 1])([1.0]) == pytest.approx([0.5])


def test_inverted_logits_get_a_negative_scale():
    assert fit_calibration([1, 2, -1, -2], [0, 0, 1, 1]).scale < 0


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-50, 50), st.floats(0.01, 100))
def test_never_certain_and_monotone(value, bias, scale):
    low, high = Calibration(scale, bias)([value, value + 1])
    assert EPS <= low <= high <= 1 - EPS


def test_json_round_trip():
    found = Calibration(1.25, -0.5, 0.4)
    assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found


@pytest.mark.parametrize("values", [{"scale": "much"}, {"slope": 1}, {"scale": float("nan")}, {"bias": None}])
def test_bad_calibration_is_said(values):
    with pytest.raises(BadInput, match="no calibration"):
        Calibration.from_dict(values)


def test_one_class_is_said():
    with pytest.raises(BadInput, match="reals and fakes"):
        fit_calibration([1, 2], [1, 1])


def test_reliability_by_hand():
    rows = reliability([0.1, 0.2, 0.9, 0.6], [0, 1, 1, 1], bins=2)
    assert [row["count"] for row in rows] == [2, 2]
    assert [row["predicted"] for row in rows] == pytest.approx([0.15, 0.75])
    assert [row["observed"] for row in rows] == pytest.approx([0.5, 1.0])
    assert [(row["lowest"], row["highest"]) for row in rows] == [(0.1, 0.2), (0.6, 0.9)]
    # Wilson for 2 of 2: lower end 1 / (1 + z^2 / 2) = 0.342
    assert (rows[1]["low"], rows[1]["high"]) == pytest.approx((0.3424, 1.0), abs=1e-3)
    assert calibration_error([0.1, 0.2, 0.9, 0.6], [0, 1, 1, 1], bins=2) == pytest.approx((0.35 + 0.25) / 2)


def test_calibrating_lowers_the_error():
    logits, labels = logistic(8000, scale=0.5, bias=-0.25)  # even classes
    before = calibration_error(expit(logits), labels)
    after = calibration_error(fit_calibration(logits, labels)(logits), labels)
    assert before > 0.08
    assert after < 0.04


def test_bins_hold_equal_masses():
    rows = reliability(np.linspace(0, 1, 103) ** 3, np.tile([0, 1], 52)[:103], bins=10)
    assert {row["count"] for row in rows} == {10, 11}
    assert sum(row["count"] for row in rows) == 103


def test_bad_probabilities_are_said():
    with pytest.raises(BadInput, match="logits"):
        reliability([-1.0, 0.5], [0, 1], bins=1)
    with pytest.raises(BadInput, match="3 bins"):
        reliability([0.1, 0.5], [0, 1], bins=3)
