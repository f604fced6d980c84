"""Clips that detectors are trained and tested on, behind one interface: the face world's, or a folder of the user's.

A clip is (T, 3, S, S), RGB float32 in [0, 1], T frames `stride` apart in the film; 1 takes true neighbours. A training
clip begins anywhere in its film, and its frames share one crop, one mirror and one augmentation, so that nothing but
the film itself differs from frame to frame. A film is tested at `views` places, spread evenly.

Labels 0 real and 1 forged; `family` names the forgery; `group` is what a bootstrap resamples, the identity in the world
and the video elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from engines.data.pixels import to_unit
from engines.detection.blending import blend_clip
from engines.detection.samples import centre_crop
from engines.errors import BadConfig
from engines.faceworld.clips.dataset import ClipSet
from engines.training.sampling import Item, hash_seed


@dataclass(frozen=True)
class Cut:
    """How films become clips: `frames` T, `stride`, side of the crop, and places a film is tested at."""

    frames: int
    stride: int
    crop_px: int
    views: int = 1

    @property
    def span(self) -> int:
        """Frames of the film from the first to the last of a clip."""
        return (self.frames - 1) * self.stride + 1

    def random(self, length: int, seed: int) -> np.ndarray:
        """Numbers (T,) of a clip's frames, anywhere in a film of that length."""
        return hash_seed(seed, 5) % (length - self.span + 1) + np.arange(self.frames) * self.stride

    def spread(self, length: int) -> np.ndarray:
        """Numbers (views, T) of the frames tested on; a single view lies in the middle."""
        room = length - self.span
        starts = np.linspace(0, room, self.views).round().astype(int) if self.views > 1 else np.array([room // 2])
        return starts[:, None] + np.arange(self.frames) * self.stride


@dataclass(frozen=True)
class Blending:
    """How real clips are blended into forged ones: range of alpha, and correlation of neighbouring frames."""

    alpha: tuple[float, float] = (0.25, 1.0)
    memory: float = 0.0


class Films(Protocol):
    """What training and testing need of films."""

    labels: np.ndarray
    family: np.ndarray
    group: np.ndarray

    def __len__(self) -> int:
        """Number of films."""
        ...

    def training(self, index: int, seed: int, blending: Blending | None) -> Tensor:
        """A training clip (T, 3, S, S); with `blending`, blended into itself."""
        ...

    def views(self, indices: Sequence[int]) -> Tensor:
        """Test clips (B, views, T, 3, S, S), the same each time."""
        ...


class WorldFilms:
    """The face world's clips, cropped and never resized.

    Raises:
        BadConfig: the films are too short for the cut.
    """

    def __init__(self, films: ClipSet, cut: Cut):
        if films.spec.frames < cut.span:
            raise BadConfig(
                f"A clip of {cut.frames} frames, {cut.stride} apart, spans {cut.span}, and films have "
                f"{films.spec.frames}: make films longer (film_frames), or clips shorter."
            )
        self.films, self.cut = films, cut
        self.labels, self.family, self.group = films.labels, films.family, films.target_id

    def __len__(self) -> int:
        return len(self.labels)

    def training(self, index: int, seed: int, blending: Blending | None) -> Tensor:
        """See `Films`."""
        which = self.cut.random(self.films.spec.frames, seed)
        frames = to_unit(self.films.frames[index][which])
        if blending:
            marks = self.films.landmarks[index][which].astype(np.float64)
            frames = blend_clip(frames, marks, hash_seed(seed, 6), blending.memory, blending.alpha).frames
        room, side = frames.shape[-1] - self.cut.crop_px + 1, self.cut.crop_px
        top, left = hash_seed(seed, 1) % room, hash_seed(seed, 2) % room
        crop = frames[..., top : top + side, left : left + side]
        return crop.flip(-1) if hash_seed(seed, 3) % 2 else crop

    def views(self, indices: Sequence[int]) -> Tensor:
        """See `Films`."""
        which = self.cut.spread(self.films.spec.frames)
        films = [centre_crop(self.films.frames[i][which.ravel()], self.cut.crop_px) for i in indices]
        return torch.stack([to_unit(film).unflatten(0, which.shape) for film in films])


class Mix:
    """What a detector is trained on: as many real clips as forged ones, some of these blended from real ones.

    Item i asks for a real clip where i is even, else for a forged one; which one follows from the item's seed, so that
    the classes are balanced however many films there are of each.

    Args:
        blended: share of the forged clips that are video-level blends; 1 leaves the data's own forgeries out.

    Raises:
        BadConfig: there is nothing forged to train on.
    """

    def __init__(self, films: Films, blended: float, blending: Blending):
        self.films, self.blended, self.blending = films, blended, blending
        self.reals, self.fakes = np.flatnonzero(films.labels == 0), np.flatnonzero(films.labels == 1)
        if not len(self.fakes) and blended < 1:
            raise BadConfig("There are no forged films to train on: set vb to 1, or name families.")

    def __len__(self) -> int:
        return 2 * max(len(self.reals), len(self.fakes))

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """A training batch {"clips": (B, T, 3, S, S), "labels": (B,)}."""
        clips, labels = zip(*(self._one(index, seed) for index, seed in items), strict=True)
        return {"clips": torch.stack(clips), "labels": torch.tensor(labels)}

    def _one(self, index: int, seed: int) -> tuple[Tensor, int]:
        label, place = index % 2, index // 2
        blend = label == 1 and hash_seed(seed, 7) % 10_000 < 10_000 * self.blended
        among = self.reals if label == 0 or blend else self.fakes
        return self.films.training(int(among[place % len(among)]), seed, self.blending if blend else None), label
