"""Hair: strands grown from the scalp of the mean head, carried onto a person's head as flat ribbons.

A strand starts along the surface normal, is combed, falls with gravity, curls, and is kept outside the skull and
out of the face. Growing happens in canonical coordinates (metres, see `basis`), once a person.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from engines.faceworld.basis import SKIN, load_basis
from engines.faceworld.compiled import njit
from engines.faceworld.raster import vertex_normals

CENTRE = np.array([0.0, 0.07, 0.01])
"""A point within the skull from which the whole scalp can be seen."""
POLAR, AZIMUTH, POOL, POINTS = 96, 192, 6000, 9


class HairStyle(NamedTuple):
    """How hair grows: lengths in metres, the rest relative weights.

    `comb_*` draw a strand away from the parting, backwards and up; `front_*` do so for the fringe, outwards from
    the parting, forwards and down. `line`, `slope` and `peak` place the hairline; `scalp` is how much hair colour
    covers the skin; `base` thickens the scalp under the strands.
    """

    name: str
    strands: int
    length: float
    fringe: float
    lift: float
    comb_side: float
    comb_back: float
    comb_up: float
    front_side: float
    front_forward: float
    front_down: float
    gravity: float
    curl: float
    width: float
    scalp: float
    base: float
    part: float
    line: float
    slope: float
    peak: float


_STYLES = {
    #            strands length fringe lift  side  back  up    f.side f.fwd f.down grav curl  width  scalp base
    "none": (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0020, 0.10, 0.000),
    "shaved": (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0020, 0.60, 0.001),
    "crop": (540, 0.014, 0.016, 1.0, 0.3, 0.3, 0.3, 0.1, 0.6, -0.3, 0.3, 0.20, 0.0026, 0.94, 0.003),
    "brushed_up": (480, 0.030, 0.034, 1.2, 0.3, 0.8, 0.5, 0.1, -0.4, -0.8, 0.2, 0.12, 0.0034, 0.96, 0.004),
    "side_part": (500, 0.045, 0.060, 0.6, 0.9, 0.5, 0.1, 1.2, -0.1, 0.1, 0.8, 0.1, 0.0036, 0.97, 0.005),
    "swept_back": (500, 0.070, 0.075, 0.5, 0.15, 1.2, 0.1, 0.2, -1.0, -0.6, 0.5, 0.1, 0.0036, 0.97, 0.005),
    "fringe": (660, 0.055, 0.046, 0.35, 0.5, 0.4, 0.0, 0.25, 0.5, 0.8, 1.3, 0.12, 0.0036, 0.98, 0.006),
    "curly": (500, 0.045, 0.036, 1.0, 0.4, 0.3, 0.2, 0.3, 0.1, 0.0, 0.6, 1.0, 0.0042, 0.97, 0.006),
    "afro": (540, 0.034, 0.028, 1.8, 0.0, 0.0, 0.2, 0.0, 0.0, -0.2, 0.0, 1.4, 0.0046, 0.98, 0.012),
    "bob": (470, 0.165, 0.165, 0.5, 0.9, 0.3, 0.0, 1.2, -0.4, 0.0, 2.4, 0.10, 0.0062, 0.98, 0.006),
    "bob_fringe": (540, 0.160, 0.050, 0.5, 0.9, 0.3, 0.0, 0.1, 0.5, 0.8, 2.4, 0.08, 0.0062, 0.98, 0.006),
    "long": (470, 0.250, 0.250, 0.5, 0.9, 0.3, 0.0, 1.2, -0.4, 0.0, 2.6, 0.08, 0.0070, 0.98, 0.006),
    "wavy": (470, 0.230, 0.230, 0.7, 0.9, 0.3, 0.0, 1.2, -0.4, 0.0, 2.2, 0.6, 0.0070, 0.98, 0.008),
    "tied": (500, 0.110, 0.130, 0.15, 0.15, 1.3, 0.25, 0.2, -1.1, -0.7, 0.2, 0.05, 0.0040, 0.98, 0.004),
}
STYLES = tuple(_STYLES)
_MALE = {"crop": 5, "brushed_up": 3, "side_part": 4, "swept_back": 2, "fringe": 1.5, "curly": 2, "shaved": 2}
_FEMALE = {"bob": 3, "bob_fringe": 2, "long": 5, "wavy": 4, "tied": 4, "side_part": 1, "fringe": 0.7, "curly": 1.5}


def sample_style(rng: np.random.Generator, male: bool, old: float, african: float) -> HairStyle:
    """A style by sex, age (`old` in [0, 1]) and ancestry share."""
    weights: dict[str, float] = dict(_MALE if male else _FEMALE)
    if african > 0.5:
        weights = {"afro": 4, "curly": 2, "tied": 3, "crop": 1} if not male else {"crop": 5, "afro": 3, "shaved": 3}
    receding = float(male and rng.random() < 0.15 + 0.6 * old)
    if receding and old > 0.3:
        weights["none"] = 1.5
    names = list(weights)
    shares = np.array([weights[name] for name in names], float)
    name = names[rng.choice(len(names), p=shares / shares.sum())]
    style = _STYLES[name]
    scale = np.exp(rng.normal(0, 0.15))
    return HairStyle(
        name,
        style[0],
        style[1] * scale,
        style[2] * scale,
        *style[3:],
        part=rng.choice([-1, 1]) * rng.uniform(0.0, 0.028),
        line=rng.uniform(0.066, 0.082) + 0.02 * receding * (0.4 + old),
        slope=rng.uniform(0.8, 1.05),
        peak=rng.uniform(-0.006, 0.006) - 0.012 * receding,
    )


@dataclass(frozen=True, eq=False)
class Hair:
    """Ribbons of one person: vertices (N, 3) in metres, rest (N, 3) canonical, tangents (N, 3) unit vectors,
    shade (N,) relative brightness, faces (M, 3); `line` (V,) height above the hairline of each head vertex."""

    vertices: np.ndarray
    rest: np.ndarray
    tangents: np.ndarray
    shade: np.ndarray
    faces: np.ndarray
    line: np.ndarray


def hairline(style: HairStyle, place: np.ndarray) -> np.ndarray:
    """Height above the hairline, in metres, of canonical places (N, 3)."""
    x, y, z = place.T
    forehead = style.line + style.peak * np.cos(x / 0.02) * np.exp(-((x / 0.05) ** 2))
    sides = style.slope * np.clip(y + 0.03, -0.05, 0.3) + 0.25 * np.clip(np.abs(x) - 0.045, 0, 1)
    return z - forehead + sides


def grow_hair(style: HairStyle, head: np.ndarray, rng: np.random.Generator) -> Hair:
    """Grow a style and carry it onto a head (V, 3)."""
    basis, scalp = load_basis(), _scalp()
    line = (hairline(style, basis.mean) - 0.25 * (basis.ears > 0.3)).astype(np.float32)
    rooted = np.flatnonzero(hairline(style, scalp.roots) > 0.002)[: style.strands]
    if not len(rooted):
        empty = np.zeros((0, 3), np.float32)
        return Hair(empty, empty, empty, np.zeros(0, np.float32), np.zeros((0, 3), np.int32), line)
    roots = scalp.roots[rooted]
    draws = rng.uniform(-1, 1, (len(roots), 6))
    points, nearest = _grow(roots, draws, style[1:13], style.part, scalp.radius, scalp.vertex)
    return _ribbons(points, head - basis.mean, nearest, draws, style.width, line)


@dataclass(frozen=True, eq=False)
class _Scalp:
    """Where strands may start, and the skull as a radius and a nearest vertex by direction from `CENTRE`."""

    roots: np.ndarray
    radius: np.ndarray
    vertex: np.ndarray


@functools.cache
def _scalp() -> _Scalp:
    basis = load_basis()
    kept = np.flatnonzero(basis.ears < 0.2)
    kept = kept[np.isin(kept, np.unique(basis.faces[basis.regions == SKIN]))]
    offsets = basis.mean[kept] - CENTRE
    radii = np.linalg.norm(offsets, axis=1)
    polar, azimuth = np.meshgrid(
        (np.arange(POLAR) + 0.5) / POLAR * np.pi,
        (np.arange(AZIMUTH) + 0.5) / AZIMUTH * 2 * np.pi - np.pi,
        indexing="ij",
    )
    directions = np.stack([np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth), np.cos(polar)], 2)
    nearest = cKDTree(offsets / radii[:, None]).query(directions.reshape(-1, 3))[1].reshape(POLAR, AZIMUTH)
    smooth = gaussian_filter(radii[nearest], 1.0, mode=("nearest", "wrap"))
    return _Scalp(_roots(), smooth, kept[nearest])


def _roots() -> np.ndarray:
    """Random places (POOL, 3) on the upper and back skull, evenly spread."""
    basis, rng = load_basis(), np.random.default_rng(7)
    corners = basis.mean[basis.faces]
    centres = corners.mean(1)
    free = (basis.regions == SKIN) & (basis.ears[basis.faces].max(1) < 0.2)
    outward = ((centres - CENTRE) * np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])).sum(1) > 0
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    area = area * free * outward * (centres[:, 2] > -0.1) * (centres[:, 2] + centres[:, 1] > 0.02)
    area *= 1 + 1.5 * ((centres[:, 1] < 0.04) & (centres[:, 2] < 0.10))  # the hairline is what people look at
    area *= np.where(centres[:, 1] > 0.11, 0.4, 1)  # few look at the back of a head
    chosen = rng.choice(len(area), POOL, p=area / area.sum())
    weights = rng.dirichlet([1, 1, 1], POOL)
    return (corners[chosen] * weights[..., None]).sum(1)


@njit()
def _bin(x: float, y: float, z: float, radius: float) -> tuple:
    polar = int(np.arccos(min(max(z / radius, -1.0), 1.0)) / np.pi * POLAR)
    azimuth = int((np.arctan2(x, y) + np.pi) / (2 * np.pi) * AZIMUTH)
    return min(polar, POLAR - 1), min(azimuth, AZIMUTH - 1)


@njit()
def _grow(
    roots: np.ndarray, draws: np.ndarray, style: tuple, part: float, surface: np.ndarray, vertex: np.ndarray
) -> tuple:
    """Points (S, POINTS, 3) of each strand and the head vertex that carries each."""
    _, length, fringe, lift, side_, back, up, f_side, f_forward, f_down, gravity, curl = style
    points = np.zeros((roots.shape[0], POINTS, 3))
    carriers = np.zeros((roots.shape[0], POINTS), np.int64)
    for s in range(roots.shape[0]):
        x, y, z = roots[s]
        side = 1.0 if x + 0.006 * draws[s, 0] > part else -1.0
        front = min(max((0.035 - y) / 0.03, 0.0), 1.0) * min(max((z - 0.03) / 0.03, 0.0), 1.0)
        whole = ((1 - front) * length + front * fringe) * (1 + 0.18 * draws[s, 1])
        comb_x = side * ((1 - front) * side_ + front * f_side)
        comb_y = (1 - front) * back - front * f_forward
        comb_z = (1 - front) * up - front * f_down
        sheltered = whole > 0.1
        for k in range(POINTS):
            t = k / (POINTS - 1)
            ox, oy, oz = x - CENTRE[0], y - CENTRE[1], z - CENTRE[2]
            r = np.sqrt(ox * ox + oy * oy + oz * oz)
            i, j = _bin(ox, oy, oz, r)
            layer = 0.002 + 0.008 * (0.5 + 0.5 * draws[s, 2]) * min(t * 4, 1.0) * (0.4 + lift)
            clear = surface[i, j] + (layer if k else 0.0005)
            if r < clear:
                x, y, z = CENTRE[0] + ox * clear / r, CENTRE[1] + oy * clear / r, CENTRE[2] + oz * clear / r
            points[s, k, 0], points[s, k, 1], points[s, k, 2] = x, y, z
            carriers[s, k] = vertex[i, j]
            turn = 6.28 * (draws[s, 3] + 2.2 * t)
            fading = (1 - t) ** 2
            outward = max(comb_x * ox + comb_y * oy + comb_z * oz, 0.0) / r  # combing lies along the skull
            pull = lift - outward
            dx = pull * fading * ox / r + comb_x * fading + curl * np.cos(turn) + 0.12 * draws[s, 4] * (1 - t)
            dy = pull * fading * oy / r + comb_y * fading + curl * np.sin(turn + draws[s, 5])
            dz = pull * fading * oz / r + comb_z * fading - gravity * min(3 * t, 1.0) + curl * np.sin(turn) * 0.7
            if sheltered and y < 0.05 and abs(x) < 0.078 and z < 0.075:
                dx += side * 2.0
                dy += 0.6
            step = whole * (k + 1) / (POINTS * (POINTS - 1) / 2)  # short steps first, where the skull is round
            scale = step / np.sqrt(dx * dx + dy * dy + dz * dz + 1e-12)
            x, y, z = x + dx * scale, y + dy * scale, z + dz * scale
    return points, carriers


def _ribbons(
    points: np.ndarray, shift: np.ndarray, carriers: np.ndarray, draws: np.ndarray, width: float, line: np.ndarray
) -> Hair:
    strands = len(points)
    tangents = np.gradient(points, axis=1)
    tangents /= np.linalg.norm(tangents, axis=2, keepdims=True) + 1e-12
    outward = points - CENTRE + 0.03 * draws[:, None, 3:6]
    across = np.cross(tangents, outward)
    across /= np.linalg.norm(across, axis=2, keepdims=True) + 1e-12
    along = np.linspace(0, 1, POINTS)
    half = 0.5 * width * (1 - 0.75 * along)[None, :, None] * (1 + 0.4 * draws[:, :1, None])
    placed = points + shift[carriers]
    vertices = np.stack([placed - across * half, placed + across * half], 2).reshape(-1, 3)
    shade = (1 + 0.20 * draws[:, :1]) * (0.60 + 0.5 * np.minimum(along * 2, 1))[None]
    return Hair(
        vertices=vertices.astype(np.float32),
        rest=np.repeat(points, 2, axis=1).reshape(-1, 3).astype(np.float32),
        tangents=np.repeat(tangents, 2, axis=1).reshape(-1, 3).astype(np.float32),
        shade=np.repeat(shade, 2, axis=1).reshape(-1).astype(np.float32),
        faces=_strip_faces(strands),
        line=line,
    )


def _strip_faces(strands: int) -> np.ndarray:
    step = 2 * np.arange(POINTS - 1)
    one = np.concatenate([np.stack([step, step + 1, step + 2], 1), np.stack([step + 1, step + 3, step + 2], 1)])
    return (one[None] + 2 * POINTS * np.arange(strands)[:, None, None]).reshape(-1, 3).astype(np.int32)


def thickened(head: np.ndarray, faces: np.ndarray, hair: Hair, base: float, ears: np.ndarray) -> np.ndarray:
    """The head (V, 3) with its scalp raised smoothly under the hair."""
    ramp = np.clip(hair.line / 0.04, 0, 1)
    rise = base * ramp * ramp * (3 - 2 * ramp) * (1 - np.clip(ears * 3, 0, 1))
    return (head + vertex_normals(head, faces) * rise[:, None]).astype(np.float32)
