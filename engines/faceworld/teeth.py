"""The upper teeth: a curved strip behind the upper lip, with scalars that tell where on which tooth a place is."""

import numpy as np

from engines.faceworld.accessories import Part, tube
from engines.faceworld.basis import load_basis
from engines.faceworld.landmarks import landmark_vertices

WIDTHS_M = (0.0086, 0.0068, 0.0078, 0.0071, 0.0069)
"""Of the teeth of one side, from the middle: two incisors, the canine, two premolars."""
BEHIND_M = 0.0075
"""From the lip's front to the front teeth."""
HALF_WIDTH_M, DEPTH_M, GUM_M, EDGE_M = 0.0245, 0.030, 0.011, 0.0022
"""Half width and depth of the arch; the strip's height above and below the upper lip's inner edge."""
ROWS, COLUMNS = 4, 25


def teeth(head: np.ndarray) -> tuple[Part, np.ndarray]:
    """Upper teeth for a head (V, 3), and their scalars (N, 3): the tooth's number from the middle, its middle at a
    half; the height from gum (0) to edge (1); 1."""
    marks = head[landmark_vertices()]
    inner, corners = marks[62], marks[[48, 54]]
    scale = abs(corners[0, 0] - corners[1, 0]) / 0.05
    turn = np.linspace(-1.25, 1.25, COLUMNS)
    down = np.linspace(0, 1, ROWS)[:, None]
    x = np.broadcast_to(HALF_WIDTH_M * scale * np.sin(turn), (ROWS, COLUMNS))
    y = inner[1] + BEHIND_M + DEPTH_M * (1 - np.cos(turn)) - 0.0015 * down
    z = inner[2] + GUM_M - (GUM_M + EDGE_M) * down - 0.002 * np.abs(turn) ** 2 * (down - 0.5)
    vertices = np.stack([x, y, np.broadcast_to(z, x.shape)], 2).reshape(-1, 3).astype(np.float32)
    level = np.stack([np.sin(turn) * HALF_WIDTH_M, -np.cos(turn) * DEPTH_M, 0 * turn], 1)
    normals = np.tile(level / np.linalg.norm(level, axis=1, keepdims=True), (ROWS, 1)).astype(np.float32)
    scalars = np.ones((ROWS, COLUMNS, 3), np.float32)
    scalars[..., 0], scalars[..., 1] = _numbers(turn), np.broadcast_to(down, x.shape)
    part = Part(
        vertices, vertices - head.mean(0) + load_basis().mean.mean(0), normals, tube(ROWS, COLUMNS, closed=False)
    )
    return part._replace(rest=part.rest.astype(np.float32)), scalars.reshape(-1, 3)


def _numbers(turn: np.ndarray) -> np.ndarray:
    """Teeth from the middle at each place (COLUMNS,) of the arch; to the person's right they are negative."""
    radii = np.stack([HALF_WIDTH_M * np.cos(turn), DEPTH_M * np.sin(turn)], 1)
    steps = np.linalg.norm((radii[1:] + radii[:-1]) / 2, axis=1) * np.diff(turn)
    length = np.concatenate([[0], np.cumsum(steps)])
    length = length - length[len(turn) // 2]
    edges = np.concatenate([[0], np.cumsum(WIDTHS_M)])
    return np.sign(length) * np.interp(np.abs(length), edges, np.arange(len(edges)))
