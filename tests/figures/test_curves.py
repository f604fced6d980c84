import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.figures import curves, theme

ROWS = [
    {"step": 1, "loss/real": 0.7, "loss/fake": 0.6, "lr": 0.1},
    {"step": 2, "loss/real": 0.5, "loss/fake": 0.2, "reg/orth": 1.0},
    {"step": 3, "loss/real": math.nan, "loss/fake": 0.1, "reg/ksv": 2.0},
]


def test_smoothing_by_hand() -> None:
    # weight .5: 1; (.25·1 + .5·3) / .75 = 7/3
    assert curves.smooth([1.0, 3.0], 0.5) == pytest.approx([1.0, 7 / 3])


@given(st.lists(st.floats(-1e3, 1e3), max_size=40), st.floats(0, 0.99))
def test_smoothing_stays_within_the_values(values: list[float], weight: float) -> None:
    smooth = curves.smooth(values, weight)
    assert len(smooth) == len(values)
    assert all(min(values) - 1e-6 <= value <= max(values) + 1e-6 for value in smooth)


@given(st.integers(0, 200), st.integers(1, 20))
def test_thinning_keeps_the_order_the_last_and_few(count: int, limit: int) -> None:
    x = [float(i) for i in range(count)]
    few, values = curves.thin(x, [-value for value in x], limit)
    assert few == sorted(few) and values == [-value for value in few]
    assert len(few) <= limit + 1
    assert few[-1:] == x[-1:]
    assert len(few) == count or count > limit


def test_losses_share_one_axis_and_leave_out_what_is_no_number() -> None:
    figure = curves.losses(ROWS, smoothing=0.0)
    real, fake = figure.data
    assert (list(real.x), list(real.y)) == ([1, 2], [0.7, 0.5])
    assert list(fake.y) == [0.6, 0.2, 0.1]
    assert real.line.dash != fake.line.dash, "not by colour alone"
    assert "fake below real" in theme.alt(figure)


def test_raw_values_stand_behind_smoothed_ones() -> None:
    figure = curves.losses(ROWS, smoothing=0.9)
    assert [trace.showlegend for trace in figure.data] == [False, None, False, None]


def test_each_training_of_a_run_has_its_losses() -> None:
    rows = [{"step": 1, "loss/real": 0.7, "loss/fake": 0.6, "lora-0/loss/real": 0.5, "lora-0/loss/fake": 0.4}]
    assert curves.trainings(rows) == ["", "lora-0/"]
    assert curves.prefixes(rows) == []
    assert [list(trace.y) for trace in curves.losses(rows, "lora-0/", smoothing=0.0).data] == [[0.5], [0.4]]


def test_long_trainings_are_smoothed_more() -> None:
    noisy = [{"step": i, "loss/real": float(i % 2), "loss/fake": 0.0} for i in range(600)]
    spread = {n: np.ptp(curves.losses(noisy[:n]).data[1].y[-20:]) for n in (60, 600)}
    assert spread[600] < spread[60]


def test_no_values_yet_is_said() -> None:
    assert "no values yet" in theme.alt(curves.losses([]))


def test_groups() -> None:
    assert curves.prefixes(ROWS) == ["lr", "reg"]
    figure = curves.group(ROWS, "reg")
    assert {trace.name: list(trace.y) for trace in figure.data} == {"orth": [1.0], "ksv": [2.0]}
    assert [list(trace.y) for trace in curves.group(ROWS, "lr").data] == [[0.1]]
