"""The 68 landmarks of the iBUG/300-W scheme, and the five used for alignment, as vertices of the head model.

Order of the 68: jaw (17, from the image's left), brows (5 + 5), nose ridge (4), nostrils (5), eyes (6 + 6), outer
lips (12), inner lips (8). The five: centres of the eyeballs (image's left first), nose tip, mouth corners.
"""

import functools

import numpy as np

from engines.faceworld.basis import SKIN, load_basis
from engines.faceworld.raster import vertex_normals

_JAW = (
    (-7.3, -0.6),
    (-7.2, -2.2),
    (-7.0, -3.9),
    (-6.6, -5.5),
    (-6.0, -7.2),
    (-5.1, -8.8),
    (-3.9, -10.2),
    (-2.2, -11.2),
)
_BROW = ((-5.3, 1.2), (-4.5, 2.0), (-3.5, 2.3), (-2.5, 2.1), (-1.6, 1.8))
_EYE = ((-4.5, -0.05), (-3.7, 0.42), (-2.6, 0.38), (-1.7, -0.35), (-2.6, -0.62), (-3.7, -0.55))
_NOSTRIL = ((-1.5, -4.5), (-0.8, -4.75))
_OUTER = ((-2.5, -7.1), (-1.6, -6.75), (-0.6, -6.5), (0, -6.6))
_LOWER = ((1.5, -8.1), (0.7, -8.45), (0, -8.5))
_INNER = ((-2.1, -7.15), (-0.8, -7.0), (0, -7.0))


def _mirrored(points: tuple) -> tuple:
    return tuple((-x, z) for x, z in reversed(points))


_EYE_ORDER_LEFT = (3, 2, 1, 0, 5, 4)
CANONICAL_CM = (
    *(*_JAW, (0, -11.6), *_mirrored(_JAW)),
    *(*_BROW, *_mirrored(_BROW)),
    *((0, 0.2), (0, -1.1), (0, -2.3), (0, -3.6)),
    *(*_NOSTRIL, (0, -4.9), *_mirrored(_NOSTRIL)),
    *(*_EYE, *((-_EYE[i][0], _EYE[i][1]) for i in _EYE_ORDER_LEFT)),
    *(*_OUTER, *_mirrored(_OUTER[:3]), *_LOWER, *_mirrored(_LOWER[:2])),
    *(*_INNER, *_mirrored(_INNER[:2]), (0.8, -7.25), (0, -7.3), (-0.8, -7.25)),
)
"""Places (x, z) on the mean head, seen from the front, in centimetres."""
LOWER_LIP = (65, 66, 67)
FIVE_FROM_68 = (30, 48, 54)


@functools.cache
def landmark_vertices() -> np.ndarray:
    """Vertex numbers (68,) of the landmarks."""
    basis = load_basis()
    skin = np.unique(basis.faces[basis.regions == SKIN])
    seen = vertex_normals(basis.mean, basis.faces)[:, 1] < 0.35
    kept = skin[seen[skin] & (basis.mean[skin, 1] < 0.10) & (basis.ears[skin] < 0.3)]
    opening = np.linalg.norm(basis.expression[basis.action("jawOpen")].reshape(-1, 3), axis=1)
    places = np.array(CANONICAL_CM) / 100
    chosen = []
    for number, (x, z) in enumerate(places):
        distance = np.hypot(basis.mean[kept, 0] - x, basis.mean[kept, 2] - z)
        if number in LOWER_LIP:  # closed lips touch: the lower one is the one that the jaw moves
            distance = distance + 0.05 * (opening[kept] < 0.5 * opening.max())
        elif number in (61, 62, 63):
            distance = distance + 0.05 * (opening[kept] > 0.2 * opening.max())
        chosen.append(kept[distance.argmin()])
    return np.array(chosen)
