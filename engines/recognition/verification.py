"""Error rates at a fixed rate of false matches, as benchmarks of face recognition state them.

Beside the equal error rate of `engines.analysis.identity`, whose pairs and distances these are.
"""

import numpy as np

from engines.analysis.identity import Pairs
from engines.errors import BadInput


def missed(pairs: Pairs, false_matches: float = 0.01) -> tuple[float, float]:
    """Share of same-person pairs missed, and the largest distance that still counts as a match, where at most that
    share of different-person pairs is let through (FNMR at FMR; with 0.01 it is called FMR100).

    Raises:
        BadInput: pairs of one kind are missing.
    """
    same, different = pairs.distance[pairs.same], np.sort(pairs.distance[~pairs.same])
    if not len(same) or not len(different):
        raise BadInput(f"An error rate needs pairs of both kinds; here are {len(same)} same and {len(different)} not.")
    let_through = int(np.floor(false_matches * len(different)))
    threshold = float(np.nextafter(different[let_through], -np.inf)) if let_through < len(different) else np.inf
    return float(np.mean(same > threshold)), threshold


def as_cosine(distance: float) -> float:
    """The cosine of two directions of length 1 that are this L2 distance apart."""
    return 1 - distance**2 / 2
