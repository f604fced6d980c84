"""A user's videos as films: pictures of frames, or clips of one face each, with landmarks where there are some.

- frames, as `mien data crop` or DeepfakeBench leave them: resized to the crop; landmarks beside each, or at
  `landmarks/VIDEO/FRAME.npy` for `frames/VIDEO/FRAME.png`, (68 or 81, 2) px.
- clips (MP4 and others): the first face of the first frame says how all frames are aligned, since aligning each anew
  would take away, or add, the very wobble that is looked for; landmarks in `NAME.npy` beside, (frames, 68 or 81, 2) px.

Frames are neighbours in the list of a video's pictures: where these are spread over the video, as DeepfakeBench's are,
a stride of 1 is as many source frames as lie between two of them.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engines.data.alignment import align, upright
from engines.data.faces import find_faces
from engines.data.forgery_index import COMPRESSION
from engines.data.images import read_image
from engines.data.layouts import read
from engines.data.pixels import to_unit
from engines.data.video import OWN_BYTE_CAP, numbered_frames
from engines.data.videos import Video
from engines.detection.augment import training_view
from engines.detection.blending import blend_clip
from engines.detection.sta.clips import Blending, Cut
from engines.errors import BadInput
from engines.training.sampling import hash_seed

FILM_FRAMES = 32
"""Frames read of a clip, from its beginning."""


class FolderFilms:
    """Videos of one part of a data set.

    Raises:
        BadInput: the part lacks real or forged videos, or one is too short for a clip.
    """

    def __init__(self, source: str, split: str, cut: Cut):
        index = read(source)
        levels = {video.compression for video in index.videos} - {""}
        self.videos, self.cut = index.part(split, COMPRESSION if COMPRESSION in levels else None), cut
        self.labels = np.array([video.label for video in self.videos], np.int64)
        for label, name in enumerate(("real", "forged")):
            if label not in self.labels:
                raise BadInput(f"The {split} part of {index.place} holds no {name} videos; give some of both kinds.")
        self.family = np.array([video.family for video in self.videos])
        self.group = np.array([video.path for video in self.videos])
        for video in self.videos:
            if video.frames:
                self._check(video, len(video.frames))

    def __len__(self) -> int:
        return len(self.videos)

    def training(self, index: int, seed: int, blending: Blending | None) -> Tensor:
        """See `clips.Films`."""
        video, side = self.videos[index], self.cut.crop_px
        which = self.cut.random(self._length(video), seed)
        pictures = self._pictures(video, which)
        if blending:
            marks = self._landmarks(video, which)
            mixed = blend_clip(to_unit(pictures), marks, hash_seed(seed, 6), blending.memory, blending.alpha).frames
            pictures = (mixed * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        return torch.stack([training_view(picture, "face", side, seed) for picture in pictures])

    def views(self, indices: Sequence[int]) -> Tensor:
        """See `clips.Films`."""
        return torch.stack([self._views(self.videos[index]) for index in indices])

    def _views(self, video: Video) -> Tensor:
        which = self.cut.spread(self._length(video))
        return to_unit(self._pictures(video, which.ravel())).unflatten(0, which.shape)

    def _length(self, video: Video) -> int:
        length = len(video.frames) or len(self._film(video).frames)
        self._check(video, length)
        return length

    def _check(self, video: Video, length: int) -> None:
        if length < self.cut.span:
            raise BadInput(
                f"{video.path} has {length} frames, and a clip of {self.cut.frames} frames, {self.cut.stride} apart, "
                f"spans {self.cut.span}: set clip_frames or stride lower, or leave the video out."
            )

    def _film(self, video: Video) -> "_Film":
        assert video.clip is not None
        return _film(video.clip, self.cut.crop_px)

    def _pictures(self, video: Video, which: np.ndarray) -> np.ndarray:
        """(T, S, S, 3) uint8."""
        if not video.frames:
            return self._film(video).frames[which]
        return np.stack([_resized(read_image(video.frames[number]), self.cut.crop_px) for number in which])

    def _landmarks(self, video: Video, which: np.ndarray) -> np.ndarray:
        """(T, 68, 2) px of the crop."""
        if not video.frames:
            return _clip_landmarks(video, self.cut.crop_px)[which]
        return np.stack([_frame_landmarks(video.frames[number], self.cut.crop_px) for number in which])


def _resized(picture: np.ndarray, side: int) -> np.ndarray:
    return np.array(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC))


class _Film(NamedTuple):
    """Frames (F, S, S, 3) uint8 of a clip, and how its pixels became those of the crop: p -> turn p + shift."""

    frames: np.ndarray
    turn: np.ndarray
    shift: np.ndarray


@lru_cache(maxsize=16)
def _film(clip: Path, side: int) -> _Film:
    images = [frame.image for frame in numbered_frames(clip, FILM_FRAMES, 1, byte_cap=OWN_BYTE_CAP)]
    faces = find_faces(images[0])
    if faces:
        return _Film(np.stack([align(image, faces[0], side) for image in images]), *upright(faces[0], side))
    height, width = images[0].shape[:2]
    return _Film(np.stack([_resized(image, side) for image in images]), np.diag([side / width, side / height]), _NONE)


_NONE = np.zeros(2)


def _clip_landmarks(video: Video, side: int) -> np.ndarray:
    assert video.clip is not None
    film, points = _film(video.clip, side), _read_points(video.clip.with_suffix(".npy"), video.clip)
    if points.ndim != 3 or len(points) < len(film.frames):
        raise BadInput(
            f"{video.clip.with_suffix('.npy')} is {points.shape}; give landmarks (frames, 68, 2) of every frame."
        )
    return points[: len(film.frames), :68] @ film.turn.T + film.shift


def _frame_landmarks(frame: Path, side: int) -> np.ndarray:
    parts = list(frame.parts)
    at = len(parts) - 1 - parts[::-1].index("frames") if "frames" in parts else None
    beside = frame if at is None else Path(*parts[:at], "landmarks", *parts[at + 1 :])
    with Image.open(frame) as picture:
        size = np.array(picture.size)
    return _read_points(beside.with_suffix(".npy"), frame)[:68] * (side / size)


def _read_points(file: Path, of: Path) -> np.ndarray:
    if not file.is_file():
        raise BadInput(f"Video-level blending needs landmarks, and {of} has none: put them at {file}, or set vb to 0.")
    return np.load(file, allow_pickle=False).astype(np.float64)
