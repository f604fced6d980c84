"""Hats: a crown that follows the skull, with a peak or a brim; and hair pressed under it.

The skull is seen from a point within it as a radius by direction; a crown is that radius, smoothed and raised.
"""

import functools

import numpy as np

from engines.faceworld.accessories import Part, joined, tube
from engines.faceworld.basis import SKIN, load_basis
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.occluders import Occluder
from engines.faceworld.raster import vertex_normals

CENTRE = np.array([0.0, 0.075, 0.02])
AROUND, RINGS = 48, 14
_FRONT, _BACK = 0.046, -0.016
"""Height of the hat's edge over the brow and at the nape, in metres above the eyes."""
_BROWS = 0.023
"""Height of the brows' top on the mean head."""
_RISE = {"cap": 0.011, "beanie": 0.010, "brimmed": 0.013}
_TALL = {"cap": 0.016, "beanie": 0.018, "brimmed": 0.030}
"""How far the top stands above the skull."""


def hat(head: np.ndarray, occluder: Occluder) -> tuple[Part, np.ndarray]:
    """A hat on a head (V, 3), and its vertices' colours (N, 3)."""
    rings = _crown(head, occluder)
    crown = _shell(rings)
    colours = np.tile(np.array(occluder.colour, np.float32), (RINGS, AROUND, 1))
    band = 4 if occluder.variant == "beanie" else 3
    if occluder.variant != "cap":
        colours[:band] = occluder.accent
    parts, tones = [crown], [colours.reshape(-1, 3)]
    if occluder.variant != "beanie":
        edge = _peak(rings[0]) if occluder.variant == "cap" else _brim(rings[0])
        parts.append(_shell(edge, closed=occluder.variant == "brimmed"))
        colour = occluder.accent if occluder.variant == "cap" else occluder.colour
        tones.append(np.tile(np.array(colour, np.float32), (edge.shape[0] * edge.shape[1], 1)))
    return joined(parts), np.concatenate(tones)


def pressed(points: np.ndarray, head: np.ndarray, occluder: Occluder) -> np.ndarray:
    """Points of hair (N, 3) moved under the hat of a bare head (V, 3) where it covers them."""
    rings = _crown(head, occluder)
    offset = points - CENTRE
    side = (np.arctan2(offset[:, 0], -offset[:, 1]) / (2 * np.pi) * AROUND).astype(int) % AROUND
    radius = np.linalg.norm(offset, axis=1)
    up = np.arcsin(np.clip(offset[:, 2] / (radius + 1e-9), -1, 1))
    edge = np.arcsin(_directions(occluder.variant, _height(head, occluder))[0, :, 2])[side]
    ring = np.clip((up - edge) / (np.pi / 2 - edge) * (RINGS - 1), 0, RINGS - 2).astype(int)
    limits = np.linalg.norm(rings - CENTRE, axis=2)
    allowed = np.minimum(limits[ring, side], limits[ring + 1, side]) - 0.004
    covered = (up > edge - 0.08) & (radius > allowed)
    shorter = np.where(covered, allowed / radius, 1.0)
    return (CENTRE + offset * shorter[:, None]).astype(np.float32)


def _crown(head: np.ndarray, occluder: Occluder) -> np.ndarray:
    """Rings (RINGS, AROUND, 3) from the edge to the top."""
    height = _height(head, occluder)
    directions = _directions(occluder.variant, height)
    radius = np.linalg.norm(head[_nearest(occluder.variant, height)] - CENTRE, axis=2)
    for _ in range(3):  # a hat smooths what is under it
        around = (np.roll(radius, 1, 1) + radius + np.roll(radius, -1, 1)) / 3
        radius = np.maximum(radius * 0.3 + around * 0.7, around)
    share = np.linspace(0, 1, RINGS)[:, None]
    rise = _RISE[occluder.variant] + (_TALL[occluder.variant] - _RISE[occluder.variant]) * share
    if occluder.variant == "beanie":
        rise = rise + 0.003 * (share < 0.25)  # the turned-up cuff
    return CENTRE + directions * (radius + rise * occluder.size)[..., None]


def _height(head: np.ndarray, occluder: Occluder) -> float:
    """How much higher than usual a hat sits, in whole millimetres: as much as the brows do."""
    brows = head[landmark_vertices()[17:27], 2].max()
    return round(float(brows) - _BROWS + occluder.height, 3)


@functools.cache
def _directions(variant: str, height: float) -> np.ndarray:
    """Directions (RINGS, AROUND, 3), the first ring along the hat's edge."""
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    front = (1 + np.cos(angle)) / 2
    lowest = _BACK + (_FRONT - _BACK) * front + height * front - (0.012 * (1 - front) if variant == "beanie" else 0.0)
    edge = np.arctan2(lowest - CENTRE[2], 0.088)
    share = np.linspace(0, 1, RINGS)[:, None]
    up = edge[None] * (1 - share) + np.pi / 2 * share
    level = np.cos(up)
    return np.stack([level * np.sin(angle), -level * np.cos(angle), np.sin(up)], 2)


@functools.cache
def _nearest(variant: str, height: float) -> np.ndarray:
    """The head vertex (RINGS, AROUND) next to each direction, on the mean head."""
    basis = load_basis()
    skin = np.unique(basis.faces[basis.regions == SKIN])
    kept = skin[basis.ears[skin] < 0.2]
    offset = basis.mean[kept] - CENTRE
    offset /= np.linalg.norm(offset, axis=1, keepdims=True)
    return kept[(_directions(variant, height) @ offset.T).argmax(2)]


def _peak(edge: np.ndarray) -> np.ndarray:
    """A cap's peak (5, N, 3) before the forehead."""
    before = np.roll(edge, AROUND // 4, axis=0)[3 : AROUND // 2 - 2]
    reach = np.linspace(0, 1, 5)[:, None, None]
    span = np.linspace(-1, 1, len(before))[:, None]
    out = np.concatenate([0.15 * span, -0.058 * (1 - span**2) ** 0.7, -0.017 * (1 - span**2)], 1)
    out[:, 0] *= 0.02
    out[:, 2] -= 0.006 * span[:, 0] ** 2
    return before[None] + reach * out[None]


def _brim(edge: np.ndarray) -> np.ndarray:
    """A brim (4, AROUND, 3) all around."""
    away = edge - CENTRE
    away[:, 2] = 0
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    reach = np.linspace(0, 0.058, 4)[:, None, None]
    droop = np.array([0, 0, -1.0]) * reach**2 * 3.5
    return edge[None] + away[None] * reach + droop


def _shell(rings: np.ndarray, closed: bool = True) -> Part:
    vertices = rings.reshape(-1, 3).astype(np.float32)
    faces = tube(rings.shape[0], rings.shape[1], closed)
    normals = vertex_normals(vertices, faces)
    outward = np.sign(((vertices - CENTRE + [0, 0, 0.2]) * normals).sum(1, keepdims=True))
    return Part(vertices, vertices, (normals * outward).astype(np.float32), faces)
