"""A figure is drawn once for the same values, and never given for others."""

import numpy as np
import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as st

from workbench.figures import attention, attribution, drift, judgement, kept, theme, timeline


@kept.kept
def line(values: np.ndarray, title: str = "") -> go.Figure:
    return theme.new(title, height=100 + len(values)).add_scatter(y=values)


def test_the_same_values_are_drawn_once() -> None:
    first = line(np.arange(3), title="a")
    assert line(np.arange(3), title="a") is first
    assert line(np.arange(3), title="b") is not first
    assert line(np.arange(4), title="a").layout.height == 104


@given(st.lists(st.floats(allow_nan=True), max_size=5), st.lists(st.floats(allow_nan=True), max_size=5))
def test_other_values_are_another_figure(one: list[float], other: list[float]) -> None:
    drawn = line(np.array(other)) if line(np.array(one)) else None
    assert drawn is not None
    np.testing.assert_array_equal(np.asarray(drawn.data[0].y, float), np.asarray(other, float))


def test_only_so_many_are_kept() -> None:
    first = line(np.arange(2), title="first")
    for number in range(kept.MOST):
        line(np.arange(2), title=f"other {number}")
    assert line(np.arange(2), title="first") is not first


def test_dressed_once_in_each_mode_and_the_figure_stays_as_it_was() -> None:
    figure = line(np.arange(5), title="dressed")
    before = figure.to_json()
    dark, light = kept.dressed(figure, "dark"), kept.dressed(figure, "light")
    assert dark is kept.dressed(figure, "dark") is not light
    assert figure.to_json() == before
    assert light.to_json() == theme.dressed(figure, "light").to_json()
    assert dark.to_json() == theme.dressed(figure, "dark").to_json()
    assert kept.dressed(go.Figure(figure), "dark") is not dark, "a copy that may have been changed"


def test_large_values_and_a_visitors_picture_are_not_kept() -> None:
    large = np.zeros(kept.LARGEST // 8 + 1)
    assert line(large) is not line(large)
    face = {"map": np.zeros((14, 14))}
    assert attribution.overlay(np.zeros((98, 98, 3), np.uint8), face) is not attribution.overlay(
        np.zeros((98, 98, 3), np.uint8), face
    )
    for drawn in (judgement.faces, judgement.scores, timeline.timeline, drift.curves, attention.grid):
        assert not hasattr(drawn, "__wrapped__"), "what a visitor brings is not kept"
