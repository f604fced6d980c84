"""Video-level blending against a frame-by-frame loop of another library, its draws, and its edges."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from engines.detection.blending import (
    PARTS,
    Motion,
    blend,
    blend_clip,
    draw,
    organ_masks,
)
from engines.errors import BadConfig, BadInput
from engines.faceworld.clips import Clip, film
from tests.detection.blending_loop import blended_loop, loop_masks

SIZE = 112


@pytest.fixture(scope="module")
def clip():
    taken = film(Clip.sample(3, 5, 4), SIZE)
    frames = torch.from_numpy(taken.frames).permute(0, 3, 1, 2).float() / 255
    return frames, taken.landmarks.astype(np.float64)


def test_it_is_what_a_loop_over_frames_gives(clip):
    """Masks by the distance to each line at every pixel, warps by scipy, frame by frame, organ by organ."""
    frames, landmarks = clip
    motion = draw(4, SIZE, seed=9)
    ours = blend(frames, landmarks, motion, 0.7)
    wanted, masks = blended_loop(frames.numpy(), landmarks, motion, 0.7, ndimage_warp)
    assert np.abs(ours.masks.numpy() - masks).max() < 1e-4
    assert np.abs(ours.frames.numpy() - wanted).max() < 1.01 / 255  # the nearest of 256 levels, at most one apart
    assert np.abs(ours.frames.numpy() - wanted).mean() < 0.01 / 255
    assert (ours.frames != frames).any()


def ndimage_warp(picture, affine):
    """A (H, W, 3) picture, each pixel taken from where the affine (x, y) says."""
    swap = np.array([[0, 1], [1, 0]])
    matrix, offset = swap @ affine[:, :2] @ swap, affine[::-1, 2]
    planes = [
        ndimage.affine_transform(picture[..., c], matrix, offset, order=1, mode="grid-constant") for c in range(3)
    ]
    return np.stack(planes, -1)


def test_alpha_zero_and_no_motion_change_nothing(clip):
    frames, landmarks = clip
    assert torch.equal(blend(frames, landmarks, draw(4, SIZE, 1), 0.0).frames, frames)
    assert (blend(frames, landmarks, Motion.still(4), 1.0).frames - frames).abs().max() < 1e-6


def test_nothing_outside_the_masks_moves(clip):
    frames, landmarks = clip
    made = blend_clip(frames, landmarks, 4)
    outside = (made.masks.sum(1, keepdim=True) == 0).expand_as(frames)
    assert torch.equal(made.frames[outside], frames[outside])
    assert 0.25 <= made.alpha <= 1 and len(made.motion.turn) == 4
    assert torch.equal(made.frames, (made.frames * 255).round() / 255)


def test_masks_are_the_organs_and_hardly_overlap(clip):
    _, landmarks = clip
    masks = organ_masks(landmarks, SIZE, SIZE)
    assert masks.min() >= 0 and masks.max() <= 1
    assert masks.sum(1).max() < 1.6
    for k, mark in ((0, 36), (1, 19), (2, 30), (3, 57)):
        x, y = np.rint(landmarks[0, mark]).astype(int)
        assert masks[0, k, y, x] > 0.8, PARTS[k]
    jaw = np.rint(landmarks[0, 8]).astype(int).clip(0, SIZE - 1)
    assert masks[0, :, jaw[1], jaw[0]].sum() < 0.2


def test_draws_are_within_their_limits_and_follow_the_seed():
    motion = draw(400, 224, 7)
    assert np.array_equal(motion.turn, draw(400, 224, 7).turn) and not np.array_equal(
        motion.turn, draw(400, 224, 8).turn
    )
    assert np.allclose(draw(20, 224, 7).shift, motion.shift[:20])
    assert (np.abs(motion.turn) <= motion.limits[:, :1]).all() and motion.limits[:, 0].max() <= np.radians(5)
    assert (np.abs(motion.scale - 1) <= motion.limits[:, 1:2]).all()
    assert (np.abs(motion.shift) <= motion.limits[:, 2:, None]).all() and motion.limits[:, 2].min() >= 0.5
    assert np.allclose(draw(20, 112, 7).shift, motion.shift[:20] / 2)


def test_memory_makes_drift_slow_and_keeps_its_distribution():
    """Neighbours correlate as asked; the limits stay uniform on their range (mean and variance)."""
    jitter, slow = draw(4000, 224, 3), draw(4000, 224, 3, memory=0.9)
    shares = [(m.limits[:, 2] - 0.5) / 2 for m in (jitter, slow)]
    correlation = [np.corrcoef(s[1:], s[:-1])[0, 1] for s in shares]
    assert abs(correlation[0]) < 0.06 and 0.8 < correlation[1] < 0.95
    for share in shares:
        assert abs(share.mean() - 0.5) < 0.08 and abs(share.var() - 1 / 12) < 0.02


@settings(max_examples=15, deadline=None)
@given(st.floats(-300, 300), st.floats(-300, 300), st.floats(0.0, 3.0))
def test_landmarks_anywhere_are_safe(x, y, grow):
    points = np.random.default_rng(0).uniform(0, 40, (2, 68, 2)) * grow + [x, y]
    frames = torch.rand(2, 3, 40, 48)
    made = blend_clip(frames, points, 0)
    assert made.frames.shape == frames.shape and torch.isfinite(made.frames).all()
    assert made.masks.min() >= 0 and made.masks.max() <= 1
    assert np.abs(made.masks.numpy() - np.stack([loop_masks(p, 40, 48) for p in points])).max() < 1e-3


def test_what_cannot_be_blended_is_said():
    frames, points = torch.rand(2, 3, 56, 56), np.full((2, 68, 2), 20.0)
    with pytest.raises(BadInput, match="68 landmarks"):
        blend_clip(frames, points[:1], 0)
    with pytest.raises(BadInput, match="numbers"):
        blend_clip(frames, np.full((2, 68, 2), np.nan), 0)
    with pytest.raises(BadConfig, match="memory"):
        blend_clip(frames, points, 0, memory=1.0)
    with pytest.raises(BadConfig, match="alpha"):
        blend_clip(frames, points, 0, alpha=(0.5, 1.5))
