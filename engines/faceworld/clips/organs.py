"""The organs of a face that a generator may misplace: brows, eyes, nose, mouth; and how far they move.

Organs are lists of the 68 landmarks, after the masks of video-level blending (Yan et al., 2024), whose brows and eyes
are here told apart by side; left is the picture's left. On the head an organ is a weight for each vertex: 1 on the
organ, falling to 0 around it, so that what moves with it bends and does not tear.
"""

import functools
from itertools import pairwise

import numpy as np

from engines.faceworld.basis import LEFT_EYE, MOUTH, RIGHT_EYE, TONGUE, load_basis
from engines.faceworld.landmarks import landmark_vertices

ORGANS: dict[str, tuple[int, ...]] = {
    "left_brow": tuple(range(17, 22)),
    "right_brow": tuple(range(22, 27)),
    "left_eye": tuple(range(36, 42)),
    "right_eye": tuple(range(42, 48)),
    "nose": tuple(range(27, 36)),
    "mouth": tuple(range(48, 68)),
}
_LINES = {
    "left_brow": (range(17, 22),),
    "right_brow": (range(22, 27),),
    "left_eye": ((*range(36, 42), 36), (36, 39)),
    "right_eye": ((*range(42, 48), 42), (42, 45)),
    "nose": (range(27, 31), (30, 33), range(31, 36)),
    "mouth": ((*range(48, 60), 48), (48, 54), (50, 58), (52, 56)),
}
"""Lines through landmarks along which an organ lies."""
_CORE_M = {"brow": 0.004, "eye": 0.004, "nose": 0.006, "mouth": 0.005}
"""Distance from its lines up to which an organ is wholly itself."""
_FALL_M, _BAND_M = 0.012, 0.006
"""Distance over which it fades, and width of the seam between two organs."""
_FRONT_M = 0.06
INNER = tuple(range(17, 68))
"""All landmarks but the jaw's."""


@functools.cache
def organ_weights() -> np.ndarray:
    """Weights (V, K) float64 in [0, 1] of the head's vertices; each vertex's sum to 1 at most."""
    basis = load_basis()
    flat, marks = basis.mean[:, [0, 2]].astype(np.float64), landmark_vertices()
    beyond = np.stack([_beyond(flat, flat[marks], name) for name in ORGANS], 1)
    for side, name in ((RIGHT_EYE, "left_eye"), (LEFT_EYE, "right_eye")):
        _inside(beyond, np.unique(basis.faces[basis.regions == side]), name)
    _inside(beyond, np.unique(basis.faces[np.isin(basis.regions, (MOUTH, TONGUE))]), "mouth")
    share = np.clip(1 - beyond / _FALL_M, 0, 1)
    others = np.stack([np.delete(beyond, k, 1).min(1) for k in range(len(ORGANS))], 1)
    seam = np.clip(0.5 + (others - beyond) / (2 * _BAND_M), 0, 1)
    weights = share * share * (3 - 2 * share) * seam * (basis.mean[:, 1:2] < _FRONT_M)
    return weights / np.maximum(weights.sum(1, keepdims=True), 1)


def _inside(beyond: np.ndarray, vertices: np.ndarray, name: str) -> None:
    """Eyeballs, teeth and tongue lie behind their organ's outline, and are wholly part of it."""
    beyond[vertices] = 1.0
    beyond[vertices, list(ORGANS).index(name)] = 0.0


def _beyond(points: np.ndarray, marks: np.ndarray, name: str) -> np.ndarray:
    """How far beyond the core of an organ each point (N, 2) lies, in metres."""
    distance = np.full(len(points), np.inf)
    for line in _LINES[name]:
        corners = marks[list(line)]
        for start, end in pairwise(corners):
            along = end - start
            share = np.clip(((points - start) @ along) / (along @ along + 1e-12), 0, 1)
            distance = np.minimum(distance, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    return np.maximum(distance - _CORE_M[name.rsplit("_", maxsplit=1)[-1]], 0)


def organ_boxes(landmarks: np.ndarray, margin: float = 0.25) -> np.ndarray:
    """Boxes (..., K, 4) x0, y0, x1, y1 about the organs of landmarks (..., 68, 2), wider by a share of their width."""
    boxes = []
    for marks in ORGANS.values():
        points = landmarks[..., list(marks), :]
        low, high = points.min(-2), points.max(-2)
        pad = margin * (high - low)[..., :1]
        boxes.append(np.concatenate([low - pad, high + pad], -1))
    return np.stack(boxes, -2)


def aligned(landmarks: np.ndarray) -> np.ndarray:
    """Landmarks (T, 68, 2) of a clip, each frame moved by the similarity that brings its organs nearest to where they
    are on average (Umeyama, 1991); each organ counts the same, the jaw does not."""
    return _nearest(landmarks, _nearest(landmarks, landmarks[0]).mean(0))


def _nearest(landmarks: np.ndarray, reference: np.ndarray) -> np.ndarray:
    share = np.zeros(68)
    for marks in ORGANS.values():
        share[list(marks)] = 1 / (len(marks) * len(ORGANS))
    points, wanted = landmarks @ [1, 1j], reference @ [1, 1j]
    points = points - (points @ share)[:, None]
    middle = wanted @ share
    turn = (points.conj() * (wanted - middle)) @ share / (np.abs(points) ** 2 @ share)
    placed = points * turn[:, None] + middle
    return np.stack([placed.real, placed.imag], -1)


def displacement(landmarks: np.ndarray) -> np.ndarray:
    """How each organ is displaced in each frame: (T, K, 2) px, its mean landmark after `aligned`, from its own mean
    over the clip."""
    steady = aligned(landmarks)
    centres = np.stack([steady[:, list(marks)].mean(1) for marks in ORGANS.values()], 1)
    return centres - centres.mean(0)
