"""Light on a head: from what the rasteriser saw to linear RGB, label and canonical place of each pixel.

Wrapped diffuse key, fill and ambient light, a soft cast shadow, Blinn highlights, a reddened terminator where light
scatters in pale skin; hair after Kajiya and Kay (1989), whose highlight follows the strand's tangent.
"""

from typing import NamedTuple

import numpy as np

from engines.faceworld.basis import CLOTH, FRAME, HAIR, LEFT_EYE, MOUTH, RIGHT_EYE, SKIN, TONGUE
from engines.faceworld.compiled import njit
from engines.faceworld.looks import Look
from engines.faceworld.materials import cloth, eyeball, mouth, skin_and_scalp
from engines.faceworld.noise import noise, smoothstep
from engines.faceworld.people import Colour
from engines.faceworld.photo import Light

LABELS = ("background", "skin", "eyes", "lips", "mouth", "hair", "accessory", "clothes")
"""What a pixel shows; a pixel's label is its index."""


class Mesh(NamedTuple):
    """What is drawn. faces (F, 3), regions (F,), rest (N, 3) canonical places, normals (N, 3) in camera axes
    (tangents for hair), scalars (N, 3): occlusion (brightness for hair), lips, height above the hairline."""

    faces: np.ndarray
    regions: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    scalars: np.ndarray


class Shadow(NamedTuple):
    """Depth (M, M) seen from the key light, and each vertex's place in it (N, 3)."""

    depth: np.ndarray
    places: np.ndarray


@njit()
def shade(
    seen: tuple,
    mesh: Mesh,
    look: Look,
    light: Light,
    shadow: Shadow,
    backdrop: np.ndarray,
    image: np.ndarray,
    labels: np.ndarray,
    places: np.ndarray,
) -> None:
    """Draw into `image` (W, W, 3) float32 before a `backdrop` (S, S, 3), enlarged; fill `labels` (W, W) uint8 and the
    canonical `places` (W, W, 3) float32. `seen` is (face, weights) of `raster.rasterise`."""
    index, weights = seen
    for row in range(index.shape[0]):
        for column in range(index.shape[1]):
            face = index[row, column]
            if face < 0:
                _backdrop(backdrop, row, column, index.shape[0], image)
                continue
            w0, w1 = weights[row, column, 0], weights[row, column, 1]
            w2 = 1 - w0 - w1
            a, b, c = mesh.faces[face, 0], mesh.faces[face, 1], mesh.faces[face, 2]
            place = _blend(mesh.rest, a, b, c, w0, w1, w2)
            normal = _blend(mesh.normals, a, b, c, w0, w1, w2)
            occlusion, lips, line = _blend(mesh.scalars, a, b, c, w0, w1, w2)
            sx, sy, sz = _blend(shadow.places, a, b, c, w0, w1, w2)
            lit = _lit(shadow.depth, sx, sy, sz)
            region = mesh.regions[face]
            if region == HAIR:
                colour, label = _hair(place, normal, occlusion, look, light, lit), 5
            else:
                colour, label = _surface(region, place, normal, occlusion, lips, line, look, light, lit)
            image[row, column, 0], image[row, column, 1], image[row, column, 2] = colour
            places[row, column, 0], places[row, column, 1], places[row, column, 2] = place
            labels[row, column] = label


@njit(inline="always")
def _blend(values: np.ndarray, a: int, b: int, c: int, w0: float, w1: float, w2: float) -> Colour:
    return (
        w0 * values[a, 0] + w1 * values[b, 0] + w2 * values[c, 0],
        w0 * values[a, 1] + w1 * values[b, 1] + w2 * values[c, 1],
        w0 * values[a, 2] + w1 * values[b, 2] + w2 * values[c, 2],
    )


@njit(inline="always")
def _backdrop(backdrop: np.ndarray, row: int, column: int, width: int, image: np.ndarray) -> None:
    last = backdrop.shape[0] - 1
    y, x = (row + 0.5) / width * last, (column + 0.5) / width * last
    i, j = min(int(y), last - 1), min(int(x), last - 1)
    v, u = y - i, x - j
    for c in range(3):
        top = backdrop[i, j, c] * (1 - u) + backdrop[i, j + 1, c] * u
        bottom = backdrop[i + 1, j, c] * (1 - u) + backdrop[i + 1, j + 1, c] * u
        image[row, column, c] = top * (1 - v) + bottom * v


@njit(inline="always")
def _lit(depth: np.ndarray, x: float, y: float, z: float) -> float:
    """Share of the key light that arrives: 3 x 3 samples of the shadow map, weighted by distance, bias 4 to 12 mm."""
    size, arrived = depth.shape[0], 0.0
    i, j = int(y), int(x)
    if i < 1 or j < 1 or i >= size - 1 or j >= size - 1:
        return 1.0
    v, u = y - i, x - j
    for di in range(-1, 2):
        row = 1 - v if di < 0 else (1.0 if di == 0 else v)
        for dj in range(-1, 2):
            column = 1 - u if dj < 0 else (1.0 if dj == 0 else u)
            arrived += row * column * smoothstep(depth[i + di, j + dj] - z, -0.012, -0.004)
    return arrived / 4


@njit()
def _surface(
    region: int,
    place: Colour,
    normal: Colour,
    occlusion: float,
    lips: float,
    line: float,
    look: Look,
    light: Light,
    lit: float,
) -> tuple:
    label, scatter = 1, 0.0
    if region == SKIN:
        material = skin_and_scalp(place, normal, lips, line, look)
        normal = material[3]
        label = 5 if material[4] > 0.5 else (3 if lips > 0.35 else 1)
        scatter = look.skin.scatter * (1 - material[4])
    elif region in (LEFT_EYE, RIGHT_EYE):
        material = eyeball(place, normal, 1.0 if region == LEFT_EYE else -1.0, look, light)
        occlusion, label = 1.0, 2
    elif region in (MOUTH, TONGUE):
        material = mouth(place, normal, region == TONGUE)
        occlusion, label = 0.6, 4
    elif region == CLOTH:
        material = cloth(place, normal, look.garment)
        label = 7
    elif region == FRAME:
        material = (look.frame, 0.6, 40.0, normal, 0.0)
        label = 6
    else:
        base = look.skin.colour
        material = ((base[0] * 0.55, base[1] * 0.45, base[2] * 0.45), 0.1, 20.0, normal, 0.0)
        occlusion = 0.7
    return _reflect(material, normal, occlusion, scatter, light, lit), label


@njit()
def _reflect(material: tuple, normal: Colour, occlusion: float, scatter: float, light: Light, lit: float) -> Colour:
    albedo, specular, gloss = material[0], material[1], material[2]
    nx, ny, nz = normal
    scale = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    lx, ly, lz = light.key_direction
    facing = nx * lx + ny * ly + nz * lz
    diffuse = max((facing + light.wrap) / (1 + light.wrap), 0.0)
    diffuse = (diffuse * diffuse * (1 - light.softness) + diffuse * light.softness) * lit
    fx, fy, fz = light.fill_direction
    filled = max(nx * fx + ny * fy + nz * fz, 0.0)
    hx, hy, hz = lx, ly - 1.0, lz
    half = 1 / np.sqrt(hx * hx + hy * hy + hz * hz)
    shine = max((nx * hx + ny * hy + nz * hz) * half, 0.0) ** gloss * specular * light.gloss * lit
    shine += (1 - max(-ny, 0.0)) ** 4 * 0.06
    ambient = (0.65 + 0.35 * (0.5 + 0.5 * nz)) * occlusion
    direct = diffuse * (0.5 + 0.5 * occlusion)
    bleed = max(0.22 - abs(facing - 0.05), 0.0) * scatter * light.key[0] * lit
    return (
        albedo[0] * (light.ambient[0] * ambient + light.key[0] * direct + light.fill[0] * filled)
        + shine * light.key[0]
        + 0.20 * bleed,
        albedo[1] * (light.ambient[1] * ambient + light.key[1] * direct + light.fill[1] * filled)
        + shine * light.key[1]
        + 0.04 * bleed,
        albedo[2] * (light.ambient[2] * ambient + light.key[2] * direct + light.fill[2] * filled)
        + shine * light.key[2],
    )


@njit()
def _hair(place: Colour, tangent: Colour, brightness: float, look: Look, light: Light, lit: float) -> Colour:
    tx, ty, tz = tangent
    lx, ly, lz = light.key_direction
    along = tx * lx + ty * ly + tz * lz
    diffuse = np.sqrt(max(1 - along * along, 0.0)) * (0.35 + 0.65 * lit)
    hx, hy, hz = lx, ly - 1.0, lz
    half = 1 / np.sqrt(hx * hx + hy * hy + hz * hz)
    along = (tx * hx + ty * hy + tz * hz) * half
    shine = np.sqrt(max(1 - along * along, 0.0)) ** 40 * 0.10 * light.gloss * lit
    grain = 1 + 0.25 * noise(place[0] * 500, place[1] * 500, place[2] * 120)
    red, green, blue = look.features.hair_colour
    level = brightness * grain
    return (
        (red * (light.ambient[0] * 0.7 + light.key[0] * diffuse * 0.8) + shine * light.key[0] * (0.3 + red)) * level,
        (green * (light.ambient[1] * 0.7 + light.key[1] * diffuse * 0.8) + shine * light.key[1] * (0.3 + green))
        * level,
        (blue * (light.ambient[2] * 0.7 + light.key[2] * diffuse * 0.8) + shine * light.key[2] * (0.3 + blue)) * level,
    )
