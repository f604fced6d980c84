"""Video-level blending of all frames at once against a loop over frames with OpenCV's warp, as ratios in one run."""

import cv2
import numpy as np
import pytest
import torch

from engines.detection.blending import blend, draw
from engines.faceworld.clips import Clip, film
from tests.detection.blending_loop import blended_loop

FRAMES = 16


@pytest.fixture(autouse=True)
def one_thread():
    before, cv_before = torch.get_num_threads(), cv2.getNumThreads()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    yield
    torch.set_num_threads(before)
    cv2.setNumThreads(cv_before)


def warp(picture, affine):
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(picture, affine, picture.shape[1::-1], flags=flags, borderMode=cv2.BORDER_CONSTANT)


@pytest.mark.parametrize("size", [112, 224])
@pytest.mark.parametrize("how", ["at once", "loop with OpenCV"])
def test_blending(benchmark, how, size):
    benchmark.group = f"blending {FRAMES} frames of {size} px, one thread"
    taken = film(Clip.sample(3, 5, FRAMES), size)
    frames = torch.from_numpy(taken.frames).permute(0, 3, 1, 2).float().div(255).contiguous()
    marks, motion = taken.landmarks.astype(np.float64), draw(FRAMES, size, 0)
    calls = {
        "at once": blend(frames, marks, motion, 0.7).frames.numpy,
        "loop with OpenCV": lambda: blended_loop(frames.numpy(), marks, motion, 0.7, warp)[0],
    }
    made = benchmark.pedantic(calls[how], rounds=5, warmup_rounds=1)
    other = calls["at once"]()
    assert np.abs(made - other).mean() < 0.5 / 255  # OpenCV rounds coordinates to 1/32 px
