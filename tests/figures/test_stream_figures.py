"""What the streams of a detector of clips carry: figures with known numbers."""

import numpy as np
import pytest

from workbench.figures import streams

ROWS = [
    {"condition": name, "family": family, "auc": auc, "low": auc - 0.05, "high": auc + 0.05}
    for name, shift in (("whole", 0.0), ("without temporal", -0.2))
    for family, auc in (("drift-swap", 0.9 + shift), ("flicker", 0.6 + shift / 4))
]
BALANCE = [
    {"seed": seed, "layer": layer, "family": family, "spatial": 2.0 + seed, "temporal": 4.0 * layer}
    for seed in (0, 1) for layer in (0, 1) for family in ("real", "flicker")
]  # fmt: skip


def marks(figure):
    return {trace.name: dict(zip(trace.text, trace.x, strict=True)) for trace in figure.data if trace.name}


def test_each_condition_has_its_mark_and_unseen_families_stand_below():
    figure = streams.switched_off(ROWS, ["drift-swap"])
    assert marks(figure)["without temporal"] == {"drift-swap": pytest.approx(0.7), "flicker": pytest.approx(0.55)}
    names = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert names["drift-swap"] > names["flicker (unseen)"]
    assert "whole 0.900 on seen families" in figure.layout.meta["alt"]


def test_lines_are_means_over_seeds_and_layers_count_from_one():
    figure = streams.balance(BALANCE, "flicker")
    lines = {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data if trace.name}
    assert lines == {"spatial": ([1, 2], [2.5, 2.5]), "temporal": ([1, 2], [0.0, 4.0])}
    assert "spatial 2.5 times; temporal 2.0 times" in figure.layout.meta["alt"]


def test_attention_lies_on_a_scale_around_an_even_share():
    received = np.ones((2, 3, 2, 2))
    received[1, 2, 0, 1] = 1.3
    figure = streams.looked(np.zeros((3, 4, 4, 3), np.uint8), received)
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == pytest.approx((0.7, 1.3))
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert len(maps) == 6 and sum(np.max(trace.z) > 1 for trace in maps) == 1
    assert "at most 30% from even" in figure.layout.meta["alt"]
    even = streams.looked(np.zeros((3, 4, 4, 3), np.uint8), np.ones((2, 3, 2, 2)))
    assert even.layout.coloraxis.cmax == pytest.approx(1 + streams.LEAST), "noise is not stretched to full colour"


def test_frames_ask_in_rows():
    shares = np.stack([np.full((2, 2), 0.5), np.eye(2)])
    figure = streams.between(shares)
    np.testing.assert_array_equal(figure.data[1].z, np.eye(2))
    assert "hears the spatial stream 0.50, hears the temporal stream 1.00" in figure.layout.meta["alt"]
