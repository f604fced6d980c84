"""Brows, lashes, stubble and beards, drawn as single hairs on the skin in canonical coordinates.

A hair is a stroke along its direction with a hashed start, width and darkness; hairs overlap in two layers. Where a
pixel is wider than a hair the pattern fades to its mean, so that density does not depend on the picture's size.
"""

import numpy as np

from engines.faceworld.blends import mix, times
from engines.faceworld.compiled import njit
from engines.faceworld.looks import Look
from engines.faceworld.noise import bell, hashed, noise, smoothstep
from engines.faceworld.people.palette import Colour

_MEAN = 0.5
"""Mean cover of a layer of hairs."""


@njit(inline="always")
def hairs(across: float, along: float, seed: int) -> float:
    """Cover in [0, 1] by hairs one unit apart and one unit long, about `_MEAN` on average."""
    row = int(np.floor(across))
    middle = across - row - 0.5
    start = hashed((row * 0x0DA6B343 + seed * 0x18163841) & 0xFFFFFFFF)
    at = along + start
    cell = int(np.floor(at))
    t = at - cell
    one = hashed((row * 0x1B1AB31F + cell * 0x18163841 + seed) & 0xFFFFFFFF)
    width = (0.36 + 0.14 * one) * (0.35 + 2.6 * t * (1 - t))
    return smoothstep(width - abs(middle), -0.16, 0.16) * (0.85 + 0.25 * one)


@njit(inline="always")
def _seen(pattern: float, detail: float) -> float:
    return _MEAN + (pattern - _MEAN) * detail


@njit()
def brow(x: float, y: float, z: float, look: Look) -> float:
    """Cover of the eyebrow in [0, 1]; it begins clear of the nose; its hairs rise, then lean outwards."""
    features = look.features
    across = abs(x)
    u = (across - 0.0165) / features.brow_length
    if u < -0.06 or u > 1.12 or y > 0.03:
        return 0.0
    inside = min(max(u, 0.0), 1.0)
    centre = features.brow_height + features.brow_arch * np.sin(2.67 * inside) - 0.006 * u * u * features.brow_droop
    ends = smoothstep(u, -0.06, 0.16) * (1 - smoothstep(u, 0.84, 1.10))
    half = features.brow_thickness * (1 - 0.55 * u) * ends + 1e-5
    v = (z - centre) / half
    if abs(v) > 1.7:
        return 0.0
    lean, detail = 0.25 + 1.5 * inside, min(0.0011 / look.texel, 1.0)
    side = 5 if x > 0 else 9
    first = hairs((across - lean * (z - centre)) * 1150 + look.offset[0], (z - centre) * 150 + across * 60, side)
    second = hairs(
        (across - (lean + 0.5) * (z - centre)) * 900 + look.offset[2], (z - centre) * 170 - across * 40, side + 1
    )
    cover = 1 - (1 - 0.8 * _seen(first, detail)) * (1 - 0.65 * _seen(second, detail))
    body = bell(1.1 * v * v) * smoothstep(u, -0.06, 0.20)
    return min(max(1.5 * cover * body * features.brow_strength, 0.0), 0.93)


@njit(inline="always")
def lashes(colour: Colour, x: float, y: float, z: float, look: Look) -> Colour:
    """The dark rim where a lid meets the eyeball: strong above, faint below, broken into lashes."""
    eye = look.eye
    dx, dy, dz = abs(x) - eye[0], y - eye[1], z - eye[2]
    reach = np.sqrt(dx * dx + dy * dy + dz * dz) / eye[3]
    if reach > 1.22 or dy > 0:
        return colour
    lash = _seen(hairs(dx * 1300 + 0.4 * dx * dz * 1e5, reach * 6, 3), min(0.0009 / look.texel, 1.0))
    rim = 1 - smoothstep(reach, 1.04, (1.17 if dz > -0.003 else 1.12) + 0.05 * lash)
    k = 1 - rim * (0.92 if dz > -0.003 else 0.30) * look.features.lashes
    return times(colour, k, k, k)


@njit()
def beard(colour: Colour, place: Colour, fine: float, middle: float, lips: float, look: Look) -> tuple[Colour, float]:
    """Skin under stubble or a beard, and the beard's cover in [0, 1]. It lies below a line from the ear to the
    moustache, spares the lips, and ends above the throat."""
    x, y, z = place
    density = look.skin.beard
    if density <= 0 or z > -0.012:
        return colour, 0.0
    across = abs(x)
    line = -0.060 + 1.0 * (across - 0.024) - (look.skin.beard_low - 0.042)
    line = max(line, -0.0565) if across < 0.021 else line
    cover = smoothstep(line - z + 0.005 * middle, -0.005, 0.014)
    cover *= smoothstep(0.066 - y + 0.004 * middle, 0.0, 0.020) * smoothstep(z, -0.145, -0.120)
    cover *= 1 - smoothstep(lips, 0.10, 0.40)
    bare = bell(((across - 0.012) / 0.006) ** 2 + ((z + 0.083) / 0.004) ** 2)  # beside the tuft under the lip
    cover *= 1 - 0.6 * bare
    if cover <= 0.01:
        return colour, 0.0
    full = smoothstep(density, 0.35, 0.75)
    detail = min(0.0012 / look.texel, 1.0)
    arc = across + 0.8 * max(y + 0.02, 0.0)
    down = z + 0.25 * arc
    first = _seen(hairs(arc * 950 + 260 * down + 3.0 * middle, down * 130, 11), detail)
    second = _seen(hairs(arc * 800 - 240 * down + 2.5 * fine, down * 110, 12), detail)
    clump = noise(arc * 330, down * 90, 4.5)
    strands = 1 - (1 - 0.85 * first) * (1 - 0.7 * second)
    long = cover * min(density * 1.25, 1.0) * (0.45 + 0.75 * strands + 0.18 * clump)
    dots = cover * density * (0.62 + 0.55 * detail * fine + 0.16 * middle)
    share = min(max(full * long + (1 - full) * dots, 0.0), 0.96)
    tone = 0.62 + 0.45 * first + 0.28 * clump * full
    shadowed = times(colour, 1 - 0.16 * cover * density, 1 - 0.12 * cover * density, 1 - 0.08 * cover * density)
    return mix(shadowed, times(look.features.hair_colour, tone, tone, tone), share), share * (0.35 + 0.65 * full)
