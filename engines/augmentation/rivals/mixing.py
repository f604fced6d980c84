"""Two pictures of a batch as one: Mixup, CutMix, SaliencyMix and GuidedMixup.

Images (B, 3, H, W) float RGB in [0, 1], targets (B, C) probability vectors; both come back mixed, the labels by the
share that each picture has in the result. All random choices are drawn from the generator that is given.

- Mixup (Zhang et al., ICLR 2018): λ x + (1 − λ) x', λ ~ Beta(α, α).
- CutMix (Yun et al., ICCV 2019): a box of area 1 − λ is taken from the other picture.
- SaliencyMix (Uddin et al., ICLR 2021): that box stands about the other picture's most salient place.
- GuidedMixup (Kang and Kim, AAAI 2023): pairs are chosen so that what is salient lies apart, and each pixel is mixed by
  the two saliencies.

Differs from the papers: one saliency for both, the spectral residual, where SaliencyMix has OpenCV's fine-grained one.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engines.augmentation.rivals.saliency import saliency

Mixed = tuple[Tensor, Tensor]


def mixup(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float = 1.0) -> Mixed:
    """See the module; one λ for each pair."""
    order = rng.permutation(len(images))
    share = torch.from_numpy(rng.beta(alpha, alpha, len(images)).astype(np.float32))
    return _blend(images, targets, order, share[:, None, None, None].expand_as(images[:, :1]))


def cutmix(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float = 1.0) -> Mixed:
    """See the module; the box's centre is drawn evenly, and the label follows the area that lies inside."""
    return _pasted(images, targets, rng, alpha, None)


def saliencymix(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float = 1.0) -> Mixed:
    """See the module."""
    return _pasted(images, targets, rng, alpha, saliency(images))


def guidedmixup(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float = 1.0) -> Mixed:
    """See the module; α has no part in it."""
    maps = saliency(images)
    maps = maps / maps.sum((1, 2), keepdim=True).clamp_min(1e-12)
    order = paired(maps, int(rng.integers(len(images))))
    mine, theirs = maps, maps[order]
    return _blend(images, targets, order, (mine / (mine + theirs).clamp_min(1e-12))[:, None])


def paired(maps: Tensor, start: int) -> np.ndarray:
    """A partner for each map (B, H, W): from `start` on, whoever lies farthest of those not taken yet, in a ring."""
    flat = maps.flatten(1)
    distance = torch.cdist(flat, flat)
    ring, left = [start], set(range(len(maps))) - {start}
    while left:
        rest = sorted(left)
        ring.append(rest[int(distance[ring[-1], rest].argmax())])
        left.remove(ring[-1])
    order = np.empty(len(maps), np.int64)
    order[ring] = ring[1:] + ring[:1]
    return order


def _pasted(images: Tensor, targets: Tensor, rng: np.random.Generator, alpha: float, maps: Tensor | None) -> Mixed:
    order, (height, width) = rng.permutation(len(images)), images.shape[-2:]
    mask = torch.ones(len(images), 1, height, width)
    for place, other in enumerate(order):
        side = np.sqrt(1 - rng.beta(alpha, alpha))
        if maps is None:
            y, x = int(rng.integers(height)), int(rng.integers(width))
        else:
            y, x = divmod(int(maps[other].flatten().argmax()), width)
        half = round(height * side / 2), round(width * side / 2)
        mask[place, :, max(0, y - half[0]) : y + half[0], max(0, x - half[1]) : x + half[1]] = 0
    return _blend(images, targets, order, mask)


def _blend(images: Tensor, targets: Tensor, order: np.ndarray, share: Tensor) -> Mixed:
    """`share` (B, 1, H, W) of each picture, the rest of its partner."""
    kept = share.mean((1, 2, 3))[:, None]
    return share * images + (1 - share) * images[order], kept * targets + (1 - kept) * targets[order]


MIXERS: dict[str, Callable[..., Mixed]] = {
    "mixup": mixup,
    "cutmix": cutmix,
    "saliencymix": saliencymix,
    "guidedmixup": guidedmixup,
}
"""Name -> function of (images, targets, rng, alpha)."""
