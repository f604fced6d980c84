"""The linear head model: `assets/world/head.safetensors`, and what follows from it.

Units: metres. Axes: x to the person's left, y backwards (the face looks along -y), z up; the origin is midway
between the eyes. "Canonical" coordinates are those of the mean head: they name a place on any head.
"""

import functools
import json
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load_file

from engines import ASSETS
from engines.faceworld.compiled import njit
from engines.faceworld.raster import vertex_normals

SKIN, LEFT_EYE, RIGHT_EYE, EYE_CAVITY, MOUTH, TONGUE, HAIR, FRAME, CLOTH, COVER, LENS, HAND, TEETH = range(13)
"""Regions of faces; the first six are the head's, the others are added to it. COVER is cloth, LENS dark glass and
HAND skin before the face; their vertices carry their colours. TEETH are the upper ones."""
ACTIONS_FILE, BASIS_FILE = "head.json", "head.safetensors"


@dataclass(frozen=True)
class HeadBasis:
    """Arrays of the head model; V = 4538 vertices, F = 9014 triangles.

    Args:
        mean: (V, 3) float32. corners: (18, V * 3) float32, offsets of the heads of each ancestry (african, asian,
            european), sex (female, male) and age (child, young, old), in that nesting; their shares sum to 1.
        identity: (64, V * 3) float32, what is left to the individual, for coefficients of unit variance.
        expression: (52, V * 3) float32 at full strength, by the names in `actions`.
        faces: (F, 3) int32. regions: (F,) int32. lips, ears: (V,) float32 in [0, 1].
        occlusion: (V,) float32, ambient light that reaches a vertex, from curvature.
        eyes: vertex numbers of the left and the right eyeball; eye_centre: of the left one; eye_radius: metres.
    """

    mean: np.ndarray
    corners: np.ndarray
    identity: np.ndarray
    expression: np.ndarray
    actions: tuple[str, ...]
    faces: np.ndarray
    regions: np.ndarray
    lips: np.ndarray
    ears: np.ndarray
    occlusion: np.ndarray
    eyes: tuple[np.ndarray, np.ndarray]
    eye_centre: np.ndarray
    eye_radius: float

    def action(self, name: str) -> int:
        """The number of an action."""
        return self.actions.index(name)

    def head(self, shares: np.ndarray, code: np.ndarray) -> np.ndarray:
        """A neutral head (V, 3) float32: shares (18,) of the corners, and an identity code (64,)."""
        offset = _combined(shares.astype(np.float32), self.corners) + _combined(code.astype(np.float32), self.identity)
        return self.mean + offset.reshape(-1, 3)


@functools.cache
def load_basis() -> HeadBasis:
    """The bundled basis; read once a process."""
    folder = ASSETS / "world"
    arrays = load_file(folder / BASIS_FILE)
    mean, faces = arrays["mean"], arrays["faces"].astype(np.int32)
    regions = arrays["regions"].astype(np.int32)
    eyes = tuple(np.unique(faces[regions == region]) for region in (LEFT_EYE, RIGHT_EYE))
    centre = mean[eyes[0]].mean(0)
    return HeadBasis(
        mean=mean,
        corners=_flat(arrays["corners"]),
        identity=_flat(arrays["identity"]),
        expression=_flat(_actions(arrays, len(mean))),
        actions=tuple(json.loads((folder / ACTIONS_FILE).read_text())["actions"]),
        faces=faces,
        regions=regions,
        lips=arrays["lips"].astype(np.float32),
        ears=arrays["ears"].astype(np.float32),
        occlusion=_occlusion(mean, faces),
        eyes=(eyes[0], eyes[1]),
        eye_centre=centre,
        eye_radius=float(np.linalg.norm(mean[eyes[0]] - centre, axis=1).max()),
    )


def _flat(offsets: np.ndarray) -> np.ndarray:
    return offsets.astype(np.float32).reshape(len(offsets), -1)


def _actions(arrays: dict[str, np.ndarray], vertices: int) -> np.ndarray:
    """Offsets (52, V, 3) from the vertices that each action moves."""
    starts = arrays["action_start"]
    offsets = np.zeros((len(starts) - 1, vertices, 3), np.float32)
    action = np.repeat(np.arange(len(offsets)), np.diff(starts))
    offsets[action, arrays["action_vertex"]] = arrays["action_offset"]
    return offsets


def _occlusion(mean: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Ambient light per vertex: hollows (neighbours in front of a vertex) receive less."""
    neighbours = _NeighbourMean(faces, len(mean))
    offset = neighbours(mean) - mean
    curvature = (offset * vertex_normals(mean, faces)).sum(1) / np.linalg.norm(offset, axis=1).mean()
    hollow = np.clip(curvature, -0.3, 3)[:, None]
    for _ in range(2):
        hollow = 0.5 * hollow + 0.5 * neighbours(hollow)
    return np.clip(1 - 0.35 * np.clip(hollow[:, 0], -0.2, 2), 0.25, 1.05).astype(np.float32)


class _NeighbourMean:
    """Mean over the vertices that share an edge."""

    def __init__(self, faces: np.ndarray, count: int):
        ends = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        self.edges = np.unique(np.sort(ends, axis=1), axis=0)
        self.degree = np.bincount(self.edges.ravel(), minlength=count)[:, None]

    def __call__(self, values: np.ndarray) -> np.ndarray:
        total = np.zeros(values.shape)
        np.add.at(total, self.edges[:, 0], values[self.edges[:, 1]])
        np.add.at(total, self.edges[:, 1], values[self.edges[:, 0]])
        return total / self.degree


@njit()
def _combined(weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """weights (K,) @ rows (K, N), summed in order: a library's product depends on its threads in the last bit."""
    total = np.zeros(rows.shape[1], np.float32)
    for k in range(rows.shape[0]):
        weight = weights[k]
        for i in range(rows.shape[1]):
            total[i] += weight * rows[k, i]
    return total
