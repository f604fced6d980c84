"""How a vision tower's features move from one frame of a clip to the next, whole and patch by patch.

The change between two frames is 1 - cos of their features: 0 where they point the same way, 2 where they are opposed.
Crops must be aligned alike, or what is measured is the motion of the head.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from engines.backbones.tower import Tower
from engines.data.pixels import to_unit
from engines.errors import BadInput


@dataclass(frozen=True)
class FeatureDrift:
    """Change between neighbouring frames.

    Attributes:
        pooled: of the pooled feature, (..., T - 1).
        patches: of each patch token, (..., T - 1, n, n), rows from the top.
    """

    pooled: NDArray[np.float32]
    patches: NDArray[np.float32]


@torch.inference_mode()
def feature_drift(tower: Tower, crops: np.ndarray, batch: int = 32) -> FeatureDrift:
    """The change of a tower's features over clips of aligned faces (..., T, S, S, 3) uint8.

    Larger crops than the tower's size are cut to their centre, smaller ones are enlarged.

    Raises:
        BadInput: fewer than two frames, or no pictures of that form.
    """
    if crops.ndim < 4 or crops.shape[-1] != 3 or crops.dtype != np.uint8 or crops.shape[-4] < 2:
        raise BadInput(f"Feature drift takes clips (..., T, S, S, 3) uint8 of two frames or more, not {crops.shape}.")
    frames = crops.reshape(-1, *crops.shape[-3:])
    device = next(tower.parameters()).device
    pooled, grids = [], []
    for start in range(0, len(frames), batch):
        out = tower(_fitted(frames[start : start + batch], tower.size_px).to(device))
        pooled.append(out.pooled.float().cpu())
        grids.append(out.grid().float().cpu())
    clips = crops.shape[:-3]
    return FeatureDrift(
        _change(torch.cat(pooled).unflatten(0, clips), -1, len(clips)).numpy(),
        _change(torch.cat(grids).unflatten(0, clips), -3, len(clips)).numpy(),
    )


def _change(features: Tensor, along: int, axes: int) -> Tensor:
    time = axes - 1
    length = features.shape[time]
    before, after = features.narrow(time, 0, length - 1), features.narrow(time, 1, length - 1)
    return 1 - F.cosine_similarity(before, after, dim=along)


def _fitted(frames: np.ndarray, size_px: int) -> Tensor:
    side = frames.shape[1]
    edge = max(0, side - size_px) // 2
    images = to_unit(frames[:, edge : edge + size_px, edge : edge + size_px])
    return images if images.shape[-1] == size_px else F.interpolate(images, (size_px, size_px), mode="bilinear")
