"""Judging a set of generated identities: are they many, each one person, varied, and nobody who was trained on?

Everything is in cosines of unit embeddings (N, D): a pair with cosine above r is "the same person". DCFace writes
"cosine distance > r" and means this similarity; its r = 0.3 belongs to its own recogniser, so r is calibrated on real
pictures here (`threshold`). Sources: uniqueness, consistency and diversity, Kim et al., CVPR 2023 (DCFace), with the
recall of Kynkäänniemi et al., NeurIPS 2019; FMR100 and FMR1000 are the share of genuine pairs missed where at most 1 %
and 0.1 % of impostor pairs pass.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.errors import BadInput
from engines.training.metrics import eer

Floats = NDArray[np.floating]
BLOCK = 2048


@dataclass(frozen=True)
class Separability:
    """How far genuine pairs lie from impostor pairs; see the module. `genuine` and `impostor` are the cosines."""

    eer: float
    fmr100: float
    fmr1000: float
    fdr: float
    genuine: Floats
    impostor: Floats


@dataclass(frozen=True)
class Leak:
    """Nearest of the training set for each of N: its number and cosine, (N, K) each, the nearest first."""

    index: NDArray[np.int64]
    cosine: Floats

    def above(self, threshold: float) -> int:
        """How many have a neighbour above the threshold."""
        return int((self.cosine[:, 0] > threshold).sum())


def unit(points: Floats) -> Floats:
    """Rows brought to length 1."""
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


def centres(embeddings: Floats, identity: np.ndarray) -> Floats:
    """Mean direction of each identity (C, D), in rising order of identity."""
    return unit(np.stack([embeddings[identity == who].mean(0) for who in np.unique(identity)]))


def uniqueness(centre: Floats, threshold: float) -> float:
    """Share of identities (C, D) left when one that lies within the threshold of an earlier one left is struck."""
    return float(unique_curve(centre, threshold)[-1] / len(centre))


def unique_curve(centre: Floats, threshold: float) -> NDArray[np.int64]:
    """(C,): how many of the first N identities are unique, scanned in order."""
    left: list[int] = []
    counts = np.zeros(len(centre), np.int64)
    for number, one in enumerate(centre):
        if not left or float((centre[left] @ one).max()) <= threshold:
            left.append(number)
        counts[number] = len(left)
    return counts


def consistency(embeddings: Floats, identity: np.ndarray, threshold: float) -> float:
    """Mean over identities of the share of pictures that lie within the threshold of their centre."""
    centre = dict(zip(np.unique(identity).tolist(), centres(embeddings, identity), strict=True))
    return float(np.mean([(embeddings[identity == who] @ one > threshold).mean() for who, one in centre.items()]))


def recall(real: Floats, made: Floats, neighbours: int = 3) -> float:
    """Share of real features (N, F) that lie in the ball of some made one (M, F), reaching to its k-th neighbour.

    Raises:
        BadInput: there are not more made ones than neighbours.
    """
    if len(made) <= neighbours:
        raise BadInput(f"Recall with {neighbours} neighbours needs more than {len(made)} pictures.")
    radius = np.sort(_distances(made, made), axis=1)[:, neighbours]
    return float((_distances(real, made) <= radius[None]).any(1).mean())


def diversity(
    real: Floats, real_identity: np.ndarray, made: Floats, made_identity: np.ndarray, neighbours: int = 3
) -> float:
    """Mean over identities that both sets show of the recall of their real features.

    Raises:
        BadInput: no identity is in both, or one has too few pictures.
    """
    shared = np.intersect1d(real_identity, made_identity)
    if not len(shared):
        raise BadInput("Diversity compares people with their own real pictures; no identity is in both sets.")
    parts = [recall(real[real_identity == who], made[made_identity == who], neighbours) for who in shared]
    return float(np.mean(parts))


def pairs(embeddings: Floats, identity: np.ndarray, seed: int = 0) -> tuple[Floats, Floats]:
    """Cosines of all genuine pairs, and of as many impostor pairs, or of all where there are fewer.

    Raises:
        BadInput: pairs of one kind are missing.
    """
    first, second = np.triu_indices(len(embeddings), 1)
    same = identity[first] == identity[second]
    if not same.any() or same.all():
        raise BadInput("Separability needs two identities, and two pictures of at least one of them.")
    others, wanted = np.flatnonzero(~same), int(same.sum())
    chosen = np.random.default_rng([seed, 0x5E9]).permutation(others)[: max(wanted, 2000)]
    cosine = np.concatenate([(embeddings[first[i : i + BLOCK]] * embeddings[second[i : i + BLOCK]]).sum(1)
                             for i in range(0, len(first), BLOCK)])  # fmt: skip
    return cosine[same], cosine[chosen]


def separability(genuine: Floats, impostor: Floats) -> Separability:
    """Error rates of two lists of cosines, and FDR = (difference of means)² / (sum of variances)."""
    scores, labels = np.concatenate([genuine, impostor]), np.repeat([1, 0], [len(genuine), len(impostor)])
    spread = float(genuine.var() + impostor.var())
    apart = float((genuine.mean() - impostor.mean()) ** 2)
    return Separability(
        eer(scores, labels), missed(genuine, impostor, 0.01), missed(genuine, impostor, 0.001),
        apart / max(spread, 1e-12), genuine, impostor,
    )  # fmt: skip


def threshold(impostor: Floats, false_matches: float = 0.01) -> float:
    """The least cosine above which at most that share of impostor pairs lies."""
    ranked = np.sort(impostor)[::-1]
    return float(ranked[int(np.floor(false_matches * len(ranked)))])


def missed(genuine: Floats, impostor: Floats, false_matches: float) -> float:
    """Share of genuine pairs not above that threshold (FNMR at FMR)."""
    return float((genuine <= threshold(impostor, false_matches)).mean())


def leakage(embeddings: Floats, known: Floats, count: int = 5) -> Leak:
    """The nearest of the known (M, D) to each (N, D). Images against images, images against class centres, and
    centres against centres: a leak may show in one and not in another."""
    parts = [embeddings[i : i + BLOCK] @ known.T for i in range(0, len(embeddings), BLOCK)]
    cosine = np.concatenate(parts)
    index = np.argsort(-cosine, axis=1, kind="stable")[:, :count]
    return Leak(index, np.take_along_axis(cosine, index, 1))


def unique_over(centre: Floats, thresholds: Sequence[float]) -> list[int]:
    """How many identities are unique at each threshold."""
    return [int(unique_curve(centre, value)[-1]) for value in thresholds]


def _distances(one: Floats, other: Floats) -> Floats:
    square = (one**2).sum(1)[:, None] + (other**2).sum(1)[None] - 2 * one @ other.T
    return np.sqrt(np.maximum(square, 0))
