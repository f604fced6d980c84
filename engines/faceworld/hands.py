"""A hand at the face: forearm, palm and five fingers, laid out before the face and draped over what lies behind it.

Six tubes of ellipses; each path lies in the plane before the face first, (x, z) in metres, then takes its distance
from the face's relief.
"""

from typing import NamedTuple

import numpy as np

from engines.faceworld.accessories import Part, tube
from engines.faceworld.occluders import Colour, Occluder

AROUND, STEPS = 10, 12
"""Vertices around a tube, and rings along it."""
CELL, LEFT, LOW, WIDE, TALL = 0.006, -0.132, -0.30, 44, 68
"""The face's relief as a map: metres a cell, its corner in metres, and its cells."""
BEHIND = 0.035
"""Where there is no face, a hand is held as far back as this, in metres behind the eyes' origin."""
FLATNESS = np.array([3.0, 1, 1, 1, 1, 1])
"""A palm is three times as wide as it is thick."""
_REACH = np.array([-0.16, -0.10, -0.05, -0.02, 0.0, 0.02, 0.035, 0.05, 0.065, 0.078, 0.088, 0.094])
_PALM = np.array([0.0105, 0.0100, 0.0096, 0.0094, 0.0098, 0.0110, 0.0120, 0.0126, 0.0126, 0.0120, 0.0098, 0.0050])
"""Rings from forearm over wrist to knuckles: place and half the thickness, in metres."""
_KNUCKLES = np.array([[0.082, 0.029], [0.087, 0.010], [0.084, -0.010], [0.077, -0.028], [0.028, 0.021]])
_LENGTHS = np.array([0.069, 0.077, 0.071, 0.056, 0.070])
_THICK = np.array([0.0087, 0.0088, 0.0085, 0.0076, 0.0101])
_LEAN = np.array([0.16, 0.04, -0.06, -0.18])
"""Index to little finger, and thumb: root (along, across the palm), length, half thickness in metres; spread in radians
of all but the thumb."""
_SHARE = np.array([-0.14, 0.0, 0.16, 0.30, 0.42, 0.50, 0.64, 0.76, 0.84, 0.915, 0.965, 1.0])
_SWELL = np.interp(_SHARE, [0, 0.42, 0.48, 0.54, 0.74, 0.80, 1.0], [1.10, 0.98, 1.06, 0.95, 0.88, 0.90, 0.80])
_SWELL = _SWELL * np.sqrt(np.clip(1 - ((_SHARE - 0.88) / 0.122).clip(0) ** 2, 0.03, 1))
"""Along a finger: its two joints stand out, its tip is round."""


class _Pose(NamedTuple):
    """Wrist (x, z) in metres of a hand on the person's left, its direction, length and spread of the fingers, and the
    thumb's lean in radians."""

    wrist: tuple[float, float]
    towards: tuple[float, float]
    length: float
    spread: float
    thumb: float


_POSES = {
    "chin": _Pose((0.048, -0.205), (-0.34, 1.0), 0.80, 0.7, 0.7),
    "cheek": _Pose((0.080, -0.165), (-0.10, 1.0), 0.95, 0.8, 0.8),
    "mouth": _Pose((0.112, -0.130), (-1.0, 0.50), 1.0, 0.6, 0.6),
    "eye": _Pose((0.064, -0.115), (-0.25, 1.0), 0.95, 0.8, 0.7),
}


def hand(head: np.ndarray, occluder: Occluder, skin: Colour) -> tuple[Part, np.ndarray]:
    """A hand on a head (V, 3) with its expression, of its owner's skin colour; and its vertices' colours (N, 3)."""
    paths, radii = _laid_out(_POSES[occluder.variant], occluder)
    points = _draped(paths, radii, _relief(head), occluder.side)
    rings, normals = _swept(points, radii)
    vertices, count = rings.reshape(-1, 3).astype(np.float32), STEPS * AROUND
    one = tube(STEPS, AROUND, closed=True)
    faces = (one[None] + count * np.arange(len(paths), dtype=np.int32)[:, None, None]).reshape(-1, 3)
    return Part(vertices, vertices, normals.reshape(-1, 3).astype(np.float32), faces), _tones(skin)


def _laid_out(pose: _Pose, occluder: Occluder) -> tuple[np.ndarray, np.ndarray]:
    """Paths (6, STEPS, 2) and radii (6, STEPS) of palm and fingers."""
    angle, size = np.arctan2(pose.towards[1], pose.towards[0]) + occluder.tilt, occluder.size
    way, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    wrist = np.array([pose.wrist[0], pose.wrist[1] + occluder.height])
    lean = np.append(_LEAN * pose.spread, pose.thumb)[:, None]
    towards = np.cos(lean) * way + np.sin(lean) * across
    length = _LENGTHS * np.append(np.full(4, pose.length), 1)
    roots = _KNUCKLES @ np.stack([way, across])
    fingers = roots[:, None] + (length[:, None] * _SHARE)[..., None] * towards[:, None]
    paths = np.concatenate([_REACH[None, :, None] * way, fingers])
    return wrist + size * paths, size * np.concatenate([_PALM[None], _THICK[:, None] * _SWELL])


def _relief(head: np.ndarray) -> np.ndarray:
    """How far before the eyes the face stands, as a map (TALL, WIDE) of y."""
    from scipy.ndimage import gaussian_filter, minimum_filter  # only hands need it: other pictures need not wait

    column = np.rint((head[:, 0] - LEFT) / CELL).astype(int)
    row = np.rint((head[:, 2] - LOW) / CELL).astype(int)
    inside = (column >= 0) & (column < WIDE) & (row >= 0) & (row < TALL) & (head[:, 1] < BEHIND)
    front = np.full((TALL, WIDE), BEHIND, np.float32)
    np.minimum.at(front, (row[inside], column[inside]), head[inside, 1])
    return gaussian_filter(minimum_filter(front, 3), 0.8)


def _draped(paths: np.ndarray, radii: np.ndarray, relief: np.ndarray, side: float) -> np.ndarray:
    """Points (6, STEPS, 3) of paths laid on the relief, straight over its hollows; for the other hand, mirrored."""
    from scipy.ndimage import map_coordinates

    x, z = paths[..., 0] * side, paths[..., 1]
    y = map_coordinates(relief, [(z - LOW) / CELL, (x - LEFT) / CELL], order=1, mode="nearest") - radii - 0.001
    for reach in (1, 2, 4, 2, 1, 1):
        middle = y[:, reach:-reach]
        np.minimum(middle, (y[:, 2 * reach :] + y[:, : -2 * reach]) / 2, out=middle)
    y[0, 6:] += 0.004  # the back of the hand lies lower than the knuckles
    return np.stack([x, y, z], 2)


def _swept(points: np.ndarray, radii: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rings of ellipses about the points, and their normals (6, STEPS, AROUND, 3)."""
    along = np.gradient(points, axis=1)
    across = np.stack([-along[..., 2], 0 * along[..., 1], along[..., 0]], 2)  # along x the line of sight
    across /= np.linalg.norm(across, axis=2, keepdims=True)
    out = np.cross(across, along)
    out /= np.linalg.norm(out, axis=2, keepdims=True)
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    flat = FLATNESS[:, None, None, None]
    across, out = across[:, :, None], out[:, :, None]
    rings = points[:, :, None] + radii[..., None, None] * (flat * c * across + s * out)
    normals = c / flat * across + s * out
    return rings, normals / np.linalg.norm(normals, axis=3, keepdims=True)


def _tones(skin: Colour) -> np.ndarray:
    """Skin, redder at the joints and the tip; a paler nail on the side that is seen."""
    tones = np.tile(np.array(skin, np.float32), (len(FLATNESS), STEPS, AROUND, 1))
    tones[1:, [1, 5, 7]] *= np.array([0.97, 0.88, 0.86], np.float32)
    tones[1:, 9:] *= np.array([1.02, 0.90, 0.90], np.float32)
    tones[1:, 9:11, _NAIL] = tones[1:, 9:11, _NAIL] * 0.6 + np.array([0.20, 0.13, 0.12], np.float32)
    return tones.reshape(-1, 3)


_NAIL = slice(7, 9)
"""Vertices of a ring that look at the camera."""
