"""Training samples of a method: each from its own seed, then the batch mixed where the method mixes.

A method is up to three parts: what may replace a sample (`combine.Combiner`, `generated.Replacing`), RandAugment
(Cubuk et al., NeurIPS 2020, before anything is normalised), and what mixes a batch (`mixing`). Labels are probability
vectors from end to end, so that the parts may be joined. Pictures leave as (B, 3, S, S) float RGB in [0, 1].
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import v2

from engines.augmentation.deda.layers import resized
from engines.augmentation.rivals.mixing import Mixed
from engines.data.labelled import Labelled
from engines.data.pixels import to_unit
from engines.training.sampling import Item, hash_seed

Replace = Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray] | None]
Mix = Callable[[Tensor, Tensor, np.random.Generator], Mixed]
CACHE_BYTES = 1 << 30


@dataclass(frozen=True)
class Parts:
    """What a method is made of; vanilla has none."""

    replace: Replace | None = None
    randaugment: bool = False
    mix: Mix | None = None


class Pictures:
    """A set's pictures at one side, decoded once where memory allows."""

    def __init__(self, labelled: Labelled, side: int):
        self.labelled, self.side, self.labels = labelled, side, labelled.labels
        self._read = lru_cache(max(64, CACHE_BYTES // (side**2 * 3)))(self._decoded)

    def __len__(self) -> int:
        return len(self.labelled)

    def __getitem__(self, index: int) -> np.ndarray:
        """(S, S, 3) uint8."""
        return self._read(index)

    def _decoded(self, index: int) -> np.ndarray:
        return resized(self.labelled.entries[index].read(), (self.side, self.side))


class Stream:
    """Training batches: `{"images": (B, 3, S, S), "targets": (B, C)}`; see the module."""

    def __init__(self, pictures: Pictures, classes: int, size_px: int, parts: Parts):
        self.pictures, self.classes, self.size_px, self.parts = pictures, classes, size_px, parts
        self._randaugment = v2.RandAugment() if parts.randaugment else None

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """A batch; the mixing is drawn from the first sample's seed."""
        made = [self.sample(index, seed) for index, seed in items]
        images, targets = to_unit(np.stack([one for one, _ in made])), torch.from_numpy(np.stack([t for _, t in made]))
        if self.parts.mix:
            images, targets = self.parts.mix(images, targets, np.random.default_rng([hash_seed(items[0][1]), 0x3A]))
        return {"images": images, "targets": targets}

    def sample(self, index: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """One sample before mixing: (S, S, 3) uint8 and its label (C,)."""
        rng = np.random.default_rng([seed, 0xDEDA])
        made = self.parts.replace(index, rng) if self.parts.replace else None
        picture, target = made or (self.pictures[index], self._plain(index))
        if self._randaugment:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                tensor = self._randaugment(torch.from_numpy(np.array(picture)).permute(2, 0, 1))
            picture = tensor.permute(1, 2, 0).numpy()
        return view(picture, self.size_px, rng), target

    def _plain(self, index: int) -> np.ndarray:
        target = np.zeros(self.classes, np.float32)
        target[self.pictures.labels[index]] = 1
        return target


def view(picture: np.ndarray, size_px: int, rng: np.random.Generator) -> np.ndarray:
    """The ordinary training transform: a random crop, mirrored half of the time."""
    top, left = (int(rng.integers(side - size_px + 1)) for side in picture.shape[:2])
    crop = picture[top : top + size_px, left : left + size_px]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def centre(picture: np.ndarray, size_px: int) -> np.ndarray:
    """The crop a classifier is tested on."""
    top, left = ((side - size_px) // 2 for side in picture.shape[:2])
    return picture[top : top + size_px, left : left + size_px]
