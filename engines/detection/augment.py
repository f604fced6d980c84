"""How photographs become crops: DeepfakeBench's augmentations, UniversalFakeDetect's tiling, and plain test views.

"face" (DeepfakeBench's list): flip .5; rotation ±10° .5; Gaussian blur 3 to 7 .5; one of brightness and contrast ±.1,
fancy PCA, hue and saturation .5; JPEG 40 to 100 .5; after a bicubic resize.
"natural" (UniversalFakeDetect): pictures smaller than the tile are repeated, never resized, which would smooth the
traces away; a random crop and a flip in training, the centre in testing.

Pictures are (H, W, 3) uint8 RGB, crops (3, S, S) float32 in [0, 1]. Everything random follows from a seed.
"""

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

from engines.data.pixels import to_unit

TILE_PX = 256


def training_view(picture: np.ndarray, recipe: str, crop_px: int, seed: int) -> Tensor:
    """An augmented crop; `recipe` is "face" or "natural"."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        moved = _moved(picture, recipe, crop_px)
        return (moved if recipe == "natural" else _tints()(moved)).float().div(255)


def moved_view(picture: np.ndarray, recipe: str, crop_px: int, seed: int) -> Tensor:
    """A crop (3, S, S) that is moved as `training_view` moves it under that seed, its colours left as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _moved(picture, recipe, crop_px).float().div(255)


def tinted(crop: Tensor, recipe: str, seed: int) -> Tensor:
    """A crop (3, S, S) in [0, 1] with what `training_view` does to colours and sharpness, by a seed of its own."""
    if recipe == "natural":
        return crop
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _tints()((crop * 255).round().to(torch.uint8)).float().div(255)


def mask_view(mask: np.ndarray, recipe: str, crop_px: int, seed: int) -> Tensor:
    """A picture's mask (H, W) uint8, moved as `training_view` moves the picture under that seed: (S, S) in [0, 1]."""
    return moved_view(mask, recipe, crop_px, seed)[0]


def plain_view(picture: np.ndarray, recipe: str, crop_px: int) -> Tensor:
    """The crop a detector is tested on."""
    if recipe == "natural":
        return v2.CenterCrop(crop_px)(_tiled(_tensor(picture), crop_px)).float().div(255)
    return to_unit(_resized(picture, crop_px)[None])[0]


def _moved(picture: np.ndarray, recipe: str, crop_px: int) -> Tensor:
    """What comes first, and moves pixels: tile and crop, or resize and rotation; and the flip."""
    if recipe == "natural":
        return v2.RandomHorizontalFlip()(v2.RandomCrop(crop_px)(_tiled(_tensor(picture), crop_px)))
    rotation = v2.RandomRotation(10, interpolation=v2.InterpolationMode.BILINEAR)
    moves = [v2.RandomHorizontalFlip(), v2.RandomApply([rotation], p=0.5)]
    return v2.Compose(moves)(_tensor(_resized(picture, crop_px)))


def _tints() -> Callable[[Tensor], Tensor]:
    """What follows, and moves nothing: blur, colour, JPEG."""
    colour = v2.RandomChoice([v2.ColorJitter(0.1, 0.1), fancy_pca, v2.ColorJitter(saturation=0.3, hue=0.05)])
    blur = v2.RandomChoice([v2.GaussianBlur(size, sigma=(0.1, 2.0)) for size in (3, 5, 7)])
    return v2.Compose([v2.RandomApply([step], p=0.5) for step in (blur, colour, v2.JPEG((40, 100)))])


def fancy_pca(image: Tensor, strength: float = 0.1) -> Tensor:
    """Shift colours along their principal axes (Krizhevsky et al., 2012): uint8 (3, H, W) -> the same."""
    colours = image.float().div(255).flatten(1)
    values, vectors = torch.linalg.eigh(torch.cov(colours))
    shift = vectors @ (values.clamp_min(0) * torch.randn(3) * strength)
    return ((colours + shift[:, None]).clamp(0, 1) * 255).round().to(torch.uint8).view_as(image)


def _tensor(picture: np.ndarray) -> Tensor:
    """(H, W, 3) or (H, W) -> (C, H, W)."""
    return torch.from_numpy(np.atleast_3d(np.array(picture))).permute(2, 0, 1)


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    return np.array(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


def _tiled(image: Tensor, crop_px: int) -> Tensor:
    least = max(TILE_PX, crop_px)
    repeats = [1, *(-(-least // side) if min(image.shape[1:]) < least else 1 for side in image.shape[1:])]
    return image.repeat(repeats)
