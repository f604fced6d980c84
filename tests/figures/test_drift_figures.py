"""Drift drawn: units, gaps, and words that say what the lines say."""

import numpy as np
import pytest

from workbench.figures import drift, theme, timeline

ORGANS = ("brows", "eyes", "nose", "mouth", "jaw")
TIMES = np.arange(20) / 10


def size() -> np.ndarray:
    values = np.full((20, 5), 0.01)
    values[:, 3] = 0.05
    return values


def test_curves_are_percent_of_the_eye_distance_and_break_where_the_face_was_away() -> None:
    times = np.concatenate([TIMES, TIMES + 5])
    figure = drift.curves(times, np.concatenate([size(), size()]), ORGANS)
    mouth = figure.data[3]
    assert (mouth.name, mouth.y[0]) == ("mouth", 5.0)
    assert len(mouth.x) == 41 and np.isnan(mouth.y[20]) and mouth.connectgaps is False
    assert "mouth 5.0" in theme.alt(figure)


def test_the_strip_has_a_row_an_organ() -> None:
    figure = drift.strip(TIMES, size(), ORGANS)
    assert np.asarray(figure.data[0].z).shape == (5, 20)
    assert "the mouth moves most" in theme.alt(figure)


def test_the_spectrum_leaves_out_the_mean_and_shows_amplitudes() -> None:
    power = np.zeros((11, 5))
    power[0], power[4, 2] = 9.0, 0.02**2 / 2  # a swing of 2 % at the fourth frequency
    figure = drift.spectrum(np.arange(11) / 2, power, ORGANS, 4.0)
    assert max(figure.data[2].y) == pytest.approx(2.0)
    assert "nose 2.0 Hz" in theme.alt(figure)
    assert len(figure.layout.shapes) == 1, "where fast begins"
    assert not drift.spectrum(np.arange(3), power[:3], ORGANS, 4.0).layout.shapes


def test_sets_are_compared_kind_by_kind() -> None:
    rows = [
        {"kind": kind, "clip": n, "all": value} for kind, value in (("real", 0.01), ("swap", 0.03)) for n in range(3)
    ]
    figure = drift.compared(rows, "all")
    assert [(box.name, box.marker.color) for box in figure.data] == [("real", theme.REAL), ("swap", theme.FAKE)]
    assert "real 1.00, swap 3.00" in theme.alt(figure)
    found = {"true landmarks": [{"kind": "swap", "auc": 0.9, "low": 0.7, "high": 1.0}]}
    apart = drift.told_apart(found)
    assert apart.data[0].x[0] == 0.9
    assert apart.data[0].error_x.array[0] == pytest.approx(0.1)
    assert "swap 0.90" in theme.alt(apart)


def test_features_and_patches() -> None:
    patches = np.full((19, 7, 7), 0.1)
    patches[:, 4, 2] = 0.6
    figure = drift.features(TIMES[1:], np.full(19, 0.2), patches)
    assert figure.data[-1].name == "pooled" and "0.200" in theme.alt(figure)
    assert "row 5, column 3" in theme.alt(drift.patch_map(patches))


def test_before_and_after_are_told_apart_by_more_than_colour() -> None:
    figure = drift.before_and_after({"original": {"nose": 0.01}, "blend": {"nose": 0.02}})
    assert [bar.y[0] for bar in figure.data] == [1.0, 2.0]
    assert figure.data[0].marker.pattern.shape != figure.data[1].marker.pattern.shape


def test_the_timeline_marks_mean_worst_second_moments_and_cuts() -> None:
    worst = {"start_s": 1.0, "end_s": 2.0, "score": 0.9, "frames": 4}
    moments = [{"time_s": 1.2, "score": 0.95, "against": False}]
    figure = timeline.timeline(
        [0.0, 1.0, 1.5], {"effort": [0.2, None, 0.9]}, means={"effort": 0.55}, worst=worst, moments=moments, cuts=[0.8]
    )
    assert "Mean of effort: 0.55" in theme.alt(figure) and "begins at 1.0 s" in theme.alt(figure)
    assert [trace.name for trace in figure.data] == ["effort", "decides"]
    kinds = [(shape.type, shape.x0) for shape in figure.layout.shapes]
    assert ("rect", 1.0) in kinds and ("line", 0.8) in kinds
