"""How well people are told apart in a set of pictures, by an embedder that never saw them.

Any pictures with known identities will do: rendered ones with their landmarks, or a folder of photographs, whose faces
the detector finds. Each picture becomes an embedding, each pair of pictures a distance; same-person pairs should be
close and different-person pairs far. The equal error rate (EER) is where as many of the ones are called different as of
the others the same. Pairs of one person are not independent, so intervals resample whole identities: a pair of two
people counts as often as the product of how often each was drawn (the subset bootstrap of R. Bolle, N. Ratha and S.
Pankanti, "Error analysis of pattern recognition systems: the subsets bootstrap", CVIU 2004, with replacement).

An EER over all pairs is flattered by pairs that differ in sex and ancestry: `within` keeps those of one group.

Pictures are (H, W, 3) uint8 RGB, chips (150, 150, 3) uint8 RGB, embeddings (N, 128), distances L2.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from engines.backbones.embedder import FaceEmbedder
from engines.data.alignment import align_for_embedder
from engines.data.face import Face
from engines.data.faces import find_faces
from engines.errors import BadInput
from engines.training.bootstrap import Interval

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Pairs:
    """Pairs of pictures: their numbers (M,), L2 distances (M,), who is the same (M,), and each picture's identity as a
    code (N,) from 0."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: Floats
    same: Flags
    person: NDArray[np.int64]

    def only(self, kept: ArrayLike) -> "Pairs":
        """The pairs that a mask (M,) keeps."""
        mask = np.asarray(kept, bool)
        parts = {name: getattr(self, name)[mask] for name in ("first", "second", "distance", "same")}
        return replace(self, **parts)


@dataclass(frozen=True)
class Verification:
    """What a set of pairs says: EER with its interval, the distance at which it is reached, the mean distance of each
    kind of pair, and how many there are of each."""

    eer: Interval
    threshold: float
    same_mean: float
    different_mean: float
    same: int
    different: int


@dataclass(frozen=True)
class Bin:
    """One point of a curve: pairs whose value lies in [low, high)."""

    low: float
    high: float
    result: Verification


def chip_at(picture: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The embedder's crop of a face with known landmarks (5, 2), in px."""
    points = np.asarray(landmarks, np.float32)
    return align_for_embedder(picture, Face(np.concatenate([points.min(0), points.max(0)]), points, 1.0))


def found_chips(pictures: Iterable[np.ndarray], min_score: float = 0.8) -> tuple[np.ndarray, Flags]:
    """The embedder's crops of the largest face of each picture, (F, 150, 150, 3), and in which pictures one was found,
    (N,). A detector needs to see a little of what is around a face."""
    chips, found = [], []
    for picture in pictures:
        faces = find_faces(picture, min_score)
        found.append(bool(faces))
        chips += [align_for_embedder(picture, faces[0])] if faces else []
    return np.stack(chips) if chips else np.zeros((0, 150, 150, 3), np.uint8), np.array(found, bool)


@torch.inference_mode()
def embed(chips: Sequence[np.ndarray] | np.ndarray, embedder: FaceEmbedder | None = None, batch: int = 50) -> Floats:
    """Embeddings (N, 128) of chips.

    Raises:
        BadInput: there are none, or they have another shape.
    """
    if not len(chips):
        raise BadInput("There are no faces to embed; give at least one.")
    network = embedder or FaceEmbedder()
    pixels, device = torch.from_numpy(np.stack(list(chips))).permute(0, 3, 1, 2), network.mean.device
    parts = [network(pixels[start : start + batch].to(device).float() / 255) for start in range(0, len(pixels), batch)]
    return torch.cat(parts).cpu().double().numpy()


def all_pairs(embeddings: ArrayLike, identities: Sequence[Hashable]) -> Pairs:
    """Every pair of pictures.

    Raises:
        BadInput: lengths differ, or there are not two people and two pictures of one of them.
    """
    points = np.asarray(embeddings, np.float64)
    if len(points) != len(identities):
        raise BadInput(f"There are {len(points)} embeddings and {len(identities)} identities; give one each.")
    numbers = {identity: number for number, identity in enumerate(dict.fromkeys(identities))}
    person = np.array([numbers[identity] for identity in identities], np.int64)
    if len(numbers) < 2 or len(numbers) == len(points):
        raise BadInput("Telling people apart needs two people, and two pictures of at least one of them.")
    first, second = np.triu_indices(len(points), 1)
    square = (points**2).sum(1)
    distance = np.sqrt(np.maximum(square[:, None] + square - 2 * points @ points.T, 0))[first, second]
    return Pairs(first, second, distance, person[first] == person[second], person)


def within(pairs: Pairs, groups: Sequence[Hashable]) -> Pairs:
    """All same-person pairs, and the different-person pairs of one group (one group a picture)."""
    codes = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    group = np.array([codes[each] for each in groups])
    return pairs.only(pairs.same | (group[pairs.first] == group[pairs.second]))


def verify(pairs: Pairs, draws: int = 200, seed: int = 0, level: float = 0.95) -> Verification:
    """EER of pairs, with a bootstrap interval over identities.

    Raises:
        BadInput: same-person or different-person pairs are missing.
    """
    same = pairs.distance[pairs.same]
    different = pairs.distance[~pairs.same]
    if not len(same) or not len(different):
        raise BadInput(f"An error rate needs pairs of both kinds; here are {len(same)} same and {len(different)} not.")
    ranked = _ranked(pairs)
    value, threshold = weighted_eer(ranked.distance, ranked.same)
    values = _resampled(ranked, draws, np.random.default_rng(seed))
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2]) if len(values) else (value, value)
    interval = Interval(value, min(float(low), value), max(float(high), value), level, len(values))
    return Verification(interval, threshold, float(same.mean()), float(different.mean()), len(same), len(different))


def weighted_eer(distance: Floats, same: Flags, weights: Floats | None = None) -> tuple[float, float]:
    """EER of distances in rising order, and the distance where it is reached; straight lines join the thresholds, as
    in `engines.training.metrics.eer`. Each pair counts by its weight."""
    weights = np.ones(len(distance)) if weights is None else weights
    last = np.flatnonzero(np.diff(distance, append=np.inf))  # equal distances pass a threshold together
    accepted = np.cumsum(weights * ~same)[last]
    kept = np.cumsum(weights * same)[last]
    false_match = np.concatenate([[0], accepted / accepted[-1]])
    false_miss = np.concatenate([[1], 1 - kept / kept[-1]])
    after = int(np.argmax(false_match >= false_miss))
    before = false_miss[after - 1] - false_match[after - 1]
    part = before / (before + false_match[after] - false_miss[after])
    rate = false_match[after - 1] + part * (false_match[after] - false_match[after - 1])
    return float(rate), float(distance[last[after - 1]])


def curve(pairs: Pairs, values: ArrayLike, edges: Sequence[float], draws: int = 200, seed: int = 0) -> list[Bin]:
    """EER by how far two pictures lie apart in some value, one a picture (yaw, years): pairs of both kinds in the same
    bin. Bins that lack a kind of pair are left out."""
    value = np.asarray(values, np.float64)
    gap = np.abs(value[pairs.first] - value[pairs.second])
    bins = []
    for low, high in pairwise(edges):
        part = pairs.only((gap >= low) & (gap < high))
        if part.same.any() and not part.same.all():
            bins.append(Bin(float(low), float(high), verify(part, draws, seed)))
    return bins


def by_kind(
    pairs: Pairs, kinds: Sequence[str], plain: str = "none", draws: int = 200, seed: int = 0
) -> dict[str, Verification]:
    """EER of plain pictures against those of each kind (an occluder, a light), one kind a picture; of plain against
    plain under its own name."""
    kind = np.array(kinds)
    one, other = kind[pairs.first], kind[pairs.second]
    results = {}
    for name in dict.fromkeys(kinds):
        part = pairs.only(((one == plain) & (other == name)) | ((one == name) & (other == plain)))
        if part.same.any() and not part.same.all():
            results[name] = verify(part, draws, seed)
    return results


def closest_strangers(pairs: Pairs, count: int = 10) -> list[tuple[int, int, float]]:
    """The nearest pictures of different people, one pair for each two people: picture, picture, distance."""
    return _extreme(pairs, ~pairs.same, pairs.distance, count)


def farthest_selves(pairs: Pairs, count: int = 10) -> list[tuple[int, int, float]]:
    """The farthest pictures of one person, one pair a person: picture, picture, distance."""
    return _extreme(pairs, pairs.same, -pairs.distance, count)


def _extreme(pairs: Pairs, mask: Flags, order: Floats, count: int) -> list[tuple[int, int, float]]:
    chosen: dict[tuple[int, int], tuple[int, int, float]] = {}
    numbers = np.flatnonzero(mask)
    for pair in numbers[np.argsort(order[numbers], kind="stable")]:
        first, second = int(pairs.first[pair]), int(pairs.second[pair])
        people = (int(pairs.person[first]), int(pairs.person[second]))
        chosen.setdefault((min(people), max(people)), (first, second, float(pairs.distance[pair])))
        if len(chosen) == count:
            break
    return list(chosen.values())


def _ranked(pairs: Pairs) -> Pairs:
    order = np.argsort(pairs.distance, kind="stable")
    parts = {name: getattr(pairs, name)[order] for name in ("first", "second", "distance", "same")}
    return replace(pairs, **parts)


def _resampled(ranked: Pairs, draws: int, rng: np.random.Generator) -> Floats:
    """EERs of resamples of the identities; a resample without both kinds of pair has none."""
    one, other = ranked.person[ranked.first], ranked.person[ranked.second]
    people, values = int(ranked.person.max()) + 1, []
    for _ in range(draws):
        drawn = np.bincount(rng.integers(people, size=people), minlength=people).astype(float)
        weights = np.where(ranked.same, drawn[one], drawn[one] * drawn[other])
        if weights[ranked.same].any() and weights[~ranked.same].any():
            values.append(weighted_eer(ranked.distance, ranked.same, weights)[0])
    return np.array(values)
