"""Pictures a detector is trained and tested on, behind one interface: the face world or a folder of the user's.

A sample is a crop (3, S, S), RGB float32 in [0, 1]; label 0 is real and 1 is forged. `family` names the forgery
("real" for real ones), `group` the unit that a bootstrap resamples: the identity in the world, the video elsewhere.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from engines.data.pixels import to_unit
from engines.training.sampling import Item, hash_seed

if TYPE_CHECKING:
    from engines.faceworld.dataset import ForgerySet


class Labelled(Protocol):
    """What comparing scores needs of a data set: (N,) each."""

    labels: np.ndarray
    family: np.ndarray
    group: np.ndarray


class Samples(Labelled, Protocol):
    """What training and scoring need of a data set."""

    videos: bool
    """Whether groups are videos of several frames."""

    def __len__(self) -> int:
        """Number of pictures."""
        ...

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """A training batch {"images": (B, 3, S, S), "labels": (B,)}, augmented by each item's seed."""
        ...

    def centre(self, indices: Sequence[int]) -> Tensor:
        """Test crops (B, 3, S, S), the same each time."""
        ...


class WorldSamples:
    """Face-world pictures, cropped and never resized: resizing would blur the very traces that matter.

    Training crops lie anywhere within the picture and are mirrored half of the time; test crops are central.
    """

    videos = False

    def __init__(self, pictures: "ForgerySet", crop_px: int):
        self.pictures, self.crop_px = pictures, crop_px
        self.labels, self.family = pictures.labels, pictures.family
        self.group = pictures.target_id

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`."""
        crops = np.stack([self._random_crop(index, seed) for index, seed in items])
        labels = self.labels[[index for index, _ in items]]
        return {"images": to_unit(crops), "labels": torch.from_numpy(labels)}

    def centre(self, indices: Sequence[int]) -> Tensor:
        """See `Samples`."""
        return to_unit(centre_crop(self.pictures.images[np.asarray(indices)], self.crop_px))

    @property
    def target_id(self) -> np.ndarray:
        """(N,), who was painted over; of a real picture, who it shows."""
        return self.pictures.target_id

    @property
    def source_id(self) -> np.ndarray:
        """(N,), whose face was used; of a real picture, its own."""
        return self.pictures.source_id

    def masks(self, items: Sequence[Item]) -> Tensor:
        """Where training crops are forged, (B, S, S) in [0, 1]."""
        crops = np.stack([self._random_crop(index, seed, self.pictures.masks) for index, seed in items])
        return torch.from_numpy(crops).float() / 255

    def _random_crop(self, index: int, seed: int, pictures: np.ndarray | None = None) -> np.ndarray:
        picture = (self.pictures.images if pictures is None else pictures)[index]
        room = np.array(picture.shape[:2]) - self.crop_px + 1
        top, left = hash_seed(seed, 1) % int(room[0]), hash_seed(seed, 2) % int(room[1])
        crop = picture[top : top + self.crop_px, left : left + self.crop_px]
        return crop[:, ::-1] if hash_seed(seed, 3) % 2 else crop


class Part:
    """Some pictures of a set, as a set: `where` are their places in it."""

    def __init__(self, whole: Samples, where: np.ndarray):
        self.whole, self.where, self.videos = whole, where, whole.videos
        self.labels, self.family, self.group = whole.labels[where], whole.family[where], whole.group[where]

    def __len__(self) -> int:
        return len(self.where)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`."""
        return self.whole.__getitems__([(int(self.where[index]), seed) for index, seed in items])

    def centre(self, indices: Sequence[int]) -> Tensor:
        """See `Samples`."""
        return self.whole.centre(self.where[np.asarray(indices)].tolist())


def centre_crop(images: np.ndarray, crop_px: int) -> np.ndarray:
    """(N, H, W, 3) -> (N, crop_px, crop_px, 3)."""
    top, left = (images.shape[1] - crop_px) // 2, (images.shape[2] - crop_px) // 2
    return images[:, top : top + crop_px, left : left + crop_px]
