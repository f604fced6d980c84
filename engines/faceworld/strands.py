"""Light on hair: a lock's many strands, drawn across it.

After Kajiya and Kay, "Rendering fur with three dimensional textures" (1989), with the two shifted highlights of
Scheuermann, "Practical real-time hair rendering and shading" (2004): a white one from the surface towards the root, and
a wider one in the hair's colour towards the tip. What differs: diffuse light also falls off with the normal of
the whole head of hair, which gives it volume.
"""

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.light import Light, irradiance
from engines.faceworld.looks import Look
from engines.faceworld.noise import bell, noise, smoothstep
from engines.faceworld.people import Colour

GREY = (0.30, 0.29, 0.28)
"""A grey strand."""


@njit()
def strands(
    place: Colour, normal: Colour, along: Colour, values: Colour, look: Look, light: Light, lit: float
) -> Colour:
    """Linear RGB of hair. `along` is the lock's direction, of any length; `values` are `Hair.strands`."""
    brightness, across, down = values
    strand = noise(across, down * 2.5, 0.5)
    clump = noise(place[0] * 140, place[1] * 140, place[2] * 45)
    nx, ny, nz = normal
    scale = 1 / np.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    tx, ty, tz = along
    scale = 1 / np.sqrt(tx * tx + ty * ty + tz * tz + 1e-20)
    scale = -scale if tz > 0 else scale  # from root to tip is mostly downwards
    tx, ty, tz = tx * scale, ty * scale, tz * scale
    lx, ly, lz = light.key_direction
    turned = tx * lx + ty * ly + tz * lz
    wrapped = min(max((nx * lx + ny * ly + nz * lz + 0.35) / 1.35, 0.0), 1.0)
    diffuse = (0.30 * np.sqrt(max(1 - turned * turned, 0.0)) + 0.70 * wrapped) * (0.35 + 0.65 * lit)
    hx, hy, hz = lx, ly - 1.0, lz
    half = 1 / np.sqrt(hx * hx + hy * hy + hz * hz + 1e-12)
    peak = (tx * hx + ty * hy + tz * hz) * half
    shift = 0.10 * strand
    white = _highlight(peak - 0.10 + shift, 40.0) * wrapped * lit * light.gloss * 0.075
    rim = 0.010 * (1.2 + strand) * (1.0 + max(nz, 0.0))  # what a strand mirrors of the sky
    tinted = _highlight(peak + 0.14 + 2 * shift, 9.0) * wrapped * lit * light.gloss * 0.45
    level = brightness * (1 + 0.34 * strand + 0.22 * clump)
    sky = 0.65 * (0.35 + 0.65 * brightness)
    ambient = irradiance(light.ambient, nx, ny, nz)
    red, green, blue = _strand_colour(look, across)
    direct = 0.85 * diffuse + tinted
    return (
        level * (ambient[0] * (red * sky + rim) + light.key[0] * (red * direct + white)),
        level * (ambient[1] * (green * sky + rim) + light.key[1] * (green * direct + white)),
        level * (ambient[2] * (blue * sky + rim) + light.key[2] * (blue * direct + white)),
    )


@njit(inline="always")
def _highlight(along: float, width: float) -> float:
    """Of strands whose direction is so much along the half vector: brightest across it."""
    return bell(width * along * along)


@njit(inline="always")
def _strand_colour(look: Look, across: float) -> Colour:
    """Grey or not: a strand is either, though from afar the two mix to the hair's colour."""
    red, green, blue = look.features.hair_colour
    grey = look.features.grey
    if grey < 0.02:
        return red, green, blue
    white = smoothstep(0.5 + 0.5 * noise(across * 0.8, 7.7, 2.2), 0.9 - 0.8 * grey, 1.1 - 0.8 * grey)
    change = (white - grey) * 0.75
    return (
        max(red + change * (GREY[0] - red), 0.3 * red),
        max(green + change * (GREY[1] - green), 0.3 * green),
        max(blue + change * (GREY[2] - blue), 0.3 * blue),
    )
