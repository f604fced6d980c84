"""The scalp of the mean head: where hair may be rooted, and the skull as a radius by direction.

Both follow from the bundled head alone and are kept beside it, made by `build_scalp`: a process that draws one picture
would else spend a third of its time on them.
"""

import functools
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load_file

from engines import ASSETS
from engines.faceworld.hairstyles import HairStyle

FILE = ASSETS / "world" / "tables" / "scalp.safetensors"

CENTRE = np.array([0.0, 0.07, 0.01])
"""A point within the skull from which the whole scalp can be seen."""
POLAR, AZIMUTH = 96, 192


def hairline(style: HairStyle, place: np.ndarray) -> np.ndarray:
    """Height above the hairline, in metres, of canonical places (N, 3)."""
    x, y, z = place.T
    forehead = style.line + style.peak * np.cos(x / 0.02) * np.exp(-((x / 0.05) ** 2))
    sides = style.slope * np.clip(y + 0.03, -0.05, 0.3) + 0.25 * np.clip(np.abs(x) - 0.045, 0, 1)
    return z - forehead + sides


@dataclass(frozen=True, eq=False)
class Scalp:
    """Candidate roots (900, 3), any beginning of them evenly spread; the skull's radius (POLAR, AZIMUTH) by direction
    from `CENTRE`, also with the ears, and the head vertex there."""

    roots: np.ndarray
    radius: np.ndarray
    over_ears: np.ndarray
    vertex: np.ndarray


@functools.cache
def load_scalp() -> Scalp:
    """The scalp of the bundled head; read once a process."""
    return Scalp(**load_file(FILE))
