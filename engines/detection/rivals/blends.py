"""SBI: training on real pictures and self-blended copies of them, without one forgery of the data set.

K. Shiohara and T. Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022, https://arxiv.org/abs/2204.08376.
A batch is half of each: every real picture stands beside its own copy, in the same crop and with the same augmentation,
so that nothing but the blend tells them apart. On the face world both are made once, by the family `selfblend`; from
photographs copies are made online, anew in each epoch, from the landmarks that DeepfakeBench keeps beside its frames
(`landmarks/VIDEO/FRAME.npy` for `frames/VIDEO/FRAME.png`, (81, 2) or (68, 2) px).

Differs from the paper: see `faceworld.forgery.selfblend`, whose steps are used for both; augmentations are the run's;
validation pictures, which only calibrate a detector once it is trained, do hold other forgeries.
"""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engines.data.images import read_image
from engines.detection.augment import training_view
from engines.detection.folders import FolderSamples
from engines.detection.pairs import WorldPairs
from engines.errors import BadInput
from engines.faceworld.forgery import selfblend
from engines.faceworld.forgery.base import Scene, blend
from engines.training.sampling import Item, hash_seed

FAMILY = "selfblend"


class WorldBlends:
    """Self-blends of the face world, each beside the photograph that it was made from.

    `where` (N,) are their places in the training set.
    """

    def __init__(self, pairs: WorldPairs):
        self.pairs, self.where = pairs, np.flatnonzero(pairs.family == FAMILY)

    def __len__(self) -> int:
        return len(self.where)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """Real pictures, then their copies: {"images": (2 B, 3, S, S), "labels": (2 B,)}."""
        chosen = [(int(self.where[index]), seed) for index, seed in items]
        return _batch(self.pairs.frames(chosen, "target"), self.pairs.crops(chosen))


class PhotoBlends:
    """Real photographs, each beside a self-blend made when it is asked for.

    Raises:
        BadInput: the landmarks of a photograph are not where they should be.
    """

    def __init__(self, samples: FolderSamples):
        self.samples, self.where = samples, np.flatnonzero(samples.labels == 0)
        for index in self.where:
            landmarks_file(samples.paths[index])

    def __len__(self) -> int:
        return len(self.where)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """As `WorldBlends`."""
        reals, copies = zip(*(self._pair(int(self.where[index]), seed) for index, seed in items), strict=True)
        return _batch(torch.stack(reals), torch.stack(copies))

    def _pair(self, index: int, seed: int) -> tuple[Tensor, Tensor]:
        path, side = self.samples.paths[index], self.samples.crop_px
        picture = read_image(path)
        points = np.load(landmarks_file(path), allow_pickle=False)[:68] * (side / np.array(picture.shape[1::-1]))
        real = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))
        copy = self_blended(real, points, np.random.default_rng(hash_seed(seed, 4)))
        one, other = (training_view(view, self.samples.recipe, side, seed) for view in (real, copy))
        return one, other


def self_blended(picture: np.ndarray, landmarks: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A self-blend of a square face crop (S, S, 3) uint8 with its 68 landmarks (68, 2) px."""
    real, side = (picture / 255).astype(np.float32), len(picture)
    shown = SimpleNamespace(image=real, truth=SimpleNamespace(landmarks=np.asarray(landmarks, np.float64)))
    scene = SimpleNamespace(real=shown, size_px=side, px=lambda length: length * side / 112)
    made = selfblend.make(cast(Scene, scene), selfblend.sample_knobs(rng), rng)  # of a scene only these are asked
    return np.rint(blend(made.image, real, made.mask).clip(0, 1) * 255).astype(np.uint8)


def landmarks_file(frame: Path) -> Path:
    """Where DeepfakeBench keeps a frame's landmarks.

    Raises:
        BadInput: they are not there.
    """
    parts = list(frame.parts)
    if "frames" in parts:
        at = len(parts) - 1 - parts[::-1].index("frames")
        found = Path(*parts[:at], "landmarks", *parts[at + 1 :]).with_suffix(".npy")
        if found.is_file():
            return found
    raise BadInput(
        f"SBI blends by landmarks, and {frame} has none: put them at landmarks/VIDEO/{frame.stem}.npy beside "
        f"frames/VIDEO/{frame.name}, as DeepfakeBench's preprocessing does, or leave sbi out of methods."
    )


def _batch(reals: Tensor, copies: Tensor) -> dict[str, Tensor]:
    return {"images": torch.cat([reals, copies]), "labels": torch.arange(2).repeat_interleave(len(reals))}
