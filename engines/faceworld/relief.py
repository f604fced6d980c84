"""Relief of skin as a bent normal and a darkening: pores, and the lines that age draws, in canonical coordinates.

A line is a groove: its depth is a Gaussian of the distance from a curve, its slope bends the normal, and less of the
sky reaches its bottom.
"""

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.noise import bell, noise, smoothstep
from engines.faceworld.people.palette import Colour
from engines.faceworld.people.surface import Skin


@njit(inline="always")
def _groove(distance: float, width: float) -> tuple[float, float]:
    """Depth in [0, 1] and slope of about as much, at a distance from a line's middle."""
    reach = distance / width
    depth = bell(reach * reach)
    return depth, 2.3 * reach * depth


@njit()
def relief(
    normal: Colour, place: Colour, fine: float, middle: float, coarse: float, skin: Skin
) -> tuple[Colour, float]:
    """The normal with pores and lines, and how much light the grooves keep."""
    x, y, z = place
    nx, ny, nz = normal
    pores = skin.relief * (1 + 1.2 * skin.wrinkles)
    nx += fine * pores + 0.4 * coarse * pores
    nz += (0.7 * middle - 0.7 * fine) * pores
    if skin.wrinkles < 0.02 or y > 0.03:
        return (nx, ny, nz), 1.0
    side, across = (1.0 if x > 0 else -1.0), abs(x)
    if z > 0.006:
        tilt_x, tilt_z, depth = _forehead(across, z, coarse, middle)
    elif z > -0.034:
        tilt_x, tilt_z, depth = _about_the_eye(across, z, coarse)
    else:
        tilt_x, tilt_z, depth = _about_the_mouth(across, z, middle)
    if across > 0.042 and abs(z + 0.002) < 0.026:
        fan_x, fan_z, fan = _crows_feet(across, z, coarse)
        tilt_x, tilt_z, depth = tilt_x + fan_x, tilt_z + fan_z, depth + fan
    strength = 0.95 * skin.wrinkles
    bent = (nx + side * strength * tilt_x, ny, nz + strength * tilt_z)
    return bent, 1 - 0.6 * skin.wrinkles * min(depth, 1.0)


@njit(inline="always")
def _forehead(across: float, z: float, coarse: float, middle: float) -> tuple[float, float, float]:
    """Four or five wavy lines across, and two upright ones between the brows."""
    inside = smoothstep(-across, -0.056, -0.026) * smoothstep(z, 0.027, 0.034) * smoothstep(-z, -0.072, -0.060)
    tilt_x, tilt_z, depth = 0.0, 0.0, 0.0
    if inside > 0:
        phase = (z - 0.031 - 0.0026 * coarse - 0.004 * np.cos(60 * across)) / 0.0078
        line = np.floor(phase + 0.5)
        strength = inside * (0.75 + 0.5 * noise(across * 60, line * 3.7, 1.5))
        groove, slope = _groove((phase - line) * 0.0078, 0.0013)
        tilt_z, depth = strength * slope, strength * groove
    if across < 0.016 and z < 0.027:
        strength = 0.6 * smoothstep(z, 0.004, 0.012) * smoothstep(-z, -0.027, -0.017) * (0.9 + 0.5 * middle)
        groove, slope = _groove(across - 0.0075 - 0.05 * (z - 0.01), 0.0013)
        tilt_x, depth = strength * slope, depth + strength * groove
    return tilt_x, tilt_z, depth


@njit(inline="always")
def _crows_feet(across: float, z: float, coarse: float) -> tuple[float, float, float]:
    """Lines that fan out from the eye's outer corner."""
    dx, dz = across - 0.040, z + 0.002
    reach = np.sqrt(dx * dx + dz * dz) + 1e-6
    inside = smoothstep(reach, 0.007, 0.011) * smoothstep(-reach, -0.024, -0.014) * smoothstep(-dz, -0.012, -0.004)
    phase = np.arctan2(dz, dx) * 3.2 + 0.35 * coarse
    line = np.floor(phase + 0.5)
    groove, slope = _groove((phase - line) / 3.2 * reach, 0.0010)
    inside *= 0.6 + 0.25 * coarse
    return -inside * slope * dz / reach, inside * slope * dx / reach, inside * groove


@njit(inline="always")
def _about_the_eye(across: float, z: float, coarse: float) -> tuple[float, float, float]:
    """The bag under the eye and the line below it; a crease over the nose's root."""
    dx = across - 0.031
    low = z + 0.0185 - 16 * dx * dx - 0.001 * coarse
    inside = smoothstep(-abs(dx), -0.019, -0.010)
    groove, slope = _groove(low, 0.0024)
    upper, upper_slope = _groove(low - 0.0065, 0.0016)
    tilt, depth = inside * (0.8 * slope + 0.5 * upper_slope), inside * (0.5 * groove + 0.35 * upper)
    if across < 0.010:
        groove, slope = _groove(z - 0.001, 0.0012)
        tilt, depth = tilt + 0.2 * slope, depth + 0.2 * groove
    return 0.0, tilt, depth


@njit(inline="always")
def _about_the_mouth(across: float, z: float, middle: float) -> tuple[float, float, float]:
    """From the nose to the mouth's corners, down from those, and small upright lines over the lips."""
    inside = smoothstep(-z, 0.036, 0.045) * smoothstep(z, -0.082, -0.070)
    fold = across - 0.0185 - 0.36 * (-0.042 - z) - 0.0006 * middle
    groove, slope = _groove(fold, 0.0030)
    tilt_x, depth = 1.1 * inside * slope, 0.7 * inside * groove
    below = smoothstep(-z, 0.076, 0.082) * smoothstep(z, -0.108, -0.094)
    if below > 0:
        groove, slope = _groove(across - 0.0285 - 0.10 * (-0.076 - z), 0.0024)
        tilt_x, depth = tilt_x + 0.7 * below * slope, depth + 0.5 * below * groove
    if across < 0.022 and -0.070 < z < -0.053:
        lip = 0.35 * smoothstep(-across, -0.022, -0.014)
        tilt_x += lip * np.sin(across * 2600 + 2 * middle)
    return tilt_x, 0.0, depth
