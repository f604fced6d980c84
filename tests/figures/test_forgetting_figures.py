"""Figures of forgetting from records whose numbers are known."""

import numpy as np
import pytest

from tests.pages.forgetting_runs import METHODS, record
from workbench.figures import forgetting, theme


@pytest.fixture
def records():
    return [record(method, seed) for method in METHODS for seed in (0, 1)]


def named(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_curves_have_a_mean_a_band_and_probes(records):
    figure = forgetting.curves(records[:2])
    line = named(figure, "session 1")
    mean = np.mean([one["accuracy_answer"][:, 0] for one in records[:2]], axis=0)
    assert list(line.x) == [1, 2, 3, 4] and line.y == pytest.approx(mean)
    band = next(trace for trace in figure.data if trace.fill == "toself")
    assert max(band.y) >= max(line.y) and min(band.y) <= min(line.y)
    thin = next(trace for trace in figure.data if not trace.showlegend and trace.fill is None)
    assert np.isnan(np.array(thin.y, float)).sum() == 3  # the line is cut at each session's end
    assert "after 4 sessions" in theme.alt(figure)


def test_a_run_in_its_first_session_is_drawn():
    figure = forgetting.curves([record("safe", 0, 0)])
    assert len(figure.data) == 1 and "no session has ended" in theme.alt(figure)


@pytest.mark.parametrize(("kind", "cell"), zip(forgetting.KINDS, (0.4, 0.5, -0.5), strict=True))
def test_a_matrix_as_accuracy_drop_and_change(kind, cell):
    accuracy = np.array([[0.9, np.nan], [0.4, 0.8]])
    heat = forgetting.matrix(accuracy, ["a", "b"], kind).data[0]
    assert heat.z[1][0] == pytest.approx(cell) and np.isnan(heat.z[0][1])


def test_the_scrubber_hides_later_sessions(records):
    heat = forgetting.matrix(records[0]["accuracy_answer"], ["a"] * 4, upto=1).data[0]
    assert np.isfinite(heat.z[1][0]) and np.isnan(heat.z[2]).all() and np.isnan(heat.z[3]).all()


def test_trails_end_where_the_measures_say(records):
    figure = forgetting.trails(records)
    trace = named(figure, "sequential")
    mine = [one["accuracy_answer"] for one in records if str(one["method"]) == "sequential"]
    expected = np.mean([np.mean([a[j:, j].max() - a[3, j] for j in range(3)]) for a in mine])
    assert trace.x[-1] == pytest.approx(expected) and len(trace.x) == 3
    last = np.full((4, 4), np.nan)
    last[3] = 0.5
    joint = {**records[0], "accuracy_answer": last, "method": np.array("joint")}
    assert "joint" not in {trace.name for trace in forgetting.trails([*records, joint]).data}


def test_learners_and_weights(records):
    assert {trace.name for trace in forgetting.learners(records[0], 3).data} == {
        name for name, _ in forgetting.LEARNERS.values()
    }
    trace = named(forgetting.weights(records[0]["slow_weight"]), "after session 4")
    assert trace.y == pytest.approx([0.5, 0.53, 0.56, 0.59])  # by age: the newest first
    assert not forgetting.weights(np.full((2, 2), np.nan)).data


def test_drift_leaves_out_what_was_not_measured(records):
    assert {trace.name for trace in forgetting.drift(records, "alike").data} == {"safe"}
    assert {trace.name for trace in forgetting.drift(records).data} == set(METHODS)


def test_compared_marks_differences_off_zero():
    rows = [
        {"first": "a", "second": name, "measure": "final", "value": 0.1, "low": low, "high": 0.2, "runs": 9}
        for name, low in (("b", 0.05), ("c", -0.05))
    ]
    (trace,) = forgetting.compared(rows, "final", True).data
    assert list(trace.marker.symbol) == ["diamond", "circle"]
    assert forgetting.compared([], "final").data[0].x == ()
