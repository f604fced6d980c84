"""Hulls and edges of masks: what they hold, how they are cut, and where they end."""

import numpy as np
import pytest

from engines.faceworld.forgery.masks import HULLS, feather, hull, kept_to, shown
from engines.faceworld.forgery.selfblend import soften
from engines.faceworld.forgery.xray import grown
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

SIZE = 112
PICTURE = render(Person.sample(3), Photo.sample(4, frontal=True, occluder="none"), SIZE)
POINTS = PICTURE.truth.landmarks


def _value(mask: np.ndarray, point: np.ndarray) -> float:
    column, row = (int(np.clip(place, 0, SIZE - 1)) for place in point)
    return float(mask[row, column])


@pytest.mark.parametrize("kind", HULLS)
def test_hulls_hold_the_nose_and_not_the_corners(kind: str) -> None:
    mask = hull(POINTS, kind, SIZE)
    assert mask.shape == (SIZE, SIZE) and mask.min() == 0 and mask.max() == 1
    assert _value(mask, POINTS[30]) == 1 and mask[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0


def test_hulls_are_ordered_by_what_they_cover() -> None:
    area = {kind: hull(POINTS, kind, SIZE).sum() for kind in HULLS}
    assert area["components"] < area["inner"] < area["full"] < area["extended"] and area["parts"] < area["full"]


def test_regions_hold_their_organ() -> None:
    lower, mouth, eyes, brows = (hull(POINTS, kind, SIZE) for kind in ("lower", "mouth", "eyes", "brows"))
    jaw, lip, pupil, brow = POINTS[5] + [3, -1], POINTS[48:60].mean(0), POINTS[36:42].mean(0), POINTS[19]
    assert _value(lower, jaw) == _value(lower, lip) == _value(mouth, lip) == 1
    assert _value(eyes, pupil) == 1 and _value(brows, brow) > 0.4
    assert _value(mouth, jaw) == _value(lower, pupil) == _value(eyes, lip) == 0


def test_a_square_of_points_fills_its_area() -> None:
    square = np.tile(np.array([[20.0, 20], [60, 20], [60, 60], [20, 60]]), (17, 1))
    assert hull(square, "inner", SIZE).sum() == pytest.approx(1600, rel=0.06)


def test_feather_by_hand() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    soft = feather(mask, 2.0)
    assert soft[20, 20] == pytest.approx(1, abs=1e-3) and soft[0, 0] == 0
    assert soft.sum() < mask.sum()
    np.testing.assert_allclose(feather(mask, 0.1), mask, atol=1e-6)


def test_softening_erodes_by_its_first_radius_and_blurs_by_its_second() -> None:
    mask = np.zeros((60, 60), np.float32)
    mask[10:50, 10:50] = 1
    soft = soften(mask, 4, 3)
    assert soft[30, 30] == pytest.approx(1, abs=1e-6)
    assert soft[30, :11].max() == 0 and 0.3 < soft[30, 14] < 0.8  # eroded to column 14, then 3 px either side


def test_growing_moves_the_edge() -> None:
    disc = (np.hypot(*(np.mgrid[0:80, 0:80] - 39.5)) < 20).astype(np.float32)
    radius = [np.sqrt(grown(disc, by).sum() / np.pi) for by in (-3, 0, 3)]
    assert radius[0] == pytest.approx(17, abs=0.7) and radius[2] == pytest.approx(23, abs=0.7)


def test_what_shows_leaves_out_what_is_before_the_face() -> None:
    truth = render(Person.sample(3), Photo.sample(4, frontal=True, occluder="surgical"), SIZE).truth
    cover = shown(truth)
    assert cover.min() >= 0 and cover[truth.masks["occluder"] > 0.999].max(initial=0) == 0
    assert cover.sum() < 0.9 * shown(PICTURE.truth).sum()


def test_kept_masks_end_exactly() -> None:
    kept = kept_to(np.full((4, 4), 1 / 300), np.full((4, 4), 0.5))
    np.testing.assert_array_equal(kept, np.zeros((4, 4), np.float32))
