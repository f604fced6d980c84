"""Which variants are kept: those still of their class to a judge, with an outline like the real one's.

Differs from the paper, whose filter is not known: the judge is the classifier trained without augmentation on the same
pictures.
"""

from collections.abc import Callable, Sequence

import numpy as np

from engines.augmentation.deda.layers import resized

Judge = Callable[[np.ndarray], np.ndarray]
"""Pictures (B, S, S, 3) uint8 -> what each class gets, (B, C)."""


def ranks(judge: Judge, pictures: Sequence[np.ndarray], labels: Sequence[int]) -> list[int]:
    """How many classes the judge puts before the right one, of each picture."""
    said = judge(np.stack(pictures))
    right = said[np.arange(len(labels)), list(labels)]
    return (said > right[:, None]).sum(1).tolist()


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two layers' alphas; the first is resized to the second."""
    height, width = other.shape[:2]
    first, second = (layer[..., 3] > 127 for layer in (resized(one, (width, height)), other))
    union = float((first | second).sum())
    return float((first & second).sum()) / union if union else 0.0
