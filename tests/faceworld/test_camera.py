"""The camera: tones in order, and a perfect one keeps the picture."""

import numpy as np

from engines.faceworld.camera import Camera, finish, tone


def test_tone_is_monotone_and_bounded() -> None:
    camera = Camera(exposure=1, gamma=1, blur_px=0, resample=1, noise=0, quality=95, seed=0)
    ramp = np.tile(np.linspace(0, 4, 100, dtype=np.float32)[:, None], 3)
    shown = tone(ramp, camera)
    assert (shown[0] == 0).all() and (shown[-1] <= 1).all() and (np.diff(shown, axis=0) >= 0).all()


def test_a_perfect_camera_keeps_the_picture() -> None:
    camera = Camera(exposure=1, gamma=1, blur_px=0, resample=1, noise=0, quality=95, seed=0)
    row, column = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    smooth = np.stack([row, column, 0.5 * row + 0.5 * column], 2)
    assert np.abs(finish(smooth, camera) / 255 - smooth).mean() < 0.01
