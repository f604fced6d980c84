"""Spectra, movement, features and attention: what is drawn where."""

import numpy as np
import pytest

from workbench.figures import attention, features, spectra, theme, track
from workbench.figures.weights import Weight, read

NAMES = ["blocks.0.q", "blocks.0.k", "blocks.1.q", "blocks.1.k"]
VALUES = np.array([[4.0, 2.0, 1.0], [3.0, 2.0, 0.5], [5.0, 1.0, 0.1], [2.0, 1.0, 0.0]])


@pytest.mark.parametrize(
    ("name", "layer", "projection"),
    [
        ("blocks.3.q", 3, "q"),
        ("blocks.11.attn.out", 11, "out"),
        ("vision_model.encoder.layers.23.self_attn.k_proj.weight", 23, "k"),
        ("layers.2.attn.proj", 2, "other"),
        ("layers.2.attn.o_proj", 2, "out"),
        ("head", 0, "other"),
    ],
)
def test_names_are_read(name: str, layer: int, projection: str) -> None:
    if name.endswith("attn.proj"):
        projection = "out"
    assert read(name) == Weight(name, layer, projection)


def test_spectrum_has_a_line_for_each_weight_and_a_legend_entry_for_each_projection() -> None:
    figure = spectra.spectrum(NAMES, VALUES, rank=1)
    assert [trace.showlegend for trace in figure.data] == [True, True, False, False]
    assert list(figure.data[0].x) == [1, 2, 3]
    assert figure.data[3].y[2] > 0, "zero has no place on a log axis"


def test_spectrum_of_one_layer() -> None:
    assert [trace.name for trace in spectra.spectrum(NAMES, VALUES, layer=1).data] == ["q", "k"]


def test_the_trained_tail_is_marked() -> None:
    (band,) = spectra.spectrum(NAMES, VALUES, rank=2).layout.shapes
    assert (band.x0, band.x1) == (1.5, 3.5)
    (line,) = spectra.spectrum(NAMES, VALUES, rank=1, floor=0.5).layout.shapes
    assert line.y0 == line.y1 == 0.5


def test_by_layer_orders_layers() -> None:
    figure = spectra.by_layer(NAMES[::-1], np.array([4.0, 3.0, 2.0, 1.0]), "rank")
    assert {trace.name: (list(trace.x), list(trace.y)) for trace in figure.data} == {
        "q": ([0, 1], [1.0, 3.0]),
        "k": ([0, 1], [2.0, 4.0]),
    }


def test_bars_name_each_case_and_say_its_median() -> None:
    figure = spectra.bars(NAMES, {"k = 1": np.array([1e-4, 1e-4, 1e-4, 1e-2]), "k = 8": np.full(4, 0.1)}, "scale")
    assert [trace.y[0] for trace in figure.data] == ["k = 1", "k = 8"]
    assert "k = 1 0.0001; k = 8 0.1" in theme.alt(figure)
    assert figure.data[0].text[2] == "layer 1 · q"


def test_smallest_counts_from_the_end() -> None:
    figure = spectra.smallest(NAMES, VALUES)
    assert list(figure.data[0].x) == [3, 2, 1]
    assert figure.layout.xaxis.autorange == "reversed"


def test_track_draws_the_median_of_each_projection() -> None:
    angle = np.array([[0.0, 0, 0, 0], [1.0, 10, 3, 30]])
    figure = track.angles([0, 5], NAMES, angle)
    thick = {trace.name: list(trace.y) for trace in figure.data if trace.line.width > 2}
    assert thick == {"q": [0, 2], "k": [0, 20]}
    assert "1 to 30, median 6.5 degrees" in theme.alt(figure)


def test_moved_leaves_out_what_a_log_axis_cannot_show() -> None:
    rows = [{"method": "effort", "step": 0, "moved": 0.0}, {"method": "effort", "step": 5, "moved": 1e-6}]
    (trace,) = track.moved(rows).data
    assert (list(trace.x), list(trace.y)) == ([5], [1e-6])


def test_kinds_of_samples() -> None:
    labels, families = np.array([0, 1, 1]), np.array(["real", "swap", "upsample"])
    assert features.kinds(labels, families, ["swap"]) == ["real", "seen fake", "unseen fake"]


def test_scatter_counts_each_kind_and_differs_in_shape() -> None:
    points = np.arange(8.0).reshape(4, 2)
    figure = features.scatter(
        points, ["real", "real", "seen fake", "unseen fake"], ["real", "real", "swap", "upsample"], [0.5, 0.25]
    )
    assert [trace.name for trace in figure.data] == ["real (2)", "seen fake (1)", "unseen fake (1)"]
    assert len({trace.marker.symbol for trace in figure.data}) == 3
    assert figure.layout.xaxis.title.text == "PC 1 (50% of variance)"


def test_variance_finds_ninety_percent() -> None:
    assert "2 components hold 90 %" in theme.alt(features.variance([0.6, 0.31, 0.09]))
    assert "1 components" in theme.alt(features.variance([0.95, 0.05]))


def test_attention_is_shown_as_multiples_of_the_uniform_share() -> None:
    images = np.zeros((1, 4, 4, 3), np.uint8)
    maps = {"whole": np.array([[[3.0, 1.0], [0.0, 0.0]]]), "principal": np.ones((1, 2, 2)) * 7}
    figure = attention.grid(images, maps)
    whole, principal = (trace for trace in figure.data if trace.type == "heatmap")
    assert np.asarray(whole.z).tolist() == [[3.0, 1.0], [0.0, 0.0]]
    assert np.asarray(principal.z).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert whole.coloraxis == principal.coloraxis, "one scale"
    assert (whole.x0, whole.dx) == (0.5, 2.0), "the first cell covers pixels 0 and 1"
