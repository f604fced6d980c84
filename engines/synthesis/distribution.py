"""How far made pictures lie from real ones as a whole, in features (N, F) that are named with the number.

FID: Heusel et al., NeurIPS 2017. KID: Bińkowski et al., ICLR 2018, unbiased, with the cubic kernel. FID grows as
pictures become fewer, so sets are compared at one size. Differs from both papers: features are those of the bundled
DINOv2 tower, since Inception's weights do not ship; numbers do not compare with Inception's.
"""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from engines.backbones.device import pick_device
from engines.backbones.towers import DEFAULT, build
from engines.data.pixels import to_unit
from engines.errors import BadInput

Floats = NDArray[np.floating]
SIDE_PX = 98
BATCH = 32


@torch.inference_mode()
def features(pictures: np.ndarray, tower: str = DEFAULT, device: str = "auto") -> Floats:
    """Pooled features (N, F) of pictures (N, S, S, 3) uint8."""
    where = pick_device(device)
    network = build(tower).to(where).eval()
    parts = []
    for start in range(0, len(pictures), BATCH):
        images = to_unit(np.asarray(pictures[start : start + BATCH])).to(where)
        images = F.interpolate(images, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
        parts.append(network(images).pooled.float().cpu().numpy())
    return np.concatenate(parts).astype(np.float64)


def frechet(one: Floats, other: Floats) -> float:
    """FID of two sets of features.

    Raises:
        BadInput: one has fewer than two pictures.
    """
    _check(one, other)
    means = [x.mean(0) for x in (one, other)]
    roots = [(x - mean) / np.sqrt(len(x) - 1) for x, mean in zip((one, other), means, strict=True)]  # of covariances
    if min(len(one), len(other)) < one.shape[1]:
        shared = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    else:
        products = (roots[0].T @ roots[0]) @ (roots[1].T @ roots[1])
        shared = np.sqrt(np.maximum(np.linalg.eigvals(products).real, 0)).sum()
    spread = sum(float((root**2).sum()) for root in roots)
    return float(((means[0] - means[1]) ** 2).sum() + spread - 2 * shared)


def kernel(one: Floats, other: Floats) -> float:
    """KID of two sets of features: the unbiased squared MMD, which may be below zero.

    Raises:
        BadInput: one has fewer than two pictures.
    """
    _check(one, other)
    width = one.shape[1]
    same_one, same_other, cross = ((a @ b.T / width + 1) ** 3 for a, b in ((one, one), (other, other), (one, other)))
    inner = [(k.sum() - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (same_one, same_other)]
    return float(inner[0] + inner[1] - 2 * cross.mean())


def wasserstein(one: Floats, other: Floats) -> float:
    """How far values of one list must be moved to become the other's, in their unit: of ages and poses."""
    return float(wasserstein_distance(one, other))


def _check(one: Floats, other: Floats) -> None:
    if min(len(one), len(other)) < 2:
        raise BadInput("A distance of distributions needs two pictures on each side at least.")
