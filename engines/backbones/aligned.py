"""Embeddings of faces already aligned as recognition wants them: eyes 35/112 of the side apart, at 0.455 of its height.

Such a crop is narrower than the chip that the bundled embedder was trained on; beyond it its edge is repeated.
"""

import functools

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.backbones.embedder import SIZE_PX, FaceEmbedder
from engines.data.alignment import EMBEDDER_TEMPLATE
from engines.data.pixels import to_unit

EYE_DISTANCE, EYE_HEIGHT = 35 / 112, 0.455
PART = 64


def chips(images: Tensor) -> Tensor:
    """Aligned faces (B, 3, H, W) -> the embedder's chips (B, 3, 150, 150); differentiable."""
    eyes = EMBEDDER_TEMPLATE[:2]
    zoom = EYE_DISTANCE / (eyes[1, 0] - eyes[0, 0])
    axis = (torch.arange(SIZE_PX, device=images.device) + 0.5) / SIZE_PX
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    across, down = (x - eyes[:, 0].mean()) * zoom + 0.5, (y - eyes[:, 1].mean()) * zoom + EYE_HEIGHT
    places = torch.stack([across, down], 2).float() * 2 - 1
    grid = places.expand(len(images), -1, -1, -1)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)


@torch.inference_mode()
def embed(pictures: np.ndarray) -> np.ndarray:
    """Aligned faces (N, H, W, 3) uint8 RGB -> embeddings (N, 128) float32."""
    parts = [_embedder()(chips(to_unit(pictures[start : start + PART]))) for start in range(0, len(pictures), PART)]
    return torch.cat(parts).numpy() if parts else np.zeros((0, 128), np.float32)


@functools.cache
def _embedder() -> FaceEmbedder:
    return FaceEmbedder()
