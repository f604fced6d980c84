"""Masks before mouth and nose: a sheet stretched over the lower face, from the nose's bridge to under the chin.

The face is seen from a point within the jaw as a radius by direction; the sheet is the taut envelope of that radius a
little off the skin, so it spans hollows as cloth does and follows the jaw when it opens.
"""

import numpy as np

from engines.faceworld.accessories import Part, joined, strip, tube
from engines.faceworld.basis import load_basis
from engines.faceworld.landmarks import landmark_vertices
from engines.faceworld.occluders import Occluder
from engines.faceworld.raster import vertex_normals

CENTRE = np.array([0.0, 0.075, -0.055])
ROWS, COLUMNS = 25, 37
WIDEST = np.deg2rad(64)
"""Directions of the sheet's corners to either side."""
CLEARANCE, PLEAT, FOLD_SHADE = 0.0022, 0.0035, 0.22
"""Distance from the skin and depth of a pleat, in metres; and how much darker a pleat's lip is."""
_TOP = (np.deg2rad([0, 7, 14, 26, 45, 64]), np.deg2rad([0, -1.5, -6, -9, -9, -9]))
"""Upper edge against the bridge of the nose, by direction to the side."""
_NOSE = (np.deg2rad([2, 8]), np.deg2rad([8, 0]))
"""Room for the nose above the highest the edge may rise under the eyes."""
LOWER_LIDS, BELOW_LIDS = (39, 40, 41, 42, 46, 47), np.deg2rad(2.0)
_BOTTOM = (np.deg2rad([0, 20, 40, 64]), np.deg2rad([0, 2, 9, 24]))
"""Lower edge against the point under the chin."""


def covering(head: np.ndarray, occluder: Occluder) -> tuple[Part, np.ndarray]:
    """A surgical or cloth mask on a head (V, 3) with its expression; and its vertices' colours (N, 3)."""
    azimuth, elevation = _directions(head, occluder)
    radius = _envelope(_radii(head, azimuth, elevation), azimuth)
    rows = np.linspace(0, 1, ROWS)[:, None]
    if occluder.kind == "surgical":
        radius = radius + _pleats(rows) * np.cos(azimuth / WIDEST * np.pi / 2)[None]
    level = np.cos(elevation)
    ways = np.stack([level * np.sin(azimuth), -level * np.cos(azimuth), np.sin(elevation)], 2)
    sheet = CENTRE + ways * radius[..., None]
    vertices = sheet.reshape(-1, 3).astype(np.float32)
    faces = tube(ROWS, COLUMNS, closed=False)
    cloth = Part(vertices, vertices, _outward(vertices, faces), faces)
    loops = [_loop(head, sheet[row, column], side) for column, side in ((-1, 1), (0, -1)) for row in (1, -2)]
    whole = joined([cloth, *loops])
    colours = np.tile(np.array(occluder.accent, np.float32), (len(whole.vertices), 1))
    colours[: len(vertices)] = _dyed(occluder, rows, azimuth).reshape(-1, 3)
    return whole, colours


def _directions(head: np.ndarray, occluder: Occluder) -> tuple[np.ndarray, np.ndarray]:
    """Directions to the side (COLUMNS,) and upwards (ROWS, COLUMNS), in radians."""
    marks = head[landmark_vertices()]
    bridge, chin = marks[28] - CENTRE, marks[8] - CENTRE
    lids = marks[list(LOWER_LIDS)] - CENTRE
    top = np.arctan2(bridge[2] + occluder.height, -bridge[1])
    bottom = np.arctan2(chin[2], -chin[1]) - np.deg2rad(8)
    azimuth = np.linspace(-WIDEST, WIDEST, COLUMNS)
    lids_at = np.arcsin(lids[:, 2] / np.linalg.norm(lids, axis=1)).min() - BELOW_LIDS
    upper = np.minimum(top + np.interp(np.abs(azimuth), *_TOP), lids_at + np.interp(np.abs(azimuth), *_NOSE))
    lower = bottom + np.interp(np.abs(azimuth), *_BOTTOM)
    share = np.linspace(0, 1, ROWS)[:, None]
    return azimuth, upper * (1 - share) + lower * share


def _radii(head: np.ndarray, azimuth: np.ndarray, elevation: np.ndarray) -> np.ndarray:
    """The farthest of the head's vertices near each direction; small where there is none."""
    offset = head - CENTRE
    radius = np.linalg.norm(offset, axis=1)
    side = np.arctan2(offset[:, 0], -offset[:, 1])
    near = (np.abs(side) < WIDEST * 1.1) & (load_basis().ears < 0.1)
    side, up, radius = side[near], np.arcsin(offset[near, 2] / radius[near]), radius[near]
    column = (side - azimuth[0]) / (azimuth[1] - azimuth[0])
    nearest = np.clip(np.rint(column), 0, COLUMNS - 1).astype(int)
    upper, lower = elevation[0, nearest], elevation[-1, nearest]
    row = np.rint((up - upper) / (lower - upper) * (ROWS - 1)).astype(int)
    inside = (row >= -1) & (row <= ROWS)
    farthest = np.full((ROWS, COLUMNS), 0.03)
    np.maximum.at(farthest, (np.clip(row[inside], 0, ROWS - 1), nearest[inside]), radius[inside])
    return farthest


def _envelope(radius: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """Stretch: no direction lies nearer than the chord of its neighbours; then smooth a little."""
    near = 1 / radius
    padded = np.pad(near, 1, mode="edge")
    windows = [padded[i : i + ROWS, j : j + COLUMNS] for i in range(3) for j in range(3)]
    near = np.minimum.reduce(windows)
    for reach in (1, 2, 4, 2, 1, 3, 1, 2, 1, 1):
        bend = 2 * np.cos(reach * (azimuth[1] - azimuth[0]))
        near[:, reach:-reach] = np.minimum(near[:, reach:-reach], (near[:, 2 * reach :] + near[:, : -2 * reach]) / bend)
        near[reach:-reach] = np.minimum(near[reach:-reach], (near[2 * reach :] + near[: -2 * reach]) / 2)
    smooth = np.pad(near, 1, mode="edge")
    smooth = 0.25 * smooth[:-2] + 0.5 * smooth[1:-1] + 0.25 * smooth[2:]
    smooth = 0.25 * smooth[:, :-2] + 0.5 * smooth[:, 1:-1] + 0.25 * smooth[:, 2:]
    return 1 / np.minimum(smooth, near * 1.01) + CLEARANCE


def _pleats(rows: np.ndarray) -> np.ndarray:
    """Three folds across, each a slow rise and a sharp fall, in metres."""
    phase = (rows - 0.30) / 0.15
    return np.where((phase > 0) & (phase < 3), PLEAT * (phase % 1), 0.0)


def _dyed(occluder: Occluder, rows: np.ndarray, azimuth: np.ndarray) -> np.ndarray:
    """Colours (ROWS, COLUMNS, 3): the variant's pattern, and a seam along the edges."""
    across = azimuth[None] / WIDEST
    folded = occluder.kind == "surgical"
    pattern = {
        "plain": np.zeros((ROWS, COLUMNS)),
        "stripes": np.broadcast_to(np.sin(rows * 38) > 0.2, (ROWS, COLUMNS)),
        "checks": (np.sin(rows * 38) > 0) ^ (np.sin(across * 28) > 0),
        "dots": (np.sin(rows * 38) > 0.45) & (np.sin(across * 28) > 0.45),
    }[occluder.variant].astype(np.float32)
    edge = (rows < 0.02) | (rows > 0.98) | (np.abs(across) > 0.97)
    pattern = np.maximum(pattern, 0.5 * edge)[..., None]
    colours = np.array(occluder.colour) * (1 - pattern) + np.array(occluder.accent) * pattern
    return colours * (1 - FOLD_SHADE * (_pleats(rows) > 0.75 * PLEAT))[..., None] if folded else colours


def _loop(head: np.ndarray, corner: np.ndarray, side: int) -> Part:
    """A band from a corner to behind the ear."""
    width = np.abs(head[:, 0]).max()
    ear = np.array([side * width * 0.90, 0.082, -0.012 if corner[2] > -0.06 else -0.045])
    middle = (corner + ear) / 2
    middle[0] = side * max(abs(middle[0]), width * 0.84)
    half, facing = np.array([0, 0, 0.0011]), np.tile(np.array([side, 0, 0], np.float32), (4, 1))
    bands = [strip(start, end, half) for start, end in ((corner, middle), (middle, ear))]
    return joined([Part(vertices, vertices, facing, faces) for vertices, faces in bands])


def _outward(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    normals = vertex_normals(vertices, faces)
    return normals * np.sign(((vertices - CENTRE) * normals).sum(1, keepdims=True)).astype(np.float32)
