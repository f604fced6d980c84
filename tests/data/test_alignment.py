"""Aligned crops and face quality, on points and patterns whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from engines.data import alignment, quality
from engines.data.alignment import align, align_for_embedder, eye_distance
from engines.data.face import Face
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

FRONTAL = quality.HEAD_MM[:, :2]


def face_at(points: np.ndarray) -> Face:
    points = np.asarray(points, np.float32)
    return Face(np.array([*points.min(axis=0), *points.max(axis=0)], np.float32), points, 1.0)


def dots(points: np.ndarray, side: int, radius: float) -> np.ndarray:
    """A black picture with a soft dot at each point: red, green, blue, yellow, cyan."""
    colours = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1]])[: len(points)] * 255
    y, x = np.mgrid[:side, :side] + 0.5
    weight = [np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * radius**2)) for px, py in points]
    return np.einsum("khw,kc->hwc", weight, colours).clip(0, 255).round().astype(np.uint8)


def centre_of(channel: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: channel.shape[0], : channel.shape[1]] + 0.5
    return np.array([(x * channel).sum(), (y * channel).sum()]) / channel.sum()


@pytest.mark.parametrize("scale", [0.8, 2.0, 7.3])
@pytest.mark.parametrize("roll_deg", [0, 25, -60])
def test_eyes_land_at_their_place(scale: float, roll_deg: float) -> None:
    """Eyes 35 px apart and level, their midpoint at (56, 50.96), however large and tilted the face was."""
    a = np.radians(roll_deg)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    side = int(200 * scale) + 40
    points = FRONTAL * 35 / 63 * scale @ turn.T + side / 2
    picture = dots(points[:2], side, 2.5 * scale)
    crop = align(picture, face_at(points)).astype(float)
    assert np.abs(centre_of(crop[..., 0]) - [56 - 17.5, 50.96]).max() < 0.15
    assert np.abs(centre_of(crop[..., 1]) - [56 + 17.5, 50.96]).max() < 0.15


def test_other_sizes_keep_the_proportions() -> None:
    points = FRONTAL + 150
    crop = align(dots(points[:2], 300, 5), face_at(points), size_px=224).astype(float)
    assert np.abs(centre_of(crop[..., 0]) - [112 - 35, 101.9]).max() < 0.2


def test_beyond_the_photograph_its_edge_goes_on() -> None:
    picture = np.full((40, 40, 3), 90, np.uint8)
    crop = align(picture, face_at(FRONTAL * 0.3 + [5, 5]))
    assert (crop == 90).all()


def test_a_large_photograph_is_averaged_not_sampled() -> None:
    """A checkerboard far finer than the crop is grey in it; taking single pixels would make it black or white."""
    board = (np.indices((2000, 2000)).sum(axis=0) % 2 * 255).astype(np.uint8)
    crop = align(np.stack([board] * 3, axis=-1), face_at(FRONTAL * 12 + 900)).astype(int)
    assert np.abs(crop - 127).max() <= 8


def test_a_turned_head_keeps_its_size() -> None:
    """At 70 degrees the eyes seem a third as far apart, but the crop must not zoom in threefold."""
    turned = FRONTAL * [np.cos(np.radians(70)), 1]
    assert eye_distance(FRONTAL) == pytest.approx(63)
    assert eye_distance(turned) == pytest.approx(0.72 * 66 / alignment.EYES_TO_MOUTH)
    assert eye_distance(turned) > 1.5 * np.hypot(*(turned[1] - turned[0]))


def test_the_embedder_s_crop_fits_its_template() -> None:
    template = alignment.EMBEDDER_TEMPLATE * 150
    points = template @ np.array([[0.0, 3.0], [-3.0, 0.0]]) + [600, 50]  # turned by 90 degrees, three times as large
    crop = align_for_embedder(dots(points[[0, 4]], 700, 9), face_at(points)).astype(float)
    assert crop.shape == (150, 150, 3)
    assert np.abs(centre_of(crop[..., 0]) - template[0]).max() < 0.3
    assert np.abs(centre_of(crop[..., 1]) - template[4]).max() < 0.3


@settings(deadline=None)
@given(st.floats(-60, 60), st.floats(-35, 35), st.floats(-80, 80), st.floats(0.2, 9))
def test_pose_is_read_back_from_the_rigid_head(yaw: float, pitch: float, roll: float, scale: float) -> None:
    points = (quality.HEAD_MM @ rotation(yaw, pitch, roll).T)[:, :2] * scale + 300
    assert quality.pose(points) == pytest.approx((yaw, pitch, roll), abs=0.1)


def rotation(yaw_deg: float, pitch_deg: float, roll_deg: float) -> np.ndarray:
    """Head to camera (x right, y down, z away): pitch up, then yaw to the picture's right, then roll clockwise."""
    (cy, cp, cr), (sy, sp, sr) = (f(np.radians([yaw_deg, pitch_deg, roll_deg])) for f in (np.cos, np.sin))
    pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    yaw = np.array([[cy, 0, -sy], [0, 1, 0], [sy, 0, cy]])
    roll = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return roll @ yaw @ pitch


def test_the_face_world_s_yaw_is_read_from_its_true_landmarks() -> None:
    truth, read = [], []
    for number in range(40):
        picture = render(Person.sample(number), Photo.sample(900 + number))
        truth.append(np.degrees(picture.truth.pose[0]))
        read.append(quality.pose(picture.truth.five)[0])
    assert np.corrcoef(truth, read)[0, 1] > 0.95
    assert np.abs(np.array(truth) - read).mean() < 6


def test_reasons_to_abstain_are_named() -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 255, (400, 400, 3), dtype=np.uint8)
    frontal = FRONTAL + 150
    assert quality.face_quality(picture, face_at(frontal)).ok
    small = quality.face_quality(picture, face_at(FRONTAL / 3 + 200))
    assert not small.ok and small.size_px == pytest.approx(21) and "too small: 21 px" in small.reasons[0]
    turned = (quality.HEAD_MM @ rotation(60, 0, 0).T)[:, :2] + 200
    assert "turned away: about 60°" in quality.face_quality(picture, face_at(turned)).reasons[0]
    leaning = (quality.HEAD_MM @ rotation(0, 0, 80).T)[:, :2] + 200
    assert "leans by about 80°" in quality.face_quality(picture, face_at(leaning)).reasons[0]


def test_sharpness_falls_with_blur_and_a_flat_crop_has_none() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (112, 112, 3)).astype(np.uint8)
    values = [quality.crop_sharpness(gaussian_filter(noise, (s, s, 0))) for s in (0, 0.7, 1.5, 3)]
    assert values == sorted(values, reverse=True) and 0 < values[-1] < values[0] <= 1.1
    assert quality.crop_sharpness(np.full((112, 112, 3), 9, np.uint8)) == 0


def test_landmarks_that_coincide_do_not_fail() -> None:
    result = quality.face_quality(np.zeros((50, 50, 3), np.uint8), face_at(np.full((5, 2), 20.0)))
    assert not result.ok
