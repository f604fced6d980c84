"""How alike two networks see the same pictures: centred kernel alignment, and feature maps as pictures.

CKA: S. Kornblith et al., "Similarity of Neural Network Representations Revisited", ICML 2019,
https://arxiv.org/abs/1905.00414, with the unbiased HSIC of L. Song et al., JMLR 2012, as T. Nguyen et al. use it
(https://arxiv.org/abs/2010.15327). Linear kernel. 1 is the same up to rotation and scale, 0 is unrelated; unbiased
estimates of unrelated features may fall a little below 0.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from engines.errors import BadInput

LEAST = 4
"""Pictures below which the unbiased HSIC does not exist."""


class Cka:
    """CKA between every layer of one network and every layer of another, over pictures given in batches.

    Args:
        exact: the Gram matrices of all pictures together, so that the result does not depend on how they were
            batched; without, HSICs of the batches are summed (Nguyen et al.), which needs no memory of earlier ones.
    """

    def __init__(self, exact: bool = True):
        self.exact = exact
        self._kept: tuple[list[list[Tensor]], list[list[Tensor]]] = ([], [])
        self._sums: tuple[Tensor, Tensor, Tensor] | None = None

    def update(self, first: Sequence[Tensor], second: Sequence[Tensor]) -> None:
        """Take a batch: the layers' features of both networks, each (B, …), flattened per picture."""
        flat = [[each.detach().flatten(1).double().cpu() for each in part] for part in (first, second)]
        if self.exact:
            for kept, part in zip(self._kept, flat, strict=True):
                kept.append(part)
            return
        found = _hsics(*([_gram(each) for each in part] for part in flat))
        self._sums = found if self._sums is None else tuple(a + b for a, b in zip(self._sums, found, strict=True))  # type: ignore[assignment]

    def compute(self) -> np.ndarray:
        """(layers of the first, layers of the second).

        Raises:
            BadInput: nothing was given, or fewer than four pictures (in a batch, where batches are summed).
        """
        if self.exact and self._kept[0]:
            joined = [[torch.cat(each) for each in zip(*kept, strict=True)] for kept in self._kept]
            self._sums = _hsics(*([_gram(each) for each in part] for part in joined))
        if self._sums is None:
            raise BadInput("No pictures were given to compare two networks on; give at least four.")
        cross, ours, theirs = self._sums
        scale = (ours.clamp(min=0)[:, None] * theirs.clamp(min=0)[None]).sqrt()
        return torch.where(scale > 0, cross / scale.clamp(min=1e-300), torch.zeros(())).numpy()


def cka(first: Tensor, second: Tensor) -> float:
    """CKA of two layers' features (N, …) of the same pictures."""
    found = Cka()
    found.update([first], [second])
    return float(found.compute()[0, 0])


def _gram(features: Tensor) -> Tensor:
    if len(features) < LEAST:
        raise BadInput(f"{len(features)} pictures are too few to compare two networks on; give at least {LEAST}.")
    gram = features @ features.T
    return gram - torch.diag(torch.diagonal(gram))


def _hsics(first: list[Tensor], second: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """HSIC of each layer of one with each of the other, and of each with itself."""
    cross = torch.stack([torch.stack([hsic(k, m) for m in second]) for k in first])
    ours, theirs = (torch.stack([hsic(k, k) for k in part]) for part in (first, second))
    return cross, ours, theirs


def hsic(k: Tensor, m: Tensor) -> Tensor:
    """Unbiased HSIC of two Gram matrices (n, n) whose diagonals are zero."""
    n = len(k)
    rows, columns = k.sum(0), m.sum(0)
    total = (k * m).sum() + rows.sum() * columns.sum() / ((n - 1) * (n - 2)) - 2 * (rows @ columns) / (n - 2)
    return total / (n * (n - 3))


def mean_maps(maps: Tensor) -> np.ndarray:
    """Mean over channels of maps (B, C, H, W), each stretched to 0 to 255: (B, H, W) uint8."""
    return _stretched(maps.detach().float().mean(1).cpu().numpy())


def colour_maps(maps: Tensor) -> np.ndarray:
    """First three principal components over all places of maps (B, C, H, W) as RGB, (B, H, W, 3) uint8."""
    rows = maps.detach().float().permute(0, 2, 3, 1)
    flat = rows.flatten(0, 2)
    flat = flat - flat.mean(0)
    _, _, directions = torch.linalg.svd(flat, full_matrices=False)
    found = flat @ directions[:3].T
    if found.shape[1] < 3:
        found = torch.nn.functional.pad(found, (0, 3 - found.shape[1]))
    pictures = found.view(*rows.shape[:3], 3).cpu().numpy()
    return np.stack([_stretched(pictures[..., part], whole=True) for part in range(3)], -1)


def _stretched(values: np.ndarray, whole: bool = False) -> np.ndarray:
    axes = None if whole else tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    return np.round(255 * (values - low) / np.maximum(high - low, 1e-12)).astype(np.uint8)
