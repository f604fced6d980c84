"""The two streams of an adapter over features (B, C, T, H, W): across space, across time, and attention between them.

Each stream is the mean of three branches with kernels of their own, added to what went in; a branch is three
depth-wise convolutions, each with a batch norm, with ReLU after the first two.

A kernel (1, k, k) sees one frame and a kernel (k, 1, 1) one place, so that both are written as convolutions of two
dimensions: the same numbers as three-dimensional ones, several times faster on a CPU. Batch norms average over
(B, T, H, W) either way.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Branch(nn.Sequential):
    """Three depth-wise convolutions of one kernel, (N, C, ..) -> the same shape."""

    def __init__(self, width: int, kernel: tuple[int, int]):
        padding = (kernel[0] // 2, kernel[1] // 2)
        steps: list[nn.Module] = []
        for number in range(3):
            steps += [nn.Conv2d(width, width, kernel, padding=padding, groups=width), nn.BatchNorm2d(width)]
            steps += [nn.ReLU()] if number < 2 else []
        super().__init__(*steps)


class Stream(nn.Module):
    """(B, C, T, H, W) -> what its branches add, of the same shape.

    Args:
        across: "space", within each frame, or "time", at each place.
    """

    def __init__(self, width: int, kernels: tuple[int, ...], across: str):
        super().__init__()
        self.across = across
        self.branches = nn.ModuleList(Branch(width, (k, k) if across == "space" else (k, 1)) for k in kernels)

    def forward(self, z: Tensor) -> Tensor:
        """The mean of the branches."""
        b, c, t, h, w = z.shape
        if self.across == "space":
            flat = z.transpose(1, 2).reshape(b * t, c, h, w).contiguous(memory_format=torch.channels_last)
            return self._mean(flat).view(b, t, c, h, w).transpose(1, 2)
        return self._mean(z.reshape(b, c, t, h * w)).view(z.shape)

    def _mean(self, x: Tensor) -> Tensor:
        return torch.stack([branch(x) for branch in self.branches]).mean(0)


class Looked(NamedTuple):
    """How one stream looked at the other: received (B, T, h, w), the attention that each place got, of mean 1; between
    (B, T, T), the share that frame i (rows) gave to frame j."""

    received: Tensor
    between: Tensor


class CrossAttention(nn.Module):
    """Each stream asks the other, over all places of all frames: (B, C, T, H, W) twice -> the same, and what was
    looked at where `look` is set.

    Tokens are (B, T H W, C) throughout, so that no clip sees another one of its batch. (The released code folds the
    batch into the frames and mixes clips wherever a batch has more than one.)

    Args:
        side: larger maps are averaged down to that side first, and the answers stretched again.
    """

    def __init__(self, width: int, heads: int, side: int):
        super().__init__()
        self.to_spatial = nn.MultiheadAttention(width, heads, batch_first=True)
        self.to_temporal = nn.MultiheadAttention(width, heads, batch_first=True)
        self.side = side

    def forward(self, spatial: Tensor, temporal: Tensor, look: bool = False) -> tuple[Tensor, Tensor, list[Looked]]:
        """s' asks with the temporal stream and hears the spatial one; t' the other way round."""
        shape = spatial.shape
        s, t = self._tokens(spatial), self._tokens(temporal)
        (new_s, seen_s), (new_t, seen_t) = (
            asked(query, key, key, need_weights=look)
            for asked, query, key in ((self.to_spatial, t, s), (self.to_temporal, s, t))
        )
        looked = [_looked(seen, shape[2], *self._size(shape)) for seen in (seen_s, seen_t)] if look else []
        return self._maps(new_s, shape), self._maps(new_t, shape), looked

    def _size(self, shape: torch.Size) -> tuple[int, int]:
        return min(shape[3], self.side), min(shape[4], self.side)

    def _tokens(self, z: Tensor) -> Tensor:
        size = self._size(z.shape)
        small = z if size == z.shape[3:] else F.adaptive_avg_pool3d(z, (z.shape[2], *size))
        return small.flatten(2).transpose(1, 2)

    def _maps(self, tokens: Tensor, shape: torch.Size) -> Tensor:
        size = self._size(shape)
        maps = tokens.transpose(1, 2).unflatten(2, (shape[2], *size))
        return maps if size == shape[3:] else F.interpolate(maps, shape[2:], mode="trilinear", align_corners=False)


def _looked(weights: Tensor, frames: int, height: int, width: int) -> Looked:
    """From attention (B, Q, K), each row summing to 1."""
    places = height * width
    received = weights.mean(1).unflatten(1, (frames, height, width)) * (frames * places)
    cells = weights.unflatten(1, (frames, places)).unflatten(3, (frames, places))
    return Looked(received, cells.mean(2).sum(-1))
