"""Views of labelled pictures: what training sees, varied by each item's seed, and what a test sees, always the same.

Images are (B, 3, S, S) float32, RGB in [0, 1]. "light" shifts and mirrors a picture that has its final size. "crop" is
a random resized crop, and "strong" adds colour, RandAugment, erasing, mixup and cutmix, as timm's recipes have them;
after a mixture labels are (B, K) shares. Erasing fills with noise of the standard deviation of natural pictures.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image
from timm.data.random_erasing import RandomErasing
from timm.data.transforms_factory import create_transform
from torch import Tensor
from torch.nn import functional as F

from engines.data.labelled import Labelled
from engines.data.pixels import to_unit
from engines.training.sampling import Item, hash_seed

SHIFT = 1 / 8
"""Largest shift of a light view, in sides of the picture."""
JITTER, RANDAUGMENT, ERASE, MIXUP, CUTMIX = 0.4, "rand-m9-mstd0.5-inc1", 0.25, 0.8, 1.0
CROP_SHARE = 0.875
"""Side of the central crop that a test sees, in sides of the picture whose short side is resized."""
_ZERO, _ONE, _SPREAD = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.25


class Training:
    """Pictures as the loop wants them: {"images", "labels", "index"}; labels (B,) or, mixed, (B, K) float.

    Args:
        pictures: what there is. size_px: side of a view. kind: "light", "crop" or "strong".
    """

    def __init__(self, pictures: Labelled, size_px: int, kind: str):
        self.pictures, self.size_px, self.kind = pictures, size_px, kind
        self.labels = torch.from_numpy(pictures.labels)
        self.transform = None if kind == "light" else _transform(size_px, kind == "strong")
        self.erase = RandomErasing(ERASE, mode="pixel", max_count=1, device="cpu")

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """The batch of some `(index, seed)`."""
        where = [index for index, _ in items]
        labels, index = self.labels[where], torch.tensor(where)
        if self.transform is None:
            views = np.stack([self._light(*item) for item in items])
            return {"images": to_unit(views), "labels": labels, "index": index}
        images = torch.stack([self._varied(*item) for item in items])
        if self.kind == "strong":
            images, labels = mixed(images, labels, len(self.pictures.classes), hash_seed(items[0][1], 9))
        return {"images": images, "labels": labels, "index": index}

    def _light(self, index: int, seed: int) -> np.ndarray:
        picture = fitted(self.pictures.entries[index].read(), self.size_px)
        reach = int(self.size_px * SHIFT)
        right, down = (hash_seed(seed, part) % (2 * reach + 1) - reach for part in (1, 2))
        places = np.arange(self.size_px)
        rows, columns = (np.clip(places - moved, 0, self.size_px - 1) for moved in (down, right))
        shifted = picture[rows[:, None], columns[None]]
        return shifted[:, ::-1] if hash_seed(seed, 3) % 2 else shifted

    def _varied(self, index: int, seed: int) -> Tensor:
        assert self.transform is not None
        with seeded(seed):
            view: Tensor = self.transform(Image.fromarray(self.pictures.entries[index].read()))
            return self.erase((view - 0.5) / _SPREAD) * _SPREAD + 0.5 if self.kind == "strong" else view


def centre(pictures: Labelled, indices: Sequence[int], size_px: int) -> Tensor:
    """What a test sees of some pictures, (B, 3, S, S)."""
    return to_unit(np.stack([fitted(pictures.entries[index].read(), size_px) for index in indices]))


def fitted(picture: np.ndarray, size_px: int) -> np.ndarray:
    """A picture as it is where it has the size; where not, the centre of what its short side was resized for."""
    if picture.shape[:2] == (size_px, size_px):
        return picture
    image = Image.fromarray(picture)
    scale = size_px / CROP_SHARE / min(image.size)
    wide, high = (max(size_px, round(side * scale)) for side in image.size)
    left, top = (wide - size_px) // 2, (high - size_px) // 2
    resized = image.resize((wide, high), Image.Resampling.BICUBIC)
    return np.asarray(resized.crop((left, top, left + size_px, top + size_px)))


def mixed(images: Tensor, labels: Tensor, classes: int, seed: int) -> tuple[Tensor, Tensor]:
    """Mixup or cutmix, one of the two for a whole batch, with the batch in reverse; labels become (B, K) shares."""
    rng, shares = np.random.default_rng(seed), F.one_hot(labels, classes).float()
    if rng.random() < 0.5:
        share = float(rng.beta(MIXUP, MIXUP))
        images = share * images + (1 - share) * images.flip(0)
    else:
        images, share = _cut(images, float(rng.beta(CUTMIX, CUTMIX)), rng)
    return images, share * shares + (1 - share) * shares.flip(0)


def _cut(images: Tensor, share: float, rng: np.random.Generator) -> tuple[Tensor, float]:
    """A rectangle of about 1 - `share` of each picture taken from its partner; and the share that is left."""
    high, wide = images.shape[-2:]
    half = (1 - share) ** 0.5 / 2
    y, x = rng.integers(high), rng.integers(wide)
    top, bottom = (int(np.clip(y + sign * half * high, 0, high)) for sign in (-1, 1))
    left, right = (int(np.clip(x + sign * half * wide, 0, wide)) for sign in (-1, 1))
    result = images.clone()
    result[:, :, top:bottom, left:right] = images.flip(0)[:, :, top:bottom, left:right]
    return result, 1 - (bottom - top) * (right - left) / (high * wide)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Python's, NumPy's and torch's generators from a seed; as they were afterwards: timm draws from all three."""
    before = random.getstate(), np.random.get_state(), torch.get_rng_state()
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
        torch.set_rng_state(before[2])


def _transform(size_px: int, strong: bool) -> Any:
    how: dict[str, Any] = {"color_jitter": JITTER, "auto_augment": RANDAUGMENT} if strong else {"color_jitter": None}
    return create_transform(
        size_px, is_training=True, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3), hflip=0.5, interpolation="random",
        mean=_ZERO, std=_ONE, **how,
    )  # fmt: skip
