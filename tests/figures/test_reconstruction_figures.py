"""Figures of DiffusionFake's guides: the numbers that go in are the numbers drawn and said."""

import numpy as np
import pytest

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
    figure = reconstruction.followed(weight, alike, np.array(["a", "b", "real"]))
    assert "source 1.00, target 0.00, over 3 pictures" in theme.alt(figure)


def test_distances_of_reals_and_forgeries_apart():
    figure = reconstruction.distance(np.array([0.1, 0.3, 1.0, 2.0, 3.0]), np.array(["real", "real", "a", "a", "b"]))
    assert "real pictures 0.2, forgeries 2" in theme.alt(figure)
    assert [len(trace.x) for trace in figure.data] == [2, 3]
    assert figure.data[0].xbins.size == figure.data[1].xbins.size
