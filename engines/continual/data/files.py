"""Pictures in files, read when they are asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engines.data.images import read_image


class Files:
    """Pictures by path."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, indices: Sequence[int]) -> list[np.ndarray]:
        """See `stream.Pictures`; BadInput names a file that cannot be used."""
        return [read_image(self.paths[index]) for index in indices]


class Array:
    """Pictures that are one array (N, H, W, 3) uint8."""

    def __init__(self, images: np.ndarray):
        self.images = images

    def __len__(self) -> int:
        return len(self.images)

    def read(self, indices: Sequence[int]) -> list[np.ndarray]:
        """See `stream.Pictures`."""
        return [np.asarray(self.images[index]) for index in indices]
