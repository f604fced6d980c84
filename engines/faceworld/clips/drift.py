"""Facial feature drift: organs that a frame-by-frame generator puts a little beside their place, by known amounts.

After Yan et al., "Generalizing Deepfake Video Detection with Plug-and-Play: Video-Level Blending and Spatiotemporal
Adapter Tuning" (2024): each organ is turned, scaled and shifted, in each frame anew. Differs from the paper: what is
moved are the vertices of the face that is rendered, not the pixels of a finished frame, so that nothing is resampled
or shows twice; each organ turns about its own centre; and drift may also be slow (correlated in time).
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from engines.faceworld.clips.organs import ORGANS, organ_weights
from engines.faceworld.landmarks import landmark_vertices

Knobs = dict[str, Any]
LIMIT_SD = 2.2
"""Draws beyond so many standard deviations are brought back: nothing folds."""


def sample_drift(rng: np.random.Generator) -> Knobs:
    """Knobs: standard deviations of an organ's shift (`drift_px` at 112, each axis), turn (`drift_turn`, radians) and
    scale (`drift_scale`), and the correlation of neighbouring frames, `memory`: 0 in half of all clips (jitter), near
    1 in the others (slow drift)."""
    return {
        "drift_px": rng.uniform(0.3, 0.9),
        "drift_turn": float(np.radians(rng.uniform(0.5, 2.5))),
        "drift_scale": rng.uniform(0.005, 0.025),
        "memory": rng.uniform(0.85, 0.97) if rng.random() < 0.5 else 0.0,
    }


@dataclass(frozen=True, eq=False)
class Drift:
    """What was done to each organ in each frame: affines (T, K, 2, 3), in the order of `ORGANS`.

    A point p of an organ with centre c (the mean of its landmarks before) goes to c + A (p - c) + s, where (A, s) are
    the first two columns and the last; s in px at 112.
    """

    affines: np.ndarray

    @classmethod
    def still(cls, frames: int) -> Self:
        """No drift at all."""
        return cls(np.tile(np.eye(2, 3), (frames, len(ORGANS), 1, 1)))

    @classmethod
    def sample(cls, seed: int, frames: int, knobs: Knobs) -> Self:
        """The drift of that number; a longer one begins with the shorter."""
        noise = np.random.default_rng([seed, 0xD21F7]).standard_normal((frames, len(ORGANS), 4))
        noise = np.clip(noise, -LIMIT_SD, LIMIT_SD)
        memory = float(knobs["memory"])
        for frame in range(1, frames):
            noise[frame] = memory * noise[frame - 1] + np.sqrt(1 - memory**2) * noise[frame]
        noise = np.clip(noise, -LIMIT_SD, LIMIT_SD)
        turn, size = knobs["drift_turn"] * noise[..., 0], np.exp(knobs["drift_scale"] * noise[..., 1])
        c, s = size * np.cos(turn), size * np.sin(turn)
        x, y = np.moveaxis(knobs["drift_px"] * noise[..., 2:], -1, 0)
        return cls(np.stack([np.stack([c, -s, x], -1), np.stack([s, c, y], -1)], -2))

    def bend(self, frame: int, size_px: int) -> Callable[[np.ndarray], np.ndarray]:
        """For `render`: from the head's projected vertices (V, 2) px to their displacements (V, 2) px."""

        def displaced(points: np.ndarray) -> np.ndarray:
            marks, total = points[landmark_vertices()].astype(np.float64), np.zeros(points.shape)
            for k, (organ, (near, weights)) in enumerate(zip(ORGANS.values(), _reached(), strict=True)):
                moved = self._moved(frame, k, points[near].astype(np.float64), marks[list(organ)].mean(0), size_px)
                total[near] += weights * moved
            return total

        return displaced

    def moved(self, frame: int, landmarks: np.ndarray, size_px: int) -> np.ndarray:
        """Displacements (68, 2) px of undisturbed landmarks (68, 2) px: what the drift does to them, exactly."""
        total = np.zeros(landmarks.shape)
        for k, organ in enumerate(ORGANS.values()):
            marks = landmarks[list(organ)]
            total[list(organ)] = self._moved(frame, k, marks, marks.mean(0), size_px)
        return total

    def _moved(self, frame: int, organ: int, points: np.ndarray, centre: np.ndarray, size_px: int) -> np.ndarray:
        affine = self.affines[frame, organ]
        return (points - centre) @ (affine[:, :2] - np.eye(2)).T + affine[:, 2] * (size_px / 112)


@functools.cache
def _reached() -> list[tuple[np.ndarray, np.ndarray]]:
    """The vertices that each organ takes along (N,), and how much (N, 1)."""
    nonzero = [np.flatnonzero(column) for column in organ_weights().T]
    return [(near, organ_weights()[near, k, None]) for k, near in enumerate(nonzero)]
