"""What people wear: clear or dark glasses, a garment. Small meshes in the head's coordinates (metres)."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engines.faceworld.basis import load_basis
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.raster import vertex_normals

RINGS = (
    *((-0.118, 0.063, 0.070, 0.080), (-0.128, 0.072, 0.080, 0.080), (-0.136, 0.092, 0.086, 0.082)),
    *((-0.150, 0.150, 0.096, 0.086), (-0.175, 0.205, 0.108, 0.088), (-0.300, 0.230, 0.120, 0.090)),
)
"""Rings of a garment: height, half width, half depth, and the middle's distance behind the eyes."""
AROUND = 32
NECK = np.array([0.0, 0.08, -0.12])
LENS_RINGS = 5
"""Rings of a lens from its middle to its edge."""
LENSES = {"round": (2.0, 0.0265), "square": (3.6, 0.0285), "wide": (2.7, 0.0310)}
"""Variant of sunglasses -> exponent of the superellipse and half width in metres."""


class Part(NamedTuple):
    """A mesh: vertices, rest and normals (N, 3), faces (M, 3)."""

    vertices: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    faces: np.ndarray


@functools.cache
def garment() -> Part:
    """A collar and shoulders."""
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    rings = [
        np.column_stack([width * np.cos(angle), middle + depth * np.sin(angle), np.full(AROUND, height)])
        for height, width, depth, middle in RINGS
    ]
    vertices = np.concatenate(rings).astype(np.float32)
    faces = tube(len(RINGS), AROUND, closed=True)
    normals = vertex_normals(vertices, faces)
    outward = np.sign(((vertices - [0, 0.085, -0.3]) * normals).sum(1, keepdims=True))
    return Part(vertices, vertices, (normals * outward).astype(np.float32), faces)


def glasses(head: np.ndarray, round_: float, size: float, rim: float) -> Part:
    """Glasses for a head (V, 3).

    Args:
        round_: exponent of the superellipse of a lens: 2 is round, 4 nearly square. size: half width of a lens and
            rim: width of its frame, in metres.
    """
    centres, front = _before_eyes(head)
    parts = []
    for side, centre in zip((1, -1), centres, strict=True):
        parts.append(_rim((centre[0] + side * 0.001, front, centre[2] - 0.004), round_, size, rim))
        hinge = np.array([centre[0] + side * (size + rim), front, centre[2] + 0.004])
        ear = np.array([side * np.abs(head[:, 0]).max() * 0.92, 0.085, centre[2] + 0.002])
        parts.append(strip(hinge, ear, np.array([0, 0, 0.6 * rim + 0.001])))
    left, right = (
        np.array([c[0] - s * (size - 0.002), front, c[2] + 0.003]) for s, c in zip((1, -1), centres, strict=True)
    )
    parts.append(strip(left, right, np.array([0, 0, 0.5 * rim])))
    vertices = np.concatenate([part[0] for part in parts]).astype(np.float32)
    starts = np.cumsum([0, *(len(part[0]) for part in parts[:-1])])
    faces = np.concatenate([part[1] + start for part, start in zip(parts, starts, strict=True)]).astype(np.int32)
    normals = np.tile(np.array([0, -0.8, 0.6], np.float32), (len(vertices), 1))
    return Part(vertices, vertices, normals, faces)


def _before_eyes(head: np.ndarray) -> tuple[list[np.ndarray], float]:
    """Centres of the left and right eye, and the y of a plane that clears lids and nose bridge."""
    centres = [head[eye].mean(0) for eye in load_basis().eyes]
    return centres, min(head[landmark_vertices()[27]][1] - 0.002, centres[0][1] - 0.021)


def lenses(head: np.ndarray, round_: float, size: float) -> Part:
    """Two bulging lenses before the eyes; arguments as for `glasses`."""
    centres, front = _before_eyes(head)
    parts = []
    reach = np.linspace(0, 1, LENS_RINGS)
    for side, centre in zip((1, -1), centres, strict=True):
        middle = (centre[0] + side * 0.001, front, centre[2] - 0.004)
        edge = _rim(middle, round_, size, 0.0)[0][:AROUND] - middle
        bulge = np.stack([0 * reach, -0.0035 * (1 - reach**2), 0 * reach], 1)
        rings = middle + reach[:, None, None] * edge + bulge[:, None]
        vertices = rings.reshape(-1, 3).astype(np.float32)
        normals = np.concatenate([(rings - middle) * [9.0, 0, 9.0] + [0, -1.0, 0]]).reshape(-1, 3)
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        parts.append(Part(vertices, vertices, normals.astype(np.float32), tube(LENS_RINGS, AROUND, closed=True)))
    return joined(parts)


def _rim(centre: tuple[float, float, float], round_: float, size: float, rim: float) -> tuple[np.ndarray, np.ndarray]:
    angle = np.arange(AROUND) / AROUND * 2 * np.pi
    c, s = np.cos(angle), np.sin(angle)
    shape = np.stack([np.sign(c) * np.abs(c) ** (2 / round_), 0 * c, 0.78 * np.sign(s) * np.abs(s) ** (2 / round_)], 1)
    inner, outer = (np.array(centre) + shape * reach for reach in (size, size + rim))
    return np.concatenate([inner, outer]), tube(2, AROUND, closed=True)


def joined(parts: Sequence[Part]) -> Part:
    """Several meshes as one."""
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=True)])
    vertices, rest, normals = (np.concatenate([part[field] for part in parts]) for field in range(3))
    return Part(vertices, rest, normals, faces.astype(np.int32))


def strip(start: np.ndarray, end: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A flat band from start to end, `half` of its width to either side: vertices (4, 3), faces (2, 3)."""
    return np.stack([start - half, start + half, end - half, end + half]), np.array([[0, 1, 2], [1, 3, 2]])


def tube(rings: int, around: int, closed: bool) -> np.ndarray:
    """Faces (F, 3) between rings of `around` vertices each."""
    ring, place = np.meshgrid(np.arange(rings - 1), np.arange(around if closed else around - 1), indexing="ij")
    a, b = ring * around + place, ring * around + (place + 1) % around
    c, d = a + around, b + around
    return np.concatenate([np.stack([a, b, c], 2), np.stack([b, d, c], 2)]).reshape(-1, 3).astype(np.int32)
