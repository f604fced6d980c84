"""Alarms over probes."""

import numpy as np

from engines.continual.alarms import alarms

NAN = np.nan


def probes(falls, norm=1.0):
    return np.array([[1, (i + 1) / len(falls), norm, value, 0.5] for i, value in enumerate(falls)])


def test_a_fall_is_told_once_with_where():
    (found,) = alarms(probes([0.9, 0.85, 0.5, 0.4]))
    assert found.kind == "fall" and found.session == 1 and found.part == 0.75
    assert "Session 1 fell by 40 points while session 2" in found.words


def test_a_slow_decline_is_no_fall_within_so_few_probes():
    slow = np.linspace(0.9, 0.5, 21)
    assert alarms(probes(slow), points=20, within=5) == []
    assert alarms(probes(slow), points=20, within=20)


def test_a_fall_that_few_pictures_explain_is_none():
    assert alarms(probes([0.75, 0.5]), pictures=4) == []
    assert alarms(probes([0.75, 0.5]), pictures=400)


def test_rows_thrown_away():
    (found,) = alarms(probes([0.5, 0.5], norm=7e9))
    assert found.kind == "row" and "7.0e+09" in found.words and "class_mean" in found.words


def test_the_first_session_has_nothing_to_forget():
    first = np.array([[0, 0.5, 1.0, 0.9, NAN], [0, 1.0, NAN, 0.1, NAN]])
    assert alarms(first) == [] and alarms(np.empty((0, 5))) == []
