"""Augmentations of face recognition that take parts of a face away, each drawn from a seed.

Crops as in AdaFace's training (M. Kim et al., CVPR 2022, https://arxiv.org/abs/2204.00964): of a picture a random part
is left where it stands, the rest is black. Erased patches after Z. Zhong et al., Random Erasing Data Augmentation, AAAI
2020 (https://arxiv.org/abs/1708.04896): a patch is replaced by one random colour.
"""

import numpy as np
from torch import Tensor

from engines.training.sampling import hash_seed

CROP, PATCH = (0.2, 1.0), (0.02, 0.33)
"""Area of what is left, and of what is erased, in areas of the picture."""


def parted(image: Tensor, seed: int, crop: float, erase: float) -> Tensor:
    """A picture (3, H, W) in [0, 1], with the chance `crop` cropped and with the chance `erase` patched."""
    rng = np.random.default_rng(hash_seed(seed, 0xC09))
    cropped, erased = rng.random(2) < (crop, erase)
    if cropped:
        rows, columns = _rectangle(rng, image.shape[1:], CROP)
        kept = image.new_zeros(image.shape)
        kept[:, rows, columns] = image[:, rows, columns]
        image = kept
    if erased:
        rows, columns = _rectangle(rng, image.shape[1:], PATCH)
        image = image.clone()
        image[:, rows, columns] = image.new_tensor(rng.random(3))[:, None, None]
    return image


def _rectangle(rng: np.random.Generator, size: tuple[int, ...], area: tuple[float, float]) -> tuple[slice, slice]:
    height, width = size
    share, ratio = rng.uniform(*area), np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
    tall = int(np.clip(round(np.sqrt(share * ratio) * height), 1, height))
    wide = int(np.clip(round(np.sqrt(share / ratio) * width), 1, width))
    top, left = int(rng.integers(height - tall + 1)), int(rng.integers(width - wide + 1))
    return slice(top, top + tall), slice(left, left + wide)
