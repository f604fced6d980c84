"""Light on a head: from what the rasteriser saw to linear RGB and to the truth of each pixel.

The raster is twice the picture's size. Of the four samples of a pixel those of one surface are shaded once
(multisample anti-aliasing), but for the eyes, whose highlights are smaller than a pixel: those are shaded each.
What a surface is made of says `materials`, how it reflects `reflection`, and hair `strands`.
"""

from typing import NamedTuple

import numpy as np

from engines.faceworld.basis import CLOTH, HAIR, LEFT_EYE, RIGHT_EYE, SKIN
from engines.faceworld.compiled import njit
from engines.faceworld.light import Light
from engines.faceworld.looks import Look
from engines.faceworld.materials import BACKGROUND, HAIR_LABEL, surface
from engines.faceworld.people import Colour
from engines.faceworld.raster import FAR
from engines.faceworld.reflection import EAR_DEPTH_M, EAR_M, arrived, reflect, through_the_ear
from engines.faceworld.strands import strands

STEP_M = 0.006
"""Samples of a pixel whose depths differ by more are not of one surface."""


class Mesh(NamedTuple):
    """What is drawn. faces (F, 3), regions (F,), rest (N, 3) canonical places, normals (N, 3) in camera axes,
    scalars (N, 3): `Hair.strands` for hair; else occlusion, lips, height above the hairline; or a colour."""

    faces: np.ndarray
    regions: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    scalars: np.ndarray


class Shadow(NamedTuple):
    """Depth (M, M) seen from the key light, and each vertex's place in it (N, 3)."""

    depth: np.ndarray
    places: np.ndarray


class Seen(NamedTuple):
    """What the rasteriser saw: face and depth (W, W), and the vertices (N, 3) on its screen."""

    face: np.ndarray
    depth: np.ndarray
    screen: np.ndarray


class Shaded(NamedTuple):
    """A picture and its truth at half the raster's size: linear colour (H, W, 3), share of each label
    (labels, H, W), nearest depth (H, W), canonical place and unit normal (H, W, 3) of the nearest sample."""

    colour: np.ndarray
    cover: np.ndarray
    depth: np.ndarray
    places: np.ndarray
    normals: np.ndarray


def shade(
    seen: Seen,
    mesh: Mesh,
    vertices: np.ndarray,
    look: Look,
    light: Light,
    shadow: Shadow,
    backdrop: np.ndarray,
    labels: int,
) -> Shaded:
    """Draw what was seen before a `backdrop` (S, S, 3), enlarged; `vertices` (N, 3) in camera axes."""
    size = len(seen.face) // 2
    shaded = Shaded(
        np.empty((size, size, 3), np.float32),
        np.zeros((labels, size, size), np.float32),
        np.full((size, size), FAR, np.float32),
        np.full((size, size, 3), np.nan, np.float32),
        np.full((size, size, 3), np.nan, np.float32),
    )
    _shade(seen, mesh, vertices, look, light, shadow, backdrop, shaded)
    return shaded


@njit()
def _shade(
    seen: Seen,
    mesh: Mesh,
    vertices: np.ndarray,
    look: Look,
    light: Light,
    shadow: Shadow,
    backdrop: np.ndarray,
    shaded: Shaded,
) -> None:
    nearest, depths, size = shaded.depth, seen.depth, shaded.depth.shape[0]
    for row in range(size):
        for column in range(size):
            red, green, blue, pending = 0.0, 0.0, 0.0, 15
            for k in range(4):
                if not pending & 1 << k:
                    continue
                i, j = 2 * row + k // 2, 2 * column + k % 2
                face = seen.face[i, j]
                group, count, x, y = _group(seen.face, depths, mesh.regions, row, column, k, pending)
                pending &= ~group
                if face < 0:
                    colour, label = _backdrop(backdrop, row, column, size), BACKGROUND
                else:
                    a, b, c = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
                    weights = _weights(seen.screen, a, b, c, x, y)
                    place, normal = _blend(mesh.rest, a, b, c, weights), _blend(mesh.normals, a, b, c, weights)
                    if depths[i, j] < nearest[row, column]:
                        nearest[row, column] = depths[i, j]
                        _keep(shaded.places, row, column, place, 1.0)
                        _keep(shaded.normals, row, column, normal, _inverse_length(normal))
                    values, lit_at = _blend(mesh.scalars, a, b, c, weights), _blend(shadow.places, a, b, c, weights)
                    lit = arrived(shadow.depth, lit_at, 0.0)
                    region = mesh.regions[face]
                    if region == HAIR:
                        along = _between(vertices, a, c)
                        colour, label = strands(place, normal, along, values, look, light, lit), HAIR_LABEL
                    else:
                        material, occlusion, scatter, label = surface(region, place, normal, values, look, light)
                        colour = reflect(material, occlusion, scatter, light, lit)
                        if region == SKIN and abs(place[0]) > EAR_M and place[1] > 0.05:
                            behind = arrived(shadow.depth, lit_at, EAR_DEPTH_M)
                            colour = through_the_ear(colour, place, normal, scatter, light, behind)
                share = 0.25 * count
                red, green, blue = red + share * colour[0], green + share * colour[1], blue + share * colour[2]
                shaded.cover[label, row, column] += share
            _keep(shaded.colour, row, column, (red, green, blue), 1.0)


@njit(inline="always")
def _group(
    index: np.ndarray, depths: np.ndarray, regions: np.ndarray, row: int, column: int, k: int, pending: int
) -> tuple[int, float, float, float]:
    """The samples, as bits, that show the surface of sample `k` of a pixel, itself among them; how many; and the
    middle on the screen of those of its face."""
    i, j = 2 * row + k // 2, 2 * column + k % 2
    face, group, count = index[i, j], 1 << k, 1.0
    x, y, alike = j + 0.5, i + 0.5, 1.0
    for other in range(k + 1, 4):
        m, n = 2 * row + other // 2, 2 * column + other % 2
        if pending & 1 << other and _same(index, depths, regions, i, j, m, n):
            group |= 1 << other
            count += 1
            if index[m, n] == face:
                x, y, alike = x + n + 0.5, y + m + 0.5, alike + 1
    return group, count, x / alike, y / alike


@njit(inline="always")
def _same(index: np.ndarray, depths: np.ndarray, regions: np.ndarray, i: int, j: int, m: int, n: int) -> bool:
    """Whether shading one of two samples does for both: of hair those beside each other, of an eye none."""
    one, other = index[i, j], index[m, n]
    if one < 0 or other < 0:
        return one < 0 and other < 0
    region = regions[one]
    if region in (LEFT_EYE, RIGHT_EYE):
        return False
    smooth = region in (SKIN, CLOTH) or (region == HAIR and i == m)
    near = abs(depths[i, j] - depths[m, n]) < STEP_M
    return one == other or (smooth and near and region == regions[other])


@njit(inline="always")
def _weights(screen: np.ndarray, a: int, b: int, c: int, x: float, y: float) -> Colour:
    """Weights of a face's corners at a place of the screen."""
    x0, y0, x1, y1 = screen[a, 0] - x, screen[a, 1] - y, screen[b, 0] - x, screen[b, 1] - y
    x2, y2 = screen[c, 0] - x, screen[c, 1] - y
    w0, w1, w2 = x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, x0 * y1 - x1 * y0
    scale = 1 / (w0 + w1 + w2)
    return w0 * scale, w1 * scale, w2 * scale


@njit(inline="always")
def _keep(values: np.ndarray, row: int, column: int, vector: Colour, scale: float) -> None:
    values[row, column, 0], values[row, column, 1] = scale * vector[0], scale * vector[1]
    values[row, column, 2] = scale * vector[2]


@njit(inline="always")
def _inverse_length(vector: Colour) -> float:
    return 1 / np.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2 + 1e-20)


@njit(inline="always")
def _blend(values: np.ndarray, a: int, b: int, c: int, weights: Colour) -> Colour:
    w0, w1, w2 = weights
    return (
        w0 * values[a, 0] + w1 * values[b, 0] + w2 * values[c, 0],
        w0 * values[a, 1] + w1 * values[b, 1] + w2 * values[c, 1],
        w0 * values[a, 2] + w1 * values[b, 2] + w2 * values[c, 2],
    )


@njit(inline="always")
def _between(vertices: np.ndarray, a: int, c: int) -> Colour:
    return vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]


@njit(inline="always")
def _backdrop(backdrop: np.ndarray, row: int, column: int, width: int) -> Colour:
    last = backdrop.shape[0] - 1
    y, x = (row + 0.5) / width * last, (column + 0.5) / width * last
    i, j = min(int(y), last - 1), min(int(x), last - 1)
    v, u = y - i, x - j
    a, b, c, d = (1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v
    return (
        a * backdrop[i, j, 0] + b * backdrop[i, j + 1, 0] + c * backdrop[i + 1, j, 0] + d * backdrop[i + 1, j + 1, 0],
        a * backdrop[i, j, 1] + b * backdrop[i, j + 1, 1] + c * backdrop[i + 1, j, 1] + d * backdrop[i + 1, j + 1, 1],
        a * backdrop[i, j, 2] + b * backdrop[i, j + 1, 2] + c * backdrop[i + 1, j, 2] + d * backdrop[i + 1, j + 1, 2],
    )
