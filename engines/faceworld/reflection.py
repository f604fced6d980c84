"""How surfaces reflect: wrapped diffuse key and fill, ambient light of the whole sphere, a soft cast shadow, Blinn
highlights; light that skin scatters reddens the terminator and shines through ears.

Directions are unit vectors in camera axes; colours linear RGB.
"""

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.light import Light, irradiance
from engines.faceworld.noise import bell, smoothstep
from engines.faceworld.people.palette import Colour

EAR_M, EAR_DEPTH_M = 0.070, 0.016
"""Beyond so much from the middle skin is an ear's (canonical); what shades an ear from behind is deeper than itself."""


@njit(inline="always")
def arrived(depth: np.ndarray, place: Colour, through: float) -> float:
    """Share of the key light that arrives: 3 x 3 samples of the shadow map, weighted by distance, bias 4 to 12 mm and
    what light goes `through`."""
    size, arrived = depth.shape[0], 0.0
    x, y, z = place[0], place[1], place[2] - through
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
def reflect(material: tuple, occlusion: float, scatter: float, light: Light, lit: float) -> Colour:
    """Linear RGB of a material; light scattered in skin (`scatter` in [0, 1]) goes past the terminator, red most."""
    albedo, specular, gloss, (nx, ny, nz) = material[0], material[1], material[2], material[3]
    scale = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    lx, ly, lz = light.key_direction
    facing = nx * lx + ny * ly + nz * lz
    sky = irradiance(light.ambient, nx, ny, nz)
    hx, hy, hz = lx, ly - 1.0, lz
    half = 1 / np.sqrt(hx * hx + hy * hy + hz * hz + 1e-6)
    shine = bell(gloss * (1 - (nx * hx + ny * hy + nz * hz) * half)) * specular * light.gloss * lit
    rim = (1 - max(-ny, 0.0)) ** 4 * 0.10 * occlusion
    filled = max(nx * light.fill_direction[0] + ny * light.fill_direction[1] + nz * light.fill_direction[2], 0.0)
    edge = 0.6 * scatter * lit * (1 - lit)
    red = _wrapped(facing, light.wrap + 0.22 * scatter) * min(lit + edge, 1.0)
    green = _wrapped(facing, light.wrap + 0.07 * scatter) * (lit + 0.2 * edge)
    blue = _wrapped(facing, light.wrap) * lit
    direct = 0.5 + 0.5 * occlusion
    return (
        _mixed(albedo[0], sky[0], occlusion, light.key[0] * red * direct + light.fill[0] * filled)
        + shine * light.key[0]
        + rim * sky[0],
        _mixed(albedo[1], sky[1], occlusion, light.key[1] * green * direct + light.fill[1] * filled)
        + shine * light.key[1]
        + rim * sky[1],
        _mixed(albedo[2], sky[2], occlusion, light.key[2] * blue * direct + light.fill[2] * filled)
        + shine * light.key[2]
        + rim * sky[2],
    )


@njit(inline="always")
def through_the_ear(colour: Colour, place: Colour, normal: Colour, scatter: float, light: Light, lit: float) -> Colour:
    """Light from behind, red from the blood it has passed."""
    lx, ly, lz = light.key_direction
    back = max(-(normal[0] * lx + normal[1] * ly + normal[2] * lz), 0.0)
    amount = smoothstep(abs(place[0]), EAR_M, EAR_M + 0.010) * back * lit * (0.25 + 0.75 * scatter)
    red, green, blue = light.key
    return colour[0] + 0.38 * amount * red, colour[1] + 0.07 * amount * green, colour[2] + 0.035 * amount * blue


@njit(inline="always")
def _wrapped(facing: float, wrap: float) -> float:
    """Diffuse light of a source that is wide by `wrap`; no more than a small one's over the whole sphere."""
    reach = max((facing + wrap) / (1 + wrap), 0.0)
    return reach * (reach * wrap + 1 - wrap) if wrap < 1 else reach * reach


@njit(inline="always")
def _mixed(albedo: float, sky: float, occlusion: float, direct: float) -> float:
    """Light from a surface; what hollows keep from the sky they partly give back (Jimenez et al. 2016)."""
    reached = occlusion / (1 - (1 - min(occlusion, 1.0)) * albedo)
    return albedo * (max(sky, 0.0) * reached + direct)
