"""Pictures as arrays and as tensors: uint8 (N, H, W, 3) and float32 (N, 3, H, W) in [0, 1], both RGB."""

import numpy as np
import torch
from torch import Tensor


def to_unit(pictures: np.ndarray) -> Tensor:
    """uint8 (N, H, W, 3) -> float32 (N, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.require(pictures, requirements=["C", "W"])).permute(0, 3, 1, 2).float().div_(255)


def to_bytes(images: Tensor) -> np.ndarray:
    """float (N, 3, H, W) in [0, 1] -> uint8 (N, H, W, 3)."""
    return (images.detach().permute(0, 2, 3, 1).float().cpu().numpy() * 255).round().clip(0, 255).astype(np.uint8)
