"""Faces on a photograph, scores, attribution and the timeline."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from workbench.figures import attribution, judgement, theme, timeline


def test_faces_are_framed_where_they_are_on_a_picture_that_was_made_smaller() -> None:
    image = np.zeros((3000, 2400, 3), np.uint8)
    figure = judgement.faces(image, [(100, 200, 300, 500)], ["fake"])
    frame = figure.layout.shapes[1]
    assert (frame.x0, frame.y0, frame.x1, frame.y1) == (100, 200, 300, 500)
    assert tuple(figure.layout.yaxis.range) == (3000, 0), "y runs downwards"
    encoded = figure.layout.images[0].source.split(",")[1]
    assert max(Image.open(io.BytesIO(base64.b64decode(encoded))).size) == 1200
    assert theme.alt(figure) == "Photograph with 1 face found. Face 1: fake."


@pytest.mark.parametrize(("verdict", "colour"), [("likely fake", theme.FAKE), ("unsure", theme.OCHRE)])
def test_scores_take_the_colour_of_the_verdict_and_are_written(verdict: str, colour: str) -> None:
    figure = judgement.scores({"a": 0.1, "b": 0.5, "c": 0.9}, verdict)
    assert {trace.line.color for trace in figure.data} == {colour}
    assert figure.data[2].text[1] == "0.90", "the number is written, not only drawn"
    assert "a 0.10, b 0.50, c 0.90" in theme.alt(figure)


def test_maps_are_averaged_in_cells_and_keep_their_sign() -> None:
    worth = np.zeros((28, 28))
    worth[:2, :2], worth[26:, 26:] = 1.0, -0.5
    figure = attribution.overlay(np.zeros((28, 28, 3), np.uint8), {"detector": worth}, cells=14)
    (heat,) = (trace for trace in figure.data if trace.type == "heatmap")
    values = np.asarray(heat.z)
    assert values.shape == (14, 14)
    assert (values[0, 0], values[13, 13], np.abs(values).sum()) == (1.0, -0.5, 1.5)


def test_a_map_of_zeros_is_drawn_as_nothing() -> None:
    figure = attribution.overlay(np.zeros((14, 14, 3), np.uint8), {"detector": np.zeros((14, 14))})
    assert not np.asarray(figure.data[-1].z).any()


def test_many_orders_are_a_mean_and_a_band() -> None:
    covered, orders = np.array([0.0, 1.0]), np.array([[1.0, 0.0], [3.0, 2.0]])
    figure = attribution.deletion(covered, {"map": np.array([2.0, -1.0]), "elsewhere": orders})
    line, band, mean = figure.data
    assert list(line.y) == [2.0, -1.0]
    assert list(band.y) == [1.0, 0.0, 2.0, 3.0], "lowest forwards, highest backwards"
    assert list(mean.y) == [2.0, 1.0]


def test_a_frame_that_was_not_judged_is_a_gap() -> None:
    figure = timeline.timeline([0.0, 0.5, 1.0], {"effort": [0.2, None, 0.9]})
    assert figure.data[0].connectgaps is False
    assert figure.data[0].y[1] is None
    assert "2 of 3 judged" in theme.alt(figure)
