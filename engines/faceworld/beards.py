"""Beards: short locks on jaw, chin and upper lip, each carried by a vertex of the face, so that they move with it.

Below `GROWN` a beard is stubble, which the skin's material draws; the material also darkens the skin under a beard.
"""

import functools
from typing import NamedTuple

import numpy as np

from engines.faceworld.basis import SKIN, load_basis
from engines.faceworld.locks import Locks, bands
from engines.faceworld.people import Skin
from engines.faceworld.raster import vertex_normals

GROWN = 0.6
"""Density from which hairs are long enough to stand out."""
POOL, SEGMENTS = 800, 2
WIDTH, TIP = 0.0021, 0.5
_NOSE, _LIPS = -0.058, (-0.0745, 0.0092, 0.0225)
"""Height of the nose's foot; of the mouth, and half its height and width with a margin, in metres."""


class Beard(NamedTuple):
    """Locks, and the head vertex (N,) that carries each of their vertices."""

    locks: Locks
    carriers: np.ndarray


def grow_beard(skin: Skin, head: np.ndarray, rng: np.random.Generator) -> Beard | None:
    """A beard on a neutral head (V, 3); None where there is none, or stubble."""
    if skin.beard < GROWN:
        return None
    roots, normals, vertices = _places()
    x, z = roots[:, 0], roots[:, 2]
    low = skin.beard_low + 0.0055 * np.exp(-((x / 0.018) ** 2))
    inside = (-z > low + 0.012) & (rng.random(len(roots)) < 0.3 + 0.7 * skin.beard)
    roots, normals, vertices, x, z = (values[inside] for values in (roots, normals, vertices, x, z))
    draws = rng.uniform(-1, 1, (len(roots), 6))
    lip = (np.abs(x) < 0.030) & (z > _LIPS[0])
    length = (0.007 + 0.010 * (skin.beard - GROWN) / (1 - GROWN) * np.clip((-z - 0.06) / 0.05, 0.2, 1)) * np.exp(
        0.2 * draws[:, 1]
    )
    length = np.where(lip, 0.008, length)
    way = np.column_stack([np.sign(x) * np.where(lip, 0.75, 0.12) + 0.15 * draws[:, 3], 0 * x, -1 + 0 * x])
    way = way - (way * normals).sum(1, keepdims=True) * normals * 0.9 + 0.15 * normals
    t = np.linspace(0, 1, SEGMENTS + 1)[None, :, None]
    points = roots[:, None] + length[:, None, None] * (t * way[:, None] + 0.28 * t * (1 - 0.6 * t) * normals[:, None])
    shift = np.broadcast_to((head - load_basis().mean)[vertices][:, None], points.shape)
    outward = np.broadcast_to(normals[:, None], points.shape)
    locks = bands(points, shift, outward, draws, WIDTH, TIP)
    return Beard(locks, np.repeat(vertices, 2 * (SEGMENTS + 1)))


@functools.cache
def _places() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Roots (POOL, 3) where beards grow on the mean head, evenly spread; their normals, and the nearest vertices."""
    basis, rng = load_basis(), np.random.default_rng(11)
    corners = basis.mean[basis.faces]
    x, y, z = corners.mean(1).T
    facing = vertex_normals(basis.mean, basis.faces)
    grows = (basis.regions == SKIN) & (basis.lips[basis.faces].max(1) < 0.05) & (facing[basis.faces, 1].max(1) < 0.75)
    grows &= (z < _NOSE) & (z > -0.118) & (y < 0.055) & (y > -0.045)
    middle, high, wide = _LIPS
    grows &= (x / wide) ** 2 + ((z - middle) / high) ** 2 > 1
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) * grows
    chosen = rng.choice(len(area), 8 * POOL, p=area / area.sum())
    weights = rng.dirichlet([1, 1, 1], len(chosen))[..., None]
    places = (corners[chosen] * weights).sum(1)
    kept, distance, farthest = [], np.full(len(places), np.inf), 0
    for _ in range(POOL):
        kept.append(farthest)
        distance = np.minimum(distance, ((places - places[farthest]) ** 2).sum(1))
        farthest = int(distance.argmax())
    normals = (facing[basis.faces[chosen]] * weights).sum(1)[kept]
    nearest = basis.faces[chosen, weights[..., 0].argmax(1)][kept]
    return places[kept], normals / np.linalg.norm(normals, axis=1, keepdims=True), nearest
