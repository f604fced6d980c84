"""Organs and their drift: weights, known displacements, measured again on the landmarks and in the pixels."""

import numpy as np
import pytest

from engines.faceworld.clips import Clip
from engines.faceworld.clips.drift import Drift, sample_drift
from engines.faceworld.clips.organs import ORGANS, aligned, displacement, organ_boxes, organ_weights
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.render import render

KNOBS = {"drift_px": 0.8, "drift_turn": 0.03, "drift_scale": 0.02, "memory": 0.0}


def test_organs_weigh_whole_on_their_own_landmarks_and_nothing_on_the_jaw() -> None:
    weights = organ_weights()
    assert weights.min() >= 0 and weights.max() <= 1 and (weights.sum(1) <= 1 + 1e-12).all()
    marks = weights[landmark_vertices()]
    for k, organ in enumerate(ORGANS.values()):
        np.testing.assert_allclose(marks[list(organ), k], 1)
    np.testing.assert_array_equal(marks[:17], 0)
    assert 0.05 < (weights.sum(1) > 0.5).mean() < 0.8


def test_drift_is_what_the_landmarks_do() -> None:
    clip, drift = Clip.sample(2, 5, 4), Drift.sample(9, 4, KNOBS)
    for frame in range(4):
        photo = clip.photo(frame)
        before = render(clip.person, photo).truth.landmarks
        after = render(clip.person, photo, bend=drift.bend(frame, 112)).truth.landmarks
        np.testing.assert_allclose(after - before, drift.moved(frame, before, 112), atol=1e-4)
        assert 0.2 < np.abs(after - before)[17:].mean() < 2
        np.testing.assert_array_equal(after[:17], before[:17])


@pytest.mark.parametrize("organ", ["mouth", "nose", "left_eye"])
def test_the_pixels_of_an_organ_go_where_the_truth_says(organ: str) -> None:
    clip, drift = Clip.sample(5, 12, 1, "listen"), Drift.still(1)
    drift.affines[0, list(ORGANS).index(organ), :, 2] = (2.0, -1.0)
    photo = clip.photo(0)
    still, moved = render(clip.person, photo), render(clip.person, photo, bend=drift.bend(0, 112))
    x, y = still.truth.landmarks[list(ORGANS[organ])].mean(0).astype(int)
    window = np.s_[y - 5 : y + 6, x - 5 : x + 6]
    costs = {
        (dx, dy): np.abs(moved.image[y - 5 + dy : y + 6 + dy, x - 5 + dx : x + 6 + dx] - still.image[window]).mean()
        for dx in range(-3, 4)
        for dy in range(-3, 4)
    }
    assert min(costs, key=costs.__getitem__) == (2, -1)


def test_a_larger_picture_drifts_by_as_much() -> None:
    clip, drift = Clip.sample(2, 5, 1), Drift.sample(9, 1, KNOBS)
    small, large = (
        render(clip.person, clip.photo(0), size, drift.bend(0, size)).truth.landmarks / size for size in (112, 224)
    )
    np.testing.assert_allclose(small, large, atol=2e-4)


def test_jitter_forgets_and_slow_drift_remembers() -> None:
    def correlation(memory: float) -> float:
        shifts = Drift.sample(1, 4000, {**KNOBS, "memory": memory}).affines[:, :, 0, 2]
        return float(np.mean([np.corrcoef(column[1:], column[:-1])[0, 1] for column in shifts.T]))

    assert abs(correlation(0.0)) < 0.03
    assert correlation(0.9) == pytest.approx(0.9, abs=0.03)


def test_drift_has_the_size_of_its_knobs_and_no_end() -> None:
    drift = Drift.sample(3, 2000, KNOBS)
    assert drift.affines[..., 2].std() == pytest.approx(0.8, rel=0.06)
    turn = np.arctan2(drift.affines[..., 1, 0], drift.affines[..., 0, 0])
    assert turn.std() == pytest.approx(0.03, rel=0.06) and np.abs(drift.affines[..., 2]).max() < 0.8 * 2.2 + 1e-9
    np.testing.assert_array_equal(Drift.sample(3, 20, KNOBS).affines, drift.affines[:20])


def test_drift_knobs_stay_between_invisible_and_gross() -> None:
    for seed in range(50):
        knobs = sample_drift(np.random.default_rng(seed))
        assert 0.3 < knobs["drift_px"] < 1.1 and 0 <= knobs["memory"] < 1


def test_alignment_undoes_what_the_whole_head_does() -> None:
    face = np.random.default_rng(0).uniform(20, 90, (68, 2))
    turns = np.exp(1j * np.array([0.0, 0.2, -0.1])) * np.array([1.0, 1.1, 0.9])
    points = (face @ [1, 1j])[None] * turns[:, None] + np.array([0, 5 - 2j, 3j])[:, None]
    steady = aligned(np.stack([points.real, points.imag], -1))
    np.testing.assert_allclose(steady, np.broadcast_to(steady[0], steady.shape), atol=1e-9)


def test_displacement_finds_the_organ_that_moved() -> None:
    face = render(Clip.sample(1, 1, 1).person, Clip.sample(1, 1, 1).photo(0)).truth.landmarks
    clip = np.stack([face] * 8)
    clip[::2, list(ORGANS["left_brow"])] += (0, 1.0)
    sizes = np.linalg.norm(displacement(clip), axis=2).mean(0)
    assert sizes.argmax() == 0 and sizes[0] > 3 * sizes[3]


def test_boxes_hold_their_landmarks() -> None:
    face = np.random.default_rng(1).uniform(0, 100, (3, 68, 2))
    boxes = organ_boxes(face, 0.1)
    assert boxes.shape == (3, len(ORGANS), 4)
    for k, organ in enumerate(ORGANS.values()):
        points = face[:, list(organ)]
        assert (points >= boxes[:, None, k, :2]).all() and (points <= boxes[:, None, k, 2:]).all()
