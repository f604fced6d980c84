"""Figures of forgery quality, pacing and FreDA: what is drawn where."""

from typing import Any

import numpy as np
import pytest

from workbench.figures import freda, pacing, quality, theme

FAMILY = np.array(["swap", "swap", "swap", "xray"])
SCORES = np.array([0.01, 0.02, 0.99, 0.5])


def test_a_spread_is_in_shares_of_each_family_on_bins_that_stay() -> None:
    swap, xray = quality.spread(SCORES, FAMILY, "q").data
    assert (swap.name, xray.name) == ("swap", "xray")
    assert [swap.y[0], swap.y[quality.BINS - 1]] == [pytest.approx(2 / 3), pytest.approx(1 / 3)]
    assert sum(xray.y[: quality.BINS]) == 1
    assert list(swap.x) == list(xray.x)
    assert "swap 0.02, xray 0.50" in theme.alt(quality.spread(SCORES, FAMILY, "q"))


def test_the_highest_score_falls_into_the_last_bin() -> None:
    (one,) = quality.spread(np.array([2.0]), np.array(["swap"]), "FQS", top=2.0).data
    assert one.y[quality.BINS - 1] == 1


def test_upgraded_forgeries_are_hollow_and_pictured_ones_numbered() -> None:
    upgraded = np.array([True, False, False, False])
    figure = quality.scatter(SCORES, SCORES[::-1], FAMILY, upgraded, pictured=[3, 0])
    marks = {trace.name: (trace.marker.symbol, list(trace.x)) for trace in figure.data if trace.showlegend}
    assert marks == {
        "swap": ("circle", [0.02, 0.99]), "swap, upgraded": ("circle-open", [0.01]), "xray": ("diamond", [0.5]),
    }  # fmt: skip
    notes = [(note.text, note.x, note.y) for note in figure.layout.annotations]
    assert notes == [("<b>1</b>", 0.5, 0.01), ("<b>2</b>", 0.01, 0.5)]
    assert "1 of them upgraded" in theme.alt(figure)


def test_families_keep_their_colours_between_figures() -> None:
    first = {trace.name: trace.line.color for trace in quality.spread(SCORES, FAMILY, "q").data}
    second = {t.name: t.marker.color for t in quality.against_known(SCORES, SCORES, FAMILY, "q").data}
    third = {t.name: t.line.color for t in pacing.by_family(np.ones((2, 4), bool), FAMILY, "share").data}
    assert first == second == third


def row(families: str, measured: str, rho: float, **more: float) -> dict[str, Any]:
    return {"method": "quality", "families": families, "measured": measured, "forgeries": 9, "spearman": rho, **more}


def test_agreement_has_a_mark_for_each_family_and_measure() -> None:
    rows = [row("all", "static q", 0.4), row("all", "dynamic d", -0.1), row("swap", "static q", 0.6)]
    figure = quality.agreement(rows)
    static, dynamic = figure.data
    assert (list(static.x), list(dynamic.x)) == ([0.4, 0.6], [-0.1])
    assert static.y[0] > dynamic.y[0] > static.y[1]
    assert list(figure.layout.yaxis.ticktext) == ["<b>all</b>", "swap"]
    assert static.error_x.visible is False
    assert "all, static q +0.40" in theme.alt(figure)


def test_agreement_shows_the_intervals_that_rows_have() -> None:
    static = quality.agreement([row("all", "static q", 0.4, low=0.1, high=0.6)]).data[0]
    assert list(static.error_x.array) == [pytest.approx(0.2)]
    assert list(static.error_x.arrayminus) == [pytest.approx(0.3)]


def test_the_pacing_curve_counts_epochs_from_one() -> None:
    figure = pacing.curve({"run": [0.0, 0.1, 0.6], "preview": [0.0, 0.4]})
    run, preview = figure.data
    assert list(run.x) == [1, 2, 3]
    assert list(preview.y) == [0.0, 0.4]
    assert run.line.dash != preview.line.dash
    assert "run from 0% to 60%" in theme.alt(figure)


def test_shares_by_family_are_counted_within_the_family() -> None:
    chosen = np.array([[False] * 4, [True, False, False, True]])
    swap, xray = pacing.by_family(chosen, FAMILY, "share upgraded").data
    assert list(swap.y) == [0, pytest.approx(1 / 3)]
    assert list(xray.y) == [0, 1]


def test_the_difference_is_even_about_zero() -> None:
    (drawn,) = freda.difference(np.array([[-30.0, 0.0], [5.0, 10.0]])).data
    assert (drawn.zmin, drawn.zmax) == (-30, 30)
    assert "up to 30 of 255 levels" in theme.alt(freda.difference(np.array([[-30.0, 0.0]])))


def test_spectra_share_a_scale_and_zero_frequency_is_in_the_middle() -> None:
    planes = {name: np.full((8, 8), float(i)) for i, name in enumerate(freda.LOOKS)}
    figure = freda.spectra(planes, np.eye(8))
    assert [trace.coloraxis for trace in figure.data[:3]] == ["coloraxis"] * 3
    assert all(trace.x0 + 4 * trace.dx == 0 for trace in figure.data)
    assert [note.text for note in figure.layout.annotations] == ["forgery", "real frame", "upgraded", "mask"]


def test_radial_power_begins_at_one_cycle_and_is_told_against_the_real_frame() -> None:
    power = {name: np.array([100.0, 4.0, 2.0, 1.0]) for name in freda.LOOKS}
    power["fake"] = power["real"] * np.array([1, 1, 10, 0.1])
    figure = freda.radial(power, cutoff=0.1, side=20)
    above = {trace.name: list(trace.y) for trace in figure.data if trace.yaxis == "y"}
    below = {trace.name: list(trace.y) for trace in figure.data if trace.yaxis == "y2"}
    assert above == {"forgery": [4, 20, 0.1], "real frame": [4, 2, 1], "upgraded": [4, 2, 1]}
    assert below == {"forgery": [0, 10, -10], "real frame": [0, 0, 0], "upgraded": [0, 0, 0]}
    assert all(list(trace.x) == [1, 2, 3] for trace in figure.data)
    assert {shape.x0 for shape in figure.layout.shapes} == {2.0}
    assert len({trace.line.dash for trace in figure.data}) == 3
