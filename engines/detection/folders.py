"""A user's photographs as `Samples`: frames read when they are needed, crops by the recipe of the paper's route."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engines.data.images import read_image
from engines.data.videos import Video
from engines.detection.augment import mask_view, plain_view, training_view
from engines.errors import BadInput
from engines.training.sampling import Item


class FolderSamples:
    """Frames of videos, or single pictures.

    Args:
        videos: which, with their labels.
        recipe: "face" or "natural", see `augment`.
        crop_px: side of a crop.
        frames: of each video, evenly spread. first_k: its first ones instead.
    """

    def __init__(self, videos: Sequence[Video], recipe: str, crop_px: int, frames: int, first_k: bool = False):
        self.recipe, self.crop_px = recipe, crop_px
        rows = [
            (frame, video) for video in (video.sampled(frames, first_k) for video in videos) for frame in video.frames
        ]
        self.paths: list[Path] = [frame for frame, _ in rows]
        self._video = [video for _, video in rows]
        self.labels = np.array([video.label for _, video in rows], dtype=np.int64)
        self.family = np.array([video.family for _, video in rows])
        self.group = np.array([video.path for _, video in rows])
        self.target_id = np.array([video.target or video.name or video.path for _, video in rows])
        self.source_id = np.array([video.source or video.name or video.path for _, video in rows])
        self.videos = any(len(video.frames) > 1 for video in videos)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`.

        Raises:
            BadInput: a frame cannot be read; it is never replaced by another.
        """
        views = [training_view(read_image(self.paths[i]), self.recipe, self.crop_px, seed) for i, seed in items]
        return {"images": torch.stack(views), "labels": torch.from_numpy(self.labels[[i for i, _ in items]])}

    def video(self, index: int) -> Video:
        """The video or picture that row `index` is of."""
        return self._video[index]

    def masks(self, items: Sequence[Item]) -> Tensor:
        """Where training crops are forged, (B, S, S) in [0, 1], moved as the crops are; nowhere for a real one.

        Raises:
            BadInput: a forged frame has no mask.
        """
        return torch.stack([mask_view(self._mask(i), self.recipe, self.crop_px, seed) for i, seed in items])

    def _mask(self, index: int) -> np.ndarray:
        """(H, W) uint8, of the frame's size."""
        with Image.open(self.paths[index]) as frame:
            size = frame.size
        if self.labels[index] == 0:
            return np.zeros(size[::-1], np.uint8)
        found = self._video[index].mask_of(self.paths[index])
        if found is None:
            raise BadInput(
                f"{self.paths[index]} has no mask of where it is forged; put one beside it as DeepfakeBench does "
                "(masks/VIDEO/FRAME.png), or leave out the method that learns from masks."
            )
        return np.asarray(Image.fromarray(read_image(found)[..., 0]).resize(size, Image.Resampling.BILINEAR))

    def centre(self, indices: Sequence[int]) -> Tensor:
        """See `Samples`."""
        return torch.stack([plain_view(read_image(self.paths[i]), self.recipe, self.crop_px) for i in indices])
