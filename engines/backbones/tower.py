"""What every vision tower offers, whoever trained it and whichever library built it.

Input: RGB float images in [0, 1], (B, 3, H, W), H and W multiples of the patch; the tower normalises inside.
Each attention projection is a live `nn.Linear` of its own, so that gradients, decompositions and adapters see
the query, key, value and output weights separately; it may be replaced by any module of the same shapes.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from engines.errors import BadConfig, BadInput

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class TowerOutput(NamedTuple):
    """Features of a batch: pooled (B, F), class token (B, D), patch tokens (B, N, D) in row order."""

    pooled: Tensor
    cls: Tensor
    patches: Tensor

    def grid(self) -> Tensor:
        """Patch tokens of a square picture as a feature map, (B, D, n, n)."""
        side = math.isqrt(self.patches.shape[1])
        return self.patches.transpose(1, 2).unflatten(2, (side, side))


class Tower(nn.Module, ABC):
    """A vision transformer.

    Attributes:
        name: what `towers.build` calls it.
        width: D, length of a token.
        feature_width: F, length of the pooled feature.
        depth: number of blocks.
        heads: attention heads of a block.
        patch_px: side of a patch.
        size_px: side of the square crop it is at home with; other multiples of the patch work too.
    """

    name: str
    width: int
    feature_width: int
    depth: int
    heads: int
    patch_px: int
    size_px: int
    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float] = IMAGENET_MEAN, std: Sequence[float] = IMAGENET_STD):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @abstractmethod
    def forward(self, images: Tensor) -> TowerOutput:
        """Features of images (B, 3, H, W), RGB in [0, 1].

        Raises:
            BadInput: the images are not (B, 3, H, W) with sides that are multiples of the patch.
        """

    @abstractmethod
    def attention(self, images: Tensor) -> list[Tensor]:
        """Attention of each block, (B, heads, T, T); rows sum to 1; token 0 is the class token where there is one."""

    @abstractmethod
    def _slots(self) -> dict[str, tuple[nn.Module, str]]:
        """Projection name -> the module that holds it and the attribute's name."""

    def stages(self) -> list[tuple[nn.Module, str]]:
        """The modules that features pass one after the other, as (holder, attribute), first to last: the blocks of a
        transformer, tokens (B, T, D) to tokens; what a convolutional network ends its scales with, maps to maps.
        Another module of the same shapes may be put in place of each.

        Raises:
            BadConfig: the tower cannot be taken apart.
        """
        raise BadConfig(f"{self.name} cannot be taken apart into blocks; choose a tower of timm's or CLIP's.")

    def projections(self) -> dict[str, nn.Linear]:
        """The live attention projections, "blocks.0.q", "blocks.0.k", "blocks.0.v", "blocks.0.out", "blocks.1.q", …

        A replaced projection appears as the module that replaced it.
        """
        return {name: getattr(holder, attribute) for name, (holder, attribute) in self._slots().items()}

    def replace_projection(self, name: str, module: nn.Module) -> None:
        """Put another module, (…, D) -> (…, D), in a projection's place.

        Raises:
            BadConfig: there is no projection of that name.
        """
        slots = self._slots()
        if name not in slots:
            raise BadConfig(
                f"{self.name} has no projection {name!r}; it has blocks.0.q to blocks.{self.depth - 1}.out."
            )
        setattr(*slots[name], module)

    def _normalised(self, images: Tensor) -> Tensor:
        p = self.patch_px
        if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] % p or images.shape[3] % p or not images.numel():
            raise BadInput(
                f"{self.name} takes images (B, 3, H, W) with H and W multiples of {p} px, not {tuple(images.shape)}; "
                f"crop or resize them, for example to {self.size_px} x {self.size_px}."
            )
        return (images - self.mean) / self.std
