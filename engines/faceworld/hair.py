"""Hair: locks grown from the scalp of the mean head, carried onto a person's head as flat tapered bands.

A lock starts off the scalp, is combed, falls, keeps outside the skull and (as its style says) out of the face, and
curls. Each stands for many strands, which shading draws across it. Growing happens in canonical coordinates
(metres, see `basis`), once a person.
"""

import functools
from dataclasses import dataclass

import numpy as np

from engines.faceworld.basis import load_basis
from engines.faceworld.compiled import njit
from engines.faceworld.hairstyles import HairStyle
from engines.faceworld.locks import bands
from engines.faceworld.noise import noise, smoothstep
from engines.faceworld.raster import vertex_normals
from engines.faceworld.scalp import AZIMUTH, CENTRE, POLAR, hairline, load_scalp

CX, CY, CZ = (float(c) for c in CENTRE)
CURLS, LUMPS = 0.012, 0.22
"""A scalp raised by more, in metres, is a mass of curls; and how uneven that is."""
TAIL = 34
"""Locks of a tail."""


@dataclass(frozen=True, eq=False)
class Hair:
    """Locks of one person, see `locks.Locks`; `line` (V,) is the height above the hairline of each head vertex."""

    vertices: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    strands: np.ndarray
    faces: np.ndarray
    line: np.ndarray


def grow_hair(style: HairStyle, head: np.ndarray, rng: np.random.Generator) -> Hair:
    """Grow a style and carry it onto a head (V, 3)."""
    basis, scalp = load_basis(), load_scalp()
    line = (hairline(style, basis.mean) - 0.25 * (basis.ears > 0.3)).astype(np.float32)
    roots = _roots(style, rng)
    if not len(roots):
        empty = np.zeros((0, 3), np.float32)
        return Hair(empty, empty, empty, empty, np.zeros((0, 3), np.int32), line)
    draws = rng.uniform(-1, 1, (len(roots) + TAIL, 6))
    surface = scalp.over_ears if style.gravity > 1 else scalp.radius
    points, carriers = _grow(roots, draws, style[1:], surface, scalp.vertex)
    if style.name == "tied":
        points, carriers = _with_tail(points, carriers, draws[len(roots) :], float(np.sign(style.part)))
    outward = points - CENTRE
    outward[..., 2] = outward[..., 2].clip(0)  # hair that hangs faces sideways
    locks = bands(points, (head - basis.mean)[carriers], outward, draws[: len(points)], style.width, style.tip)
    return Hair(*locks, line)


def _roots(style: HairStyle, rng: np.random.Generator) -> np.ndarray:
    """Places (S, 3) from which a style's locks grow; a fringe is twice as dense."""
    roots = load_scalp().roots
    rooted = hairline(style, roots) > 0.001
    if style.gravity < 1 or style.length < 0.1:  # what does not hang ends above the ear's lobe and the nape
        rooted &= roots[:, 2] > -0.005 - 0.35 * (roots[:, 1] - 0.07)
    roots = roots[rooted][: style.locks]
    if style.front_ahead > 0.3 and style.front_down > 0.5:
        before = roots[(roots[:, 1] < 0.02) & (roots[:, 2] > 0.05)]
        roots = np.concatenate([roots, before + rng.uniform(-0.004, 0.004, before.shape)])
    return roots


def _with_tail(
    points: np.ndarray, carriers: np.ndarray, draws: np.ndarray, side: float
) -> tuple[np.ndarray, np.ndarray]:
    """Locks and those of a tail, tied behind one ear and falling forward over the shoulder."""
    t = np.linspace(0, 1, points.shape[1])
    spread = 0.004 + 0.012 * np.sin(np.pi * np.minimum(t * 0.9 + 0.05, 1))
    middle = np.stack([side * (0.068 + 0.026 * np.sin(2.2 * t)), 0.105 - 0.075 * t**0.7, -0.035 - 0.215 * t], 1)
    away = draws[:, :3] / np.maximum(np.linalg.norm(draws[:, :3], axis=1, keepdims=True), 0.3)
    tail = middle + away[:, None] * spread[:, None]
    carrier = np.full(tail.shape[:2], carriers[np.abs(points[:, 0] - middle[0]).sum(1).argmin(), 0])
    return np.concatenate([points, tail]), np.concatenate([carriers, carrier])


@njit()
def _above(x: float, y: float, z: float, line: float, slope: float, peak: float) -> float:
    """`scalp.hairline` at one place."""
    forehead = line + peak * np.cos(x / 0.02) * np.exp(-((x / 0.05) ** 2))
    sides = slope * min(max(y + 0.03, -0.05), 0.3) + 0.25 * min(max(abs(x) - 0.045, 0.0), 1.0)
    return z - forehead + sides


@njit()
def _grow(roots: np.ndarray, draws: np.ndarray, style: tuple, surface: np.ndarray, vertex: np.ndarray) -> tuple:
    """Points (S, P, 3) of each lock and the head vertex that carries each."""
    (_, segments, length, fringe, _, _, volume, base, side_, back, up) = style[:11]
    (f_side, f_ahead, f_down, gravity, cling, curl, turns, apart, _, ruffle, part, line, slope, peak) = style[11:]
    points = np.zeros((roots.shape[0], segments + 1, 3))
    carriers = np.zeros((roots.shape[0], segments + 1), np.int64)
    for s in range(roots.shape[0]):
        x, y, z = roots[s]
        side = 1.0 if x + 0.004 * draws[s, 0] > part else -1.0
        front = smoothstep(-y, -0.035, 0.0) * smoothstep(z, 0.03, 0.06)
        whole = ((1 - front) * length + front * fringe) * (1 + 0.14 * draws[s, 1])
        if whole < 0.1:  # short hair is cut shorter towards its edge
            whole *= 0.45 + 0.55 * smoothstep(_above(x, y, z, line, slope, peak), 0.0, 0.05) + 0.4 * front
        layer = 0.5 + 0.5 * draws[s, 2]
        comb_x = side * ((1 - front) * side_ + front * f_side)
        comb_y = (1 - front) * back - front * f_ahead
        comb_z = (1 - front) * up - front * f_down
        apart_here = apart * (1 - front * (1.0 if f_ahead > 0.3 else 0.0))
        bend = ruffle * noise(x * 28 + 3.1, y * 28, z * 28), ruffle * noise(x * 28, y * 28 + 7.7, z * 28)
        phase = 6.28 * draws[s, 3] if ruffle > 0.4 else 3.0 * noise(x * 15, y * 15, z * 15) + 0.8 * draws[s, 3]
        px, py, pz = 0.0, 0.0, 0.0
        for k in range(segments + 1):
            t = k / segments
            ox, oy, oz = x - CX, y - CY, z - CZ
            r = np.sqrt(ox * ox + oy * oy + oz * oz)
            i, j = _bin(ox, oy, oz, r)
            clear = surface[i, j] + 0.0005 + (0.7 * base + volume * layer) * min(3.0 * t, 1.0) * (1.0 if k else 0.0)
            if r < clear:
                x, y, z = CX + ox * clear / r, CY + oy * clear / r, CZ + oz * clear / r
            carriers[s, k] = vertex[i, j]
            amplitude = curl * min(2 * t, 1.0) * (1 + 0.3 * draws[s, 4])
            ux, uy, uz = ox / r, oy / r, oz / r
            lx, ly, lz = _curled((ux, uy, uz), (px, py, pz), amplitude, phase + 6.28 * turns * t)
            points[s, k, 0], points[s, k, 1], points[s, k, 2] = x + lx, y + ly, z + lz
            fading = (1 - t) ** 2 if whole > 0.1 else 1 - 0.6 * t
            dx = comb_x * fading + bend[0] * (1 - t)
            dy = comb_y * fading + bend[1] * (1 - t)
            dz = comb_z * fading - gravity * smoothstep(t, -0.05, 0.35)
            held = cling * min(max((r - clear) / 0.012, 0.0), 1.0) * smoothstep(z, -0.05, 0.0)
            near = r < clear + 0.004
            dx, dy, dz = _led((dx, dy, dz), (ux, uy, uz), near, cling > 0.5, 0.45 * (1 - t) ** 2 - held)
            if apart_here > 0:
                dx, dy, dz = _kept_apart(x, y, z, dx, dy, dz, apart_here, line, slope, peak)
            dx, dy, dz = _unit(dx, dy, dz)
            if k:  # a lock is stiff
                dx, dy, dz = _unit(0.6 * dx + 0.4 * px, 0.6 * dy + 0.4 * py, 0.6 * dz + 0.4 * pz)
            px, py, pz = dx, dy, dz
            step = whole * (0.5 + (k + 0.5) / segments) / segments  # short steps first: the skull is round
            x, y, z = x + dx * step, y + dy * step, z + dz * step
    return points, carriers


@njit()
def _unit(x: float, y: float, z: float) -> tuple:
    scale = 1 / np.sqrt(x * x + y * y + z * z + 1e-12)
    return x * scale, y * scale, z * scale


@njit()
def _led(way: tuple, up: tuple, near: bool, flat: bool, pull: float) -> tuple:
    """A direction along the skull, if that is near, and then `pull` of its length away from it."""
    (dx, dy, dz), (ux, uy, uz) = way, up
    off = dx * ux + dy * uy + dz * uz
    if near and (off < 0 or flat):
        dx, dy, dz = dx - off * ux, dy - off * uy, dz - off * uz
    rise = pull * np.sqrt(dx * dx + dy * dy + dz * dz)
    return dx + rise * ux, dy + rise * uy, dz + rise * uz


@njit()
def _curled(up: tuple, along: tuple, amplitude: float, turn: float) -> tuple:
    """How far a curl takes a lock that runs `along` off its path: round a circle that touches the head, `up` off it."""
    (ux, uy, uz), (px, py, pz) = up, along
    sx, sy, sz = uy * pz - uz * py, uz * px - ux * pz, ux * py - uy * px
    lift, sway = amplitude * (0.5 + 0.5 * np.cos(turn)), amplitude * np.sin(turn)
    return lift * ux + sway * sx, lift * uy + sway * sy, lift * uz + sway * sz


@njit()
def _bin(x: float, y: float, z: float, radius: float) -> tuple:
    polar = int(np.arccos(min(max(z / radius, -1.0), 1.0)) / np.pi * POLAR)
    azimuth = int((np.arctan2(x, y) + np.pi) / (2 * np.pi) * AZIMUTH)
    return min(polar, POLAR - 1), min(azimuth, AZIMUTH - 1)


@njit()
def _kept_apart(
    x: float, y: float, z: float, dx: float, dy: float, dz: float, apart: float, line: float, slope: float, peak: float
) -> tuple:
    """A direction of growth that follows the hairline instead of crossing it, and below the temples hangs beside the
    face."""
    side = 1.0 if x > 0 else -1.0
    above = _above(x, y, z, line, slope, peak)
    near = apart * (1 - smoothstep(above, 0.002, 0.012)) * smoothstep(z, 0.025, 0.045) * smoothstep(-y, -0.06, -0.03)
    if near > 0:
        gx, gy, gz = 0.25 * side, slope, 1.0
        scale = 1 / np.sqrt(gx * gx + gy * gy + gz * gz)
        gx, gy, gz = gx * scale, gy * scale, gz * scale
        down = dx * gx + dy * gy + dz * gz
        if down < 0:
            dx, dy, dz = dx - near * down * gx, dy - near * down * gy, dz - near * down * gz
        dx += near * side * 0.8
    beside = 0.079 - 0.10 * max(-z - 0.05, 0.0)
    low = apart * (1 - smoothstep(z, 0.03, 0.05)) * (1 - smoothstep(y, 0.06, 0.09))
    short = beside - abs(x)
    if low > 0 and short > -0.004:
        dx = max(dx * side, 0.0) * side + side * low * min(max(short + 0.004, 0.0) * 60, 2.0)
        dy += 0.3 * low
    return dx, dy, dz


def thickened(head: np.ndarray, faces: np.ndarray, hair: Hair, base: float, ears: np.ndarray) -> np.ndarray:
    """The head (V, 3) with its scalp raised smoothly under the hair."""
    rise = risen(hair.line, base) * (1 - np.clip(ears * 3, 0, 1))
    return (head + vertex_normals(head, faces) * rise[:, None]).astype(np.float32)


def risen(line: np.ndarray, base: float) -> np.ndarray:
    """How far (V,) the scalp is raised by height above the hairline: the higher the hair, the wider the slope to it; a
    mass of curls is lumpy."""
    ramp = np.clip(line / (0.022 + 0.5 * base), 0, 1)
    rise = base * ramp * ramp * (3 - 2 * ramp)
    return rise * (1 + LUMPS * _lumps()) if base > CURLS else rise


@functools.cache
def _lumps() -> np.ndarray:
    """Noise (V,) at the vertices of the mean head."""
    return np.array([noise(*(float(c) for c in place * 70)) for place in load_basis().mean], np.float32)
