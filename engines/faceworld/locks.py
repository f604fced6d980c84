"""Locks of hair as flat tapered bands: each stands for many strands, which `strands` draws across it."""

from typing import NamedTuple

import numpy as np

ROOTS_DARK = 0.70
"""Brightness of a root, where tips have 1."""
STRANDS_PER_M = 1100
"""Fewer than grow: finer ones would be lost between pixels."""


class Locks(NamedTuple):
    """Bands: vertices (N, 3) in metres, rest (N, 3) canonical, normals (N, 3) unit vectors off the head.

    strands (N, 3) are brightness, place across all locks in strands, and place along one in [0, 1]; of faces (M, 3) the
    third corner lies along the lock from the first.
    """

    vertices: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    strands: np.ndarray
    faces: np.ndarray


def bands(
    points: np.ndarray, shift: np.ndarray, outward: np.ndarray, draws: np.ndarray, width: float, tip: float
) -> Locks:
    """Bands about the locks' canonical points (S, P, 3), carried by `shift` (S, P, 3) onto a head.

    Args:
        outward: (S, P, 3) off the head, of any length. draws: (S, 6) in [-1, 1], chance: brightness and width, 1,
            layer, and tilt (3). width: in metres. tip: width at the end as a share of it.
    """
    locks, count = points.shape[:2]
    t = np.linspace(0, 1, count)
    along, outward = _unit(np.gradient(points, axis=1)), _unit(outward)
    across = _unit(np.cross(along, outward + 0.22 * draws[:, None, 3:6]))
    half = 0.5 * width * _taper(t, tip)[None, :, None] * (1 + 0.35 * draws[:, :1, None])
    vertices = np.stack([points + shift - across * half, points + shift + across * half], 2)
    number = 11.0 * np.arange(locks)[:, None, None] + np.array([0, 1]) * STRANDS_PER_M * half
    shade = (0.90 + 0.10 * draws[:, 2:3]) * (1 + 0.07 * draws[:, :1]) * np.minimum(ROOTS_DARK + t, 1)
    strands = np.stack(np.broadcast_arrays(shade[..., None], number, t[None, :, None]), 3)
    return Locks(
        vertices=vertices.reshape(-1, 3).astype(np.float32),
        rest=np.repeat(points, 2, axis=1).reshape(-1, 3).astype(np.float32),
        normals=_rounded(along, across, outward).reshape(-1, 3).astype(np.float32),
        strands=strands.reshape(-1, 3).astype(np.float32),
        faces=_faces(locks, count),
    )


def _rounded(along: np.ndarray, across: np.ndarray, outward: np.ndarray) -> np.ndarray:
    """Normals (S, P, 2, 3): between the band's own and those of the whole head of hair, bent outwards at its edges."""
    facing = np.cross(across, along)
    facing *= np.sign((facing * outward).sum(2, keepdims=True))
    facing = 0.65 * outward + 0.35 * facing
    return _unit(np.stack([facing - 0.28 * across, facing + 0.28 * across], 2))


def _taper(t: np.ndarray, tip: float) -> np.ndarray:
    """Width along a lock: narrow at the root, full to its middle, `tip` at its end."""
    return np.minimum(0.55 + 2.5 * t, 1 - (1 - tip) * np.clip((t - 0.4) / 0.6, 0, 1) ** 1.5)


def _faces(locks: int, count: int) -> np.ndarray:
    step = 2 * np.arange(count - 1)
    one = np.concatenate([np.stack([step, step + 1, step + 2], 1), np.stack([step + 3, step + 2, step + 1], 1)])
    return (one[None] + 2 * count * np.arange(locks)[:, None, None]).reshape(-1, 3).astype(np.int32)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12)
