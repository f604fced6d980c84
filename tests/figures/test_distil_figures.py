"""Figures of the Distil page: what they draw of given numbers."""

import numpy as np
import pytest

from workbench.figures import distil, theme

CURVES = {
    "val/a>b/tas/0": ([1, 2], [0.2, 0.6]), "val/a>b/tas/1": ([1], [0.4]), "val/timm/x>timm/y/kd/0": ([1], [0.1]),
    "val/a/teacher/0": ([1], [0.9]), "a-to-b-tas-0/loss": ([1], [3.0]),
}  # fmt: skip
ROWS = [
    {"pair": "a>b", "first": "tas", "second": "kd", "epoch": "best", "difference": 0.05, "low": 0.01, "high": 0.09},
    {"pair": "a>b", "first": "tas", "second": "ofa", "epoch": "best", "difference": -0.02, "low": -0.06, "high": 0.02},
    {"pair": "c>d", "first": "tas", "second": "kd", "epoch": "best", "difference": -0.1, "low": -0.2, "high": -0.05},
]


def test_a_race_has_the_mean_of_the_seeds_that_came_so_far():
    assert set(distil.races(CURVES, "a>b")) == {"tas"} and set(distil.races(CURVES, "timm/x>timm/y")) == {"kd"}
    figure = distil.race(CURVES, "a>b", teacher=0.7)
    (mean,) = [trace for trace in figure.data if trace.name == "tas"]
    assert list(mean.x) == [1] and mean.y[0] == pytest.approx(0.3)
    assert figure.layout.shapes[0].y0 == 0.7 and "tas 50.0%" in theme.alt(figure)


def test_nine_methods_look_different():
    curves = {f"val/p>q/m{n}/0": ([1], [0.1]) for n in range(9)}
    looks = {(t.line.color, t.line.dash, t.marker.symbol) for t in distil.race(curves, "p>q").data}
    assert len(looks) == 9


def test_differences_and_gains_mark_what_is_decided():
    assert "+5.0% (+1.0% to +9.0%)" in theme.alt(distil.paired(ROWS, "a>b"))
    assert "above in 1 and below in 1 of 3" in theme.alt(distil.gains(ROWS))
    (grid,) = distil.gains(ROWS).data
    assert grid.text[0][0].startswith("<b>") and not grid.text[1][0].startswith("<b>") and grid.text[1][1] == ""


def test_accuracy_has_best_and_last():
    rows = [{"pair": "a>b", "method": "tas", "epoch": epoch, "accuracy": value, "low": 0.2, "high": 0.9, "seeds": 3}
            for epoch, value in (("best", 0.6), ("last", 0.5))]  # fmt: skip
    best, last = distil.accuracy(rows, "a>b").data
    assert list(best.x) == [0.6] and list(last.x) == [0.5] and best.error_x.array[0] == pytest.approx(0.3)


def test_infonce_matrix_by_hand():
    eye = np.eye(2)
    soft = distil.probabilities(eye, eye, 0.5)
    assert soft[0, 0] == pytest.approx(np.exp(2) / (np.exp(2) + 1))
    assert f"InfoNCE {-np.log(soft[0, 0]):.3f} nats" in theme.alt(distil.matrix(eye, eye, 0.5))


def test_the_assistants_first_stages_are_its_fronts():
    kept = {f"mean {name} {n}": np.full((1, 2, 2), 10 * n + k) for k, name in enumerate(("teacher", "student"))
            for n in (1, 2, 3, 4)}  # fmt: skip
    kept |= {"mean assistant": np.full((1, 2, 2), 99), "front": np.array("student")}
    values = [int(trace.z[0][0]) for trace in distil.maps(kept, 0).data]
    assert values == [10, 20, 30, 40, 11, 21, 31, 99, 11, 21, 31, 41]


def test_shuffle_is_relative_to_before():
    figure = distil.shuffle(np.array([0, 1.0]), np.array([2.0, 2.0]), np.array([0.5, 1.0]))
    assert list(figure.data[0].y) == [1, 1] and list(figure.data[1].y) == [1, 2]


def test_ofa_weight_at_one_is_the_probability():
    figure = distil.ofa_weight(1.5)
    np.testing.assert_allclose(figure.data[0].y, figure.data[0].x)
    assert figure.data[1].y[-1] == pytest.approx(2**1.5 - 1)
