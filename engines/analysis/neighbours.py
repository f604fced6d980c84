"""Maps of a feature space by its neighbourhoods, and the neighbours themselves. Features are (N, D).

UMAP: L. McInnes et al., 2018, https://arxiv.org/abs/1802.03426, through umap-learn. One seed gives one map. What such
a map shows is who is near whom; distances between groups and the sizes of groups mean little.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import NearestNeighbors

from engines.analysis.embedding import checked
from engines.errors import BadInput

MOST = 5000
"""Points that a map is fitted on at most."""


@dataclass(frozen=True)
class Map:
    """A fitted map.

    Attributes:
        points: (M, 2) of the rows in `chosen`. chosen: (M,) which of the N rows were taken, in order.
        asked: N.
    """

    points: NDArray[np.float32]
    chosen: NDArray[np.int64]
    asked: int
    _fitted: Any

    @property
    def words(self) -> str:
        """How many of how many are shown."""
        if len(self.chosen) == self.asked:
            return f"all {self.asked} samples"
        return f"{len(self.chosen)} of {self.asked} samples, each group by its share"

    def __call__(self, features: ArrayLike) -> NDArray[np.float32]:
        """Where other features (K, D) fall in the map: (K, 2). The map itself does not move.

        Raises:
            BadInput: features of another length.
        """
        rows = checked(features)
        if rows.shape[1] != self._fitted._raw_data.shape[1]:
            raise BadInput(f"Features of length {rows.shape[1]} do not fit a map of {self._fitted._raw_data.shape[1]}.")
        return np.asarray(self._fitted.transform(rows.astype(np.float32)), np.float32)


def umap_map(
    features: ArrayLike,
    groups: Sequence[Any] | NDArray[Any] | None = None,
    *,
    near: int = 15,
    spread: float = 0.1,
    seed: int = 0,
    most: int = MOST,
) -> Map:
    """Fit a map of two dimensions.

    Args:
        groups: (N,) labels; where there are more than `most` rows, each group keeps its share.
        near: neighbours that count as near, 2 to N - 1; more shows the whole, fewer the detail.
        spread: how tightly near points may lie, 0 to 1. seed: of the sample and the layout.

    Raises:
        BadInput: not finite numbers (N, D), fewer than 5 rows, or as many groups as rows do not have.
    """
    rows = checked(features)
    if len(rows) < 5:
        raise BadInput(f"A map needs 5 samples or more, not {len(rows)}.")
    chosen = stratified(groups if groups is not None else np.zeros(len(rows)), most, seed)
    if groups is not None and len(groups) != len(rows):
        raise BadInput(f"There are {len(groups)} labels for {len(rows)} samples.")
    from umap import UMAP  # seconds of compiling, which only a map needs

    model = UMAP(n_neighbors=min(near, len(chosen) - 1), min_dist=spread, random_state=seed, n_jobs=1, init="pca")
    points = model.fit_transform(rows[chosen].astype(np.float32))
    return Map(np.asarray(points, np.float32), chosen, len(rows), model)


def stratified(groups: Sequence[Any] | NDArray[Any], most: int, seed: int = 0) -> NDArray[np.int64]:
    """Which rows to keep so that at most `most` are left and each group keeps its share, in order; all if they fit."""
    labels = np.asarray(groups)
    if len(labels) <= most:
        return np.arange(len(labels))
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]  # each group together, in random order within
    return np.sort(order[np.arange(most) * len(labels) // most])


def nearest(features: ArrayLike, queries: ArrayLike, k: int = 8) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k rows of `features` nearest to each query by cosine: places and similarities, (Q, k) each, nearest first.

    Raises:
        BadInput: not finite numbers, or fewer rows than k.
    """
    rows, asked = checked(features), checked(queries)
    if not 1 <= k <= len(rows):
        raise BadInput(f"There are {len(rows)} samples; ask for 1 to {len(rows)} neighbours, not {k}.")
    distance, places = NearestNeighbors(n_neighbors=k, metric="cosine").fit(rows).kneighbors(asked)
    return places, 1 - distance
