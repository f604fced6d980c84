"""Forged pictures with the real frames behind them: the one that was painted on, and the source face's own.

A real picture is its own target and source. Crops of one item lie at the same place of all three pictures and are
mirrored alike, so that a guide or a spectrum from one fits the others.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from engines.data.pixels import to_unit
from engines.detection.samples import WorldSamples, centre_crop
from engines.errors import BadInput
from engines.faceworld.dataset import ForgerySet
from engines.training.sampling import Item

PARTNERS = ("target", "source")


class WorldPairs(WorldSamples):
    """Face-world pictures whose set was made with `partners`.

    Raises:
        BadInput: the set has no partners.
    """

    def __init__(self, pictures: ForgerySet, crop_px: int):
        super().__init__(pictures, crop_px)
        if pictures.targets is None or pictures.sources is None:
            raise BadInput("This set of pictures was made without the real frames behind its forgeries: set partners.")
        self._partners = {"target": pictures.targets, "source": pictures.sources}

    def crops(self, items: Sequence[Item]) -> Tensor:
        """Training crops (B, 3, S, S) in [0, 1]."""
        return self._crops(self.pictures.images, items)

    def frames(self, items: Sequence[Item], partner: str = "target") -> Tensor:
        """The real frame behind each, cropped and mirrored as `crops` does: (B, 3, S, S) in [0, 1]."""
        return self._crops(self._partners[partner], items)

    def partners(self, indices: Sequence[int], partner: str = "target") -> Tensor:
        """The real frame behind each, cropped as `centre` does: (B, 3, S, S)."""
        return to_unit(centre_crop(self._partners[partner][np.asarray(indices)], self.crop_px))

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`; with "target" and "source" beside "images"."""
        return super().__getitems__(items) | {name: self.frames(items, name) for name in PARTNERS}

    def _crops(self, pictures: np.ndarray, items: Sequence[Item]) -> Tensor:
        return to_unit(np.stack([self._random_crop(index, seed, pictures) for index, seed in items]))
