"""Skin in canonical coordinates (metres): mottled pigment, zones of colour, freckles, moles, oil, lips; what grows on
it is `facial_hair`, what bends its normal `relief`."""

import numpy as np

from engines.faceworld.blends import mix, times
from engines.faceworld.compiled import njit
from engines.faceworld.facial_hair import beard, brow, lashes
from engines.faceworld.looks import Look
from engines.faceworld.noise import bell, hashed, noise, smoothstep
from engines.faceworld.people.palette import Colour
from engines.faceworld.people.surface import Skin
from engines.faceworld.relief import relief


@njit()
def skin_and_scalp(place: Colour, normal: Colour, lips: float, line: float, look: Look) -> tuple:
    """Skin, and the scalp's hair above the hairline (`line` metres below): a material, see `materials`."""
    x, y, z = place
    skin, features = look.skin, look.features
    ox, oy, oz = look.offset
    middle = noise(x * 220 + oy, y * 220 + oz, z * 220 + ox)
    hair, strand = 0.0, 0.0
    if line > -0.02:
        strand = noise(x * 260 + ox, y * 60 + x * 40, z * 110 + oz)
        hair = smoothstep(line + 0.004 * strand + 0.002 * middle, -0.003, 0.012) * features.scalp
    level = 0.62 + 0.25 * strand
    scalp = times(features.hair_colour, level, level, level)
    if hair > 0.9:
        return scalp, 0.05, 20.0, normal, hair
    sharp, fine = smoothstep(0.0011 / look.texel, 0.5, 1.5), 0.0
    if sharp > 0.05:
        fine = sharp * noise(x * 900 + ox, y * 900 + oy, z * 900 + oz)
    coarse = noise(x * 60 + oz, y * 60 + ox, z * 60 + oy)
    mottle = 1 + skin.fine * (0.5 * fine + 0.6 * middle) + skin.blotch * coarse
    colour = times(skin.colour, mottle, mottle * (1 - 0.25 * skin.blotch * coarse), mottle)
    specular, gloss = 0.10, 20.0
    if y < 0.065:
        colour = _zones(colour, x, y, z, skin)
        colour = _marks(colour, x, y, z, look)
        specular = _oil(x, z, middle)
        normal, kept = relief(normal, place, fine, middle, coarse, skin)
        colour = times(colour, kept, kept * (0.7 + 0.3 * kept), kept * (0.7 + 0.3 * kept))
        if lips > 0.01:
            colour, normal = _lips(colour, normal, x, lips, fine, middle, skin)
            specular, gloss = specular + 0.14 * lips, 32.0
        colour, grown = beard(colour, place, fine, middle, lips, look)
        colour = lashes(colour, x, y, z, look)
        brows = brow(x, y, z, look)
        if brows > 0:
            colour = mix(colour, times(features.hair_colour, 0.7, 0.7, 0.7), brows)
        specular *= (1 - brows) * (1 - 0.8 * grown)
    if hair > 0:
        colour = mix(colour, scalp, hair)
        specular *= 1 - 0.6 * hair
    return colour, specular, gloss, normal, hair


@njit(inline="always")
def _zones(colour: Colour, x: float, y: float, z: float, skin: Skin) -> Colour:
    """Blood in cheeks and nose, a yellower forehead, darker lids, shade under the eyes, red ears."""
    across = abs(x)
    if y > 0.045:
        ear = smoothstep(across, 0.070, 0.080) * skin.flush * 0.5
        return times(colour, 1 + 0.08 * ear, 1 - 0.16 * ear, 1 - 0.13 * ear)
    if z < 0.02:
        cheek = bell(((across - 0.036) ** 2 + (z + 0.035) ** 2) / (2 * 0.016**2))
        nose = 1.1 * bell((x * x + (z + 0.043) ** 2) / (2 * 0.011**2))
        flush = skin.flush * (cheek + nose)
        colour = times(colour, 1 + 0.08 * flush, 1 - 0.13 * flush, 1 - 0.10 * flush)
        aside, low = (across - 0.031) ** 2, z + 0.0125
        under = bell(aside / (2 * 0.016**2) + low * low / (2 * 0.007**2)) * skin.under_eye
        lid = bell(aside / (2 * 0.015**2) + (z - 0.007) ** 2 / (2 * 0.005**2)) * (0.10 + 0.3 * skin.under_eye)
        shade = 0.55 * under + 0.6 * lid
        return times(colour, 1 - shade, 1 - 1.2 * shade, 1 - 1.05 * shade)
    upper = smoothstep(z, 0.02, 0.04) * 0.03
    return times(colour, 1 + upper, 1 + upper, 1 - upper)


@njit()
def _marks(colour: Colour, x: float, y: float, z: float, look: Look) -> Colour:
    """Moles; freckles across nose and cheeks, and the spots that age brings, each a small disc."""
    for mole in look.moles:
        away = (x - mole[0]) ** 2 + (z - mole[1]) ** 2
        if away < 2.2 * mole[2] ** 2:
            k = 1 - smoothstep(np.sqrt(away), 0.7 * mole[2], 1.4 * mole[2])
            colour = times(colour, 1 - 0.45 * k, 1 - 0.56 * k, 1 - 0.59 * k)
    freckles = look.skin.freckles * smoothstep(-abs(z + 0.022), -0.045, -0.012)
    if freckles > 0.02:
        k = 0.8 * freckles * _spots(x, z, 0.0030, 1 + int(look.offset[0] * 97), freckles)
        k += 0.6 * freckles * _spots(x + 0.011, z + 0.007, 0.0021, 2 + int(look.offset[1] * 97), freckles)
        colour = times(colour, 1 - 0.22 * k, 1 - 0.36 * k, 1 - 0.42 * k)
    if look.skin.wrinkles > 0.3:
        k = (look.skin.wrinkles - 0.3) * _spots(x, z, 0.011, 3 + int(look.offset[2] * 97), 0.45)
        colour = times(colour, 1 - 0.22 * k, 1 - 0.30 * k, 1 - 0.34 * k)
    return colour


@njit(inline="always")
def _spots(x: float, z: float, cell: float, seed: int, share: float) -> float:
    """Cover by discs of different sizes, at most one a square cell of that width and in that share of cells."""
    x, z = (0.83 * x + 0.56 * z) / cell, (0.83 * z - 0.56 * x) / cell
    x, z = x + 0.35 * np.sin(2.1 * z + seed), z + 0.35 * np.sin(1.7 * x)
    i, j = int(np.floor(x)), int(np.floor(z))
    key = (i * 0x0DA6B343 + j * 0x18163841 + seed * 0x1B1AB31F) & 0xFFFFFFFF
    if 0.5 + 0.5 * hashed(key) > share:
        return 0.0
    u = x - i - 0.5 - 0.32 * hashed(key ^ 0x5BD1E995)
    v = z - j - 0.5 - 0.32 * hashed(key ^ 0x27D4EB2F)
    radius = 0.15 + 0.08 * hashed(key ^ 0x165667B1)
    return 1 - smoothstep(np.sqrt(u * u + v * v), 0.55 * radius, 1.5 * radius)


@njit(inline="always")
def _oil(x: float, z: float, middle: float) -> float:
    """Specular strength: forehead, nose and chin shine most."""
    forehead = bell((x / 0.035) ** 2 + ((z - 0.045) / 0.02) ** 2)
    nose = bell((x / 0.010) ** 2 + ((z + 0.028) / 0.022) ** 2)
    chin = bell((x / 0.016) ** 2 + ((z + 0.104) / 0.012) ** 2)
    return (0.075 + 0.075 * forehead + 0.12 * nose + 0.04 * chin) * (1 + 0.35 * middle)


@njit(inline="always")
def _lips(
    colour: Colour, normal: Colour, x: float, lips: float, fine: float, middle: float, skin: Skin
) -> tuple[Colour, Colour]:
    """Redder skin with upright furrows."""
    furrow = np.sin(x * 2100 + 2.5 * middle)
    tone = 1 + 0.10 * fine + 0.05 * furrow
    share = min(lips * 1.3, 1.0) * skin.lip_strength
    bent = (normal[0] + 0.07 * lips * furrow, normal[1], normal[2])
    return mix(colour, times(skin.lip_colour, tone, tone, tone), share), bent
