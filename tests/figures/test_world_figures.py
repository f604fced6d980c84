"""Figures of the world: what they show stands in their data and in their words."""

import numpy as np
import pytest

from workbench.figures import theme, world

IMAGE = np.full((20, 20, 3), 100, np.uint8)


def test_landmarks_are_where_they_are_and_the_picture_has_the_image_s_axes() -> None:
    points = np.column_stack([np.linspace(1, 19, 68), np.linspace(2, 18, 68)])
    figure = world.landmarks(IMAGE, points, points[:5])
    drawn = np.concatenate([np.column_stack([t.x, t.y]) for t in figure.data if t.name != "five"])
    assert np.allclose(sorted(drawn[:, 0]), points[:, 0])
    assert sum(len(members) for members in world.PARTS.values()) == 68
    assert (figure.layout.xaxis.range, figure.layout.yaxis.range) == ((0, 20), (20, 0))
    assert figure.layout.images[0].sizex == 20
    assert "68 landmarks" in theme.alt(figure)


def test_regions_say_their_share_and_absent_ones_nothing() -> None:
    half = np.zeros((20, 20), np.float32)
    half[:10] = 1
    figure = world.masks(IMAGE, {"skin": half, "hair": 1 - half, "occluder": half * 0})
    assert [trace.name for trace in figure.data] == ["skin 50%", "hair 50%"]
    assert world.masks(IMAGE, {"skin": half * 0}).data == ()


def test_depth_has_metres_and_gaps() -> None:
    metres = np.full((4, 4), np.inf, np.float32)
    metres[1:3, 1:3] = [[0.5, 0.6], [0.7, 0.8]]
    figure = world.depth(metres)
    assert np.isnan(figure.data[0].z[0, 0])
    assert figure.data[0].z[2, 2] == pytest.approx(0.8)
    assert theme.alt(figure) == "Depth from 0.50 to 0.80 metres."
    assert world.depth(np.full((4, 4), np.inf)).data


def test_normals_are_drawn_as_colour_and_nothing_is_white() -> None:
    vectors = np.full((2, 2, 3), np.nan, np.float32)
    vectors[0, 0] = [0, -1, 0]
    assert "blue towards the camera" in theme.alt(world.normals(vectors))


def test_counts_keep_their_order_and_their_shares() -> None:
    rows = [{"label": "swept_back", "count": 3, "share": 0.75}, {"label": "none", "count": 1, "share": 0.25}]
    (bars,) = world.counts(rows, "people").data
    assert list(bars.y) == ["swept back", "none"]
    assert list(bars.x) == [3, 1]
    assert list(bars.customdata) == [0.75, 0.25]


def test_error_rates_carry_their_intervals() -> None:
    row = {"eer": 0.03, "low_95": 0.02, "high_95": 0.05, "same": 12, "different": 54}
    (dots,) = world.error_rates([{"pairs": "all", **row}, {"pairs": "some", **row}], "pairs").data
    assert list(dots.x) == [3, 3]
    assert dots.error_x.array == pytest.approx((2, 2))
    assert dots.error_x.arrayminus == pytest.approx((1, 1))
    (binned,) = world.error_rates([{"low": 0, "high": 10, **row}], "", "degrees").data
    assert list(binned.y) == ["0 to 10"]


def test_defects_and_masks_of_a_forgery() -> None:
    figure = world.defects({"warp": 0.4, "colour": 0.1}, 0.74)
    assert theme.alt(figure).startswith("Quality 0.74. Defects: warp 0.40")
    assert theme.alt(world.forged(IMAGE, np.eye(20))) == "5% of the picture's light is forged."


def test_lines_over_time_differ_in_colour_and_dash() -> None:
    rows = [{"time_s": t / 25, "yaw": float(t), "left_eye": 1.0} for t in range(3)]
    figure = world.over_time(rows, ("yaw", "left_eye"), "degrees")
    assert [trace.name for trace in figure.data] == ["yaw", "left eye"]
    assert len({trace.line.color for trace in figure.data}) == len({trace.line.dash for trace in figure.data}) == 2
    assert "yaw up to 2.0" in theme.alt(figure)
