"""What surfaces are made of, in canonical coordinates (metres): skin, brows, scalp, eyeballs, mouth, cloth.

Each returns (albedo, specular strength, gloss exponent, bumped normal, share of hair).
"""

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.looks import Look
from engines.faceworld.noise import noise, smoothstep
from engines.faceworld.people import Colour, Features, Skin
from engines.faceworld.photo import Light


@njit(inline="always")
def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour."""
    rest = 1 - share
    return one[0] * rest + other[0] * share, one[1] * rest + other[1] * share, one[2] * rest + other[2] * share


@njit(inline="always")
def times(one: Colour, red: float, green: float, blue: float) -> Colour:
    """Channel by channel."""
    return one[0] * red, one[1] * green, one[2] * blue


@njit()
def skin_and_scalp(place: Colour, normal: Colour, lips: float, line: float, look: Look) -> tuple:
    """Skin with pores, blotches, flush, freckles, moles, wrinkles, beard, lips and brows, and the scalp's hair."""
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
    fine = noise(x * 900 + ox, y * 900 + oy, z * 900 + oz)
    coarse = noise(x * 60 + oz, y * 60 + ox, z * 60 + oy)
    mottle = 1 + skin.fine * (0.5 * fine + 0.6 * middle) + skin.blotch * coarse
    colour = times(skin.colour, mottle, mottle * (1 - 0.25 * skin.blotch * coarse), mottle)
    specular, gloss = 0.10, 20.0
    if y < 0.06:
        colour = _tints(colour, x, y, z, skin, look.moles)
        colour = _freckles(colour, x, y, z, skin.freckles, look.offset)
        colour = _beard(colour, x, y, z, fine, middle, skin, features.hair_colour)
        normal = _relief(normal, x, y, z, fine, middle, coarse, skin)
        if lips > 0.01:
            tone = 1 + 0.12 * fine
            colour = mix(colour, times(skin.lip_colour, tone, tone, tone), min(lips * 1.3, 1.0) * skin.lip_strength)
            specular, gloss = specular + 0.16 * lips, 35.0
        colour = _lashes(colour, x, y, z, look.eye, features.lashes)
        brow = _brow(x, y, z, features, look.offset)
        if brow > 0:
            colour = mix(colour, times(features.hair_colour, 0.75, 0.75, 0.75), brow)
            specular *= 1 - brow
    if hair > 0:
        colour = mix(colour, scalp, hair)
        specular *= 1 - 0.6 * hair
    return colour, specular, gloss, normal, hair


@njit()
def _tints(colour: Colour, x: float, y: float, z: float, skin: Skin, moles: tuple[Colour, ...]) -> Colour:
    """Flush of cheeks and nose, shade under the eyes, moles."""
    across = abs(x)
    if z < 0.02 and y < 0.03:
        cheek = np.exp(-((across - 0.036) ** 2 + (z + 0.035) ** 2) / (2 * 0.016**2))
        nose = 1.2 * np.exp(-(x * x + (z + 0.043) ** 2) / (2 * 0.011**2))
        flush = skin.flush * (cheek + nose)
        colour = times(colour, 1 + 0.10 * flush, 1 - 0.14 * flush, 1 - 0.10 * flush)
        under = np.exp(-((across - 0.03) ** 2 / (2 * 0.018**2) + (z + 0.012) ** 2 / (2 * 0.009**2))) * skin.under_eye
        colour = times(colour, 1 - 0.6 * under, 1 - 0.75 * under, 1 - 0.6 * under)
    for mole in moles:
        if (x - mole[0]) ** 2 + (z - mole[1]) ** 2 < mole[2] ** 2:
            colour = times(colour, 0.55, 0.44, 0.41)
    return colour


@njit()
def _freckles(colour: Colour, x: float, y: float, z: float, strength: float, offset: Colour) -> Colour:
    if strength <= 0:
        return colour
    spots = noise(x * 420 + offset[0], y * 420 + offset[1], z * 420 + offset[2])
    k = smoothstep(spots, 0.45, 0.7) * strength * smoothstep(-abs(z + 0.025), -0.04, -0.01)
    return times(colour, 1 - 0.3 * k, 1 - 0.45 * k, 1 - 0.5 * k)


@njit()
def _beard(
    colour: Colour, x: float, y: float, z: float, fine: float, middle: float, skin: Skin, hair: Colour
) -> Colour:
    """Stubble or beard below the cheeks, sparing the lips."""
    if skin.beard <= 0 or z > -0.03:
        return colour
    low = skin.beard_low + 0.018 * np.exp(-((x / 0.018) ** 2)) * 0.3
    k = smoothstep(-z + 0.003 * middle, low, low + 0.024) * smoothstep(0.02 - y, -0.055, 0.0)
    k *= 1 - np.exp(-((x / 0.021) ** 2 + ((z + 0.074) / 0.0085) ** 2) * 0.9)
    k = min(max(k * skin.beard * (0.78 + 0.16 * fine + 0.18 * middle), 0.0), 0.95)
    return mix(colour, times(hair, 0.8, 0.8, 0.8), k)


@njit()
def _relief(
    normal: Colour, x: float, y: float, z: float, fine: float, middle: float, coarse: float, skin: Skin
) -> Colour:
    """Pores, and with age the lines of forehead, eye corners and mouth, as a bent normal."""
    nx, ny, nz = normal
    nx += fine * skin.relief
    nz += (0.7 * middle - 0.7 * fine) * skin.relief
    if skin.wrinkles > 0 and y < 0.03:
        across = abs(x)
        if 0.026 < z < 0.066:
            inside = smoothstep(-across, -0.048, -0.02) * smoothstep(z, 0.026, 0.034) * smoothstep(-z, -0.066, -0.056)
            nz += 0.55 * skin.wrinkles * inside * np.sin(z * 820 + 2.2 * coarse + 800 * x * x)
        corner = np.exp(-(((across - 0.052) / 0.008) ** 2 + ((z + 0.001) / 0.009) ** 2))
        nz += 0.5 * skin.wrinkles * corner * np.sin((z + 0.3 * (across - 0.05)) * 1700 + 2 * coarse)
        fold = across - 0.0165 - 0.35 * (-0.042 - z)
        if -0.075 < z < -0.04 and abs(fold) < 0.008:
            nx += (1 if x > 0 else -1) * 0.5 * skin.wrinkles * np.sin(fold / 0.008 * np.pi)
    return nx, ny, nz


@njit()
def _lashes(
    colour: Colour, x: float, y: float, z: float, eye: tuple[float, float, float, float], strength: float
) -> Colour:
    """The dark rim where a lid meets the eyeball: strong above, faint below."""
    dx, dy, dz = abs(x) - eye[0], y - eye[1], z - eye[2]
    reach = np.sqrt(dx * dx + dy * dy + dz * dz) / eye[3]
    if reach > 1.16 or dy > 0:
        return colour
    k = 1 - (1 - smoothstep(reach, 1.03, 1.16)) * (0.85 if dz > -0.003 else 0.3) * strength
    return times(colour, k, k, k)


@njit()
def _brow(x: float, y: float, z: float, features: Features, offset: Colour) -> float:
    """Cover of the eyebrow, drawn as strokes that lean outwards; it begins clear of the nose bridge."""
    u = (abs(x) - 0.0165) / features.brow_length
    if u < -0.05 or u > 1.1 or y > 0.03:
        return 0.0
    inside = min(max(u, 0.0), 1.0)
    centre = features.brow_height + features.brow_arch * np.sin(2.67 * inside) - 0.006 * u * u * features.brow_droop
    half = (
        features.brow_thickness * (1 - 0.55 * u) * smoothstep(u, -0.05, 0.15) * (1 - smoothstep(u, 0.88, 1.08)) + 1e-5
    )
    v = (z - centre) / half
    if abs(v) > 1.6:
        return 0.0
    lean = z - centre - 0.5 * (abs(x) - 0.0165)
    stroke = noise(abs(x) * 600 - z * 500 + offset[0], lean * 220, offset[2] + (5.0 if x > 0 else 0.0))
    k = np.exp(-v * v * 1.2) * (0.95 + 0.45 * stroke) * features.brow_strength * smoothstep(u, -0.05, 0.22)
    return min(max(k, 0.0), 0.95)


@njit()
def eyeball(place: Colour, normal: Colour, side: float, look: Look, light: Light) -> tuple:
    """Sclera with veins, iris with fibres and limbal ring, pupil, shadow of the upper lid."""
    eye, features = look.eye, look.features
    dx, dy, dz = place[0] - side * eye[0], place[1] - eye[1], place[2] - eye[2]
    scale = 1 / np.sqrt(dx * dx + dy * dy + dz * dz + 1e-12)
    dx, dy, dz = dx * scale, dy * scale, dz * scale
    gx, gz = light.gaze_x, light.gaze_z
    ahead = -dy * np.sqrt(1 - gx * gx - gz * gz) + dx * gx + dz * gz
    angle = np.arccos(min(max(ahead, -1.0), 1.0))
    vein = smoothstep(noise(dx * 30 + look.offset[0], dz * 30, dy * 30), 0.5, 1.0) * 0.12
    colour = (0.72, 0.68 - vein, 0.65 - vein)
    radius = features.iris_radius
    inside = 1 - smoothstep(angle, radius - 0.04, radius + 0.03)
    if inside > 0:
        fibre = noise(np.arctan2(dz - gz, dx - gx) * 4, angle * 6, look.offset[1])
        tone = (0.55 + 0.65 * angle / radius + 0.3 * fibre) * (1 - 0.65 * smoothstep(angle, radius - 0.13, radius))
        colour = mix(colour, times(features.iris_colour, tone, tone, tone), inside)
        dark = 1 - 0.95 * (1 - smoothstep(angle, light.pupil - 0.03, light.pupil + 0.03))
        colour = times(colour, dark, dark, dark)
    shade = 1 - 0.55 * smoothstep(dz, 0.02, 0.36) - 0.25 * smoothstep(abs(dx), 0.35, 0.7)
    return times(colour, shade, shade, shade), 0.9, 180.0, normal, 0.0


@njit()
def mouth(place: Colour, normal: Colour, tongue: bool) -> tuple:
    """Dark cavity, tongue, and a row of upper teeth with gaps between them."""
    x, y, z = place
    if tongue:
        return (0.42, 0.17, 0.16), 0.15, 20.0, normal, 0.0
    if z > -0.0745 and y < 0.014 and abs(x) < 0.024:
        gap = 0.72 + 0.12 * np.cos(x * 6.283 / 0.0078) - 9 * abs(x)
        return (gap, gap * 0.93, gap * 0.83), 0.15, 30.0, normal, 0.0
    return (0.14, 0.045, 0.045), 0.02, 20.0, normal, 0.0


@njit()
def cloth(place: Colour, normal: Colour, colour: Colour) -> tuple:
    """Woven cloth with folds."""
    fold = noise(place[0] * 25, place[1] * 25, place[2] * 40)
    weave = 1 + 0.10 * noise(place[0] * 700, place[1] * 700, place[2] * 700) + 0.15 * fold
    bent = (normal[0] + 0.3 * fold, normal[1], normal[2] + 0.2 * fold)
    return times(colour, weave, weave, weave), 0.02, 10.0, bent, 0.0
