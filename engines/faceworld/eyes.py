"""Eyeballs: sclera with veins, a wet cornea, iris with fibres, collarette and limbal ring, pupil, shade of the lids."""

import numpy as np

from engines.faceworld.blends import mix, times
from engines.faceworld.compiled import njit
from engines.faceworld.light import Light
from engines.faceworld.looks import Look
from engines.faceworld.noise import noise, smoothstep
from engines.faceworld.people.palette import Colour


@njit()
def eyeball(place: Colour, normal: Colour, side: float, look: Look, light: Light) -> tuple:
    """The material of an eyeball, `side` 1 for the left one and -1 for the right one."""
    eye, features = look.eye, look.features
    dx, dy, dz = place[0] - side * eye[0], place[1] - eye[1], place[2] - eye[2]
    scale = 1 / np.sqrt(dx * dx + dy * dy + dz * dz + 1e-12)
    dx, dy, dz = dx * scale, dy * scale, dz * scale
    gx, gz = light.gaze_x, light.gaze_z
    ahead = -dy * np.sqrt(1 - gx * gx - gz * gz) + dx * gx + dz * gz
    angle = np.arccos(min(max(ahead, -1.0), 1.0))
    corner = smoothstep(abs(dx), 0.30, 0.75)
    vein = smoothstep(noise(dx * 30 + look.offset[0], dz * 30, dy * 30), 0.45, 1.0) * (0.05 + 0.15 * corner)
    colour = (0.66 - 0.10 * corner, 0.60 - 0.16 * corner - vein, 0.56 - 0.17 * corner - vein)
    radius = features.iris_radius
    inside = 1 - smoothstep(angle, radius - 0.03, radius + 0.035)
    if inside > 0:
        colour = mix(colour, _iris(angle / radius, np.arctan2(dz - gz, dx - gx), look), inside)
        dark = 1 - 0.97 * (1 - smoothstep(angle, light.pupil - 0.025, light.pupil + 0.025))
        colour = times(colour, dark, dark, dark)
    shade = 1 - 0.62 * smoothstep(dz, -0.02, 0.36) - 0.28 * smoothstep(abs(dx), 0.30, 0.70)
    colour = times(colour, shade, shade, shade)
    bulge = 1 - smoothstep(angle, radius, radius + 0.12)
    bent = (normal[0] + 0.55 * bulge * (dx - gx), normal[1], normal[2] + 0.55 * bulge * (dz - gz))
    return _reflecting(colour, bent, bulge, light), 0.35, 90.0, bent, 0.0


@njit(inline="always")
def _iris(reach: float, turn: float, look: Look) -> Colour:
    """Colour at `reach` (0 middle, 1 rim): fibres along the radius, a warmer ring about the pupil, a dark rim."""
    fibre = noise(np.cos(turn) * 7 + look.offset[1], np.sin(turn) * 7, reach * 1.3)
    crypt = noise(np.cos(turn) * 3, np.sin(turn) * 3 + look.offset[2], reach * 4)
    rim = 1 - 0.78 * smoothstep(reach, 0.70, 1.0)
    tone = (0.72 + 0.45 * reach + 0.32 * fibre + 0.16 * crypt) * rim
    ring = (1 - smoothstep(abs(reach - 0.48), 0.06, 0.2)) * 0.4
    red, green, blue = look.features.iris_colour
    return red * tone * (1 + 0.8 * ring), green * tone * (1 + 0.35 * ring), blue * tone * (1 - 0.15 * ring)


@njit(inline="always")
def _reflecting(colour: Colour, normal: Colour, wet: float, light: Light) -> Colour:
    """Mirrored in the cornea: faintly the bright upper half of the surroundings, and the key light, small and sharp or
    wide and square; lamps high above are mirrored as far up as lids let see."""
    scale = 1 / np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2 + 1e-12)
    nx, ny, nz = normal[0] * scale, normal[1] * scale, normal[2] * scale
    glow = smoothstep(-2 * ny * nz, 0.25, 0.55) * 0.05 * wet
    lx, ly, lz = light.key_direction
    if ly < 0.35:
        half = 1 / np.sqrt(lx * lx + (ly - 1) * (ly - 1) + lz * lz + 1e-6)
        across, up = abs(nx - lx * half), abs(nz - min(lz * half, 0.27))
        away = max(across, up) if light.softness > 0.55 else np.sqrt(across * across + up * up)
        reach = 0.055 + 0.06 * light.softness
        glow += (1 - smoothstep(away, 0.7 * reach, 1.15 * reach)) * wet * (0.9 - 0.35 * light.softness)
    return colour[0] + glow, colour[1] + glow, colour[2] + glow
