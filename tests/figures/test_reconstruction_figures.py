"""Figures of DiffusionFake's guides: the numbers that go in are the numbers drawn and said."""

import numpy as np
import pytest

from engines.detection.diffusionfake import measures
from workbench.figures import reconstruction, theme

REBUILT = [
    {"branch": "source", "seed": 0, "psnr_db": 20.0, "psnr_other_db": 12.0, "psnr_unguided_db": 11.0},
    {"branch": "source", "seed": 1, "psnr_db": 22.0, "psnr_other_db": 14.0, "psnr_unguided_db": 11.0},
    {"branch": "target", "seed": 0, "psnr_db": 25.0, "psnr_other_db": 10.0, "psnr_unguided_db": 9.0},
]


def test_means_over_noises():
    figure = reconstruction.carried(REBUILT)
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert list(lines[0].y) == [21.0, 13.0, 11.0] and list(lines[1].y) == [25.0, 10.0, 9.0]
    assert "source: 21.0 dB for the right face" in theme.alt(figure)


def test_weights_with_their_intervals():
    row = {"family": "swap", "alike_source": 0.3, "alike_target": 0.8}
    for branch, value in (("source", 0.4), ("target", 0.7)):
        row |= {f"weight_{branch}": value, f"weight_{branch}_low": value - 0.1, f"weight_{branch}_high": value + 0.2}
    figure = reconstruction.weights([row])
    source, alike = figure.data[0], figure.data[1]
    assert source.y[0] == 0.4 and alike.y[0] == 0.3
    assert source.error_y.array[0] == pytest.approx(0.2) and source.error_y.arrayminus[0] == pytest.approx(0.1)
    assert "swap 0.40 and 0.70" in theme.alt(figure)


def test_a_weight_that_never_moves_has_no_correlation():
    alike = np.array([[0.1, 0.2], [0.5, 0.6], [0.9, 0.7]])
    weight = np.stack([alike[:, 0], np.ones(3)], 1)
    rows = measures.followed(weight, alike, np.arange(3))
    figure = reconstruction.followed(weight, alike, np.array(["a", "b", "real"]), rows)
    assert "source 1.00 (" in theme.alt(figure) and "target 0.00 (0.00 to 0.00), over 3" in theme.alt(figure)
    assert "not measured" in theme.alt(reconstruction.followed(weight, alike, np.array(["a", "b", "real"]), []))


def test_distances_of_reals_and_forgeries_apart():
    values, family = np.array([0.1, 0.3, 1.0, 2.0, 3.0]), np.array(["real", "real", "a", "a", "b"])
    figure = reconstruction.distance(values, family, measures.apart(values, family, np.arange(5)))
    assert "real 0.2 (0.1 to 0.3), forged 2 (1 to 3)" in theme.alt(figure)
    assert [len(trace.x) for trace in figure.data] == [2, 3]
    assert figure.data[0].xbins.size == figure.data[1].xbins.size


def test_three_drawings_come_nearer():
    psnr = np.array([[8.0, 15.0], [9.0, 18.0], [8.0, 10.0]])
    figure = reconstruction.nearing(np.array([1, 5]), psnr, known=True)
    assert [trace.name for trace in figure.data] == ["source", "target", "no guide"]
    assert list(figure.data[1].y) == [9.0, 18.0] and list(figure.data[0].x) == [1, 5]
    assert "the real frame behind the forgery after the last step: source 15.0 dB, target 18.0 dB" in theme.alt(figure)
    assert "the photograph itself" in theme.alt(reconstruction.nearing(np.array([1, 5]), psnr, known=False))
