"""Figures of face recognition hold what they were given."""

import numpy as np

from engines.recognition.frcsyn.published import leaderboard
from workbench.figures import recognition, theme

OURS = [{"system": "rendered", "rank": 1, "seeds": 3, "to": 70.0, "to_low": 66.0, "to_high": 72.0, "gap": 4.0}]
GROUP = {"group": "Asian-male", "accuracy": 88.0, "low": 80.0, "high": 93.0, "fmr": 10.0, "fnmr": 14.0, "mated": 50,
         "non_mated": 50}  # fmt: skip


def test_published_and_ours_have_axes_of_their_own():
    figure = recognition.leaderboard(leaderboard("1.1"), OURS, "to")
    teams, mine = figure.data
    assert teams.xaxis != mine.xaxis and len(teams.x) == 6 and mine.x == (70.0,)
    assert mine.error_x.array == (2.0,) and mine.error_x.arrayminus == (4.0,)
    titles = [note.text for note in figure.layout.annotations]
    assert "organisers' databases" in titles[0] and "face world" in titles[1]
    assert "ID R&D 96.73" in theme.alt(figure) and "rendered 70.00" in theme.alt(figure)


def test_a_board_without_a_run_or_without_the_number():
    assert len(recognition.leaderboard(leaderboard("2.1"), [], "avg").data) == 1
    baseline = [{"system": "real", "rank": 0, "seeds": 1}]
    assert len(recognition.leaderboard(leaderboard("2.1"), baseline, "gap").data) == 1
    assert recognition.leaderboard([], [], "to").data == ()


def test_bars_of_groups():
    figure = recognition.groups({"real": [GROUP], "rendered": [{**GROUP, "accuracy": 70.0, "low": 60.0}]})
    assert [bar.name for bar in figure.data] == ["real", "rendered"]
    assert figure.data[0].y == (88.0,) and figure.data[0].error_y.arrayminus == (8.0,)
    assert "FMR 10.0 %" in figure.data[0].hovertext[0] and figure.layout.yaxis.range[0] == 50


def test_det_marks_one_per_cent():
    line = np.array([1.0, 0.1, 0.01, 0.0]), np.array([0.0, 0.05, 0.2, 1.0])
    figure = recognition.det({"bupt": {"real": line}}, {"bupt": [{"system": "real", "fnmr": 0.2, "strangers": 500}]})
    curve, mark = figure.data
    assert min(curve.x) > 0 and min(curve.y) > 0 and (mark.x, mark.y) == ((0.01,), (0.2,))
    assert "500 strangers" in mark.hovertext[0]


def test_densities_are_shares_and_the_bin_is_shaded():
    mated, strangers = np.array([0.5, 0.51, 0.9, 1.0]), np.array([0.0])
    figure = recognition.densities({"age gap 5": (mated, strangers), "age gap 30": (mated, strangers[:0])}, 0.3,
                                   ("age gap 30", 24))  # fmt: skip
    first = figure.data[0]
    assert np.isclose(sum(first.y[:-1]), 1) and first.y[-2] == 0.25
    assert figure.layout.yaxis.range == (0, 1.08)  # the strangers' one bin holds them all
    assert len(figure.data) == 3  # no line where there are no strangers
    assert "age gap 30 0.73 and none" in theme.alt(figure)
    assert [shape.type for shape in figure.layout.shapes].count("rect") == 1


def test_mix_leaves_out_the_baselines_gap():
    low = {f"{name}_{end}": 1.0 for name in ("to", "avg", "gap") for end in ("low", "high")}
    rows = [{"system": "real", "share": 0.0, "to": 1.0, "avg": 1.0, **low},
            {"system": "both", "share": 0.5, "to": 1.0, "avg": 1.0, "gap": 1.0, **low}]  # fmt: skip
    figure = recognition.mix(rows)
    assert [trace.name for trace in figure.data] == ["real", "both", "real", "both", "both"]
