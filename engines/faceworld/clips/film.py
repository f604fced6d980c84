"""A clip, filmed: frames as the camera's files show them, and what is known of each.

A frame is the photograph `clip.photo(t)`, rendered and finished as any other: the same bytes, alone or in its clip.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engines.faceworld.camera import finish_with_size
from engines.faceworld.clips.clip import FPS, Clip
from engines.faceworld.clips.organs import organ_boxes
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render


class Shot(NamedTuple):
    """One frame before the camera's finish: toned picture (H, W, 3) float32, its landmarks (68, 2), five points
    (5, 2) and pose, and the photograph."""

    toned: np.ndarray
    landmarks: np.ndarray
    five: np.ndarray
    pose: tuple[float, float, float]
    photo: Photo


@dataclass(frozen=True, eq=False)
class Film:
    """Frames (T, H, W, 3) uint8 RGB at 25 a second; landmarks (T, 68, 2) and five (T, 5, 2) float32 px; poses (T, 3)
    float32 radians (yaw, pitch, roll); jpeg_bytes (T,) int64, the size of each frame's file."""

    clip: Clip
    size_px: int
    frames: np.ndarray
    landmarks: np.ndarray
    five: np.ndarray
    poses: np.ndarray
    jpeg_bytes: np.ndarray
    fps: int = FPS

    def __len__(self) -> int:
        return len(self.frames)

    def picture(self, frame: int) -> Picture:
        """The real frame rendered again, with masks, depth and normals: they are made when they are wanted."""
        return render(self.clip.person, self.clip.photo(frame), self.size_px)

    def masks(self, name: str) -> np.ndarray:
        """A mask of `Truth.masks` over the clip (T, H, W) float32, made anew.

        Raises:
            KeyError: there is no such mask.
        """
        return np.stack([self.picture(frame).truth.masks[name] for frame in range(len(self))])

    def organ_boxes(self, margin: float = 0.25) -> np.ndarray:
        """Boxes (T, K, 4) x0, y0, x1, y1 of the organs of `organs.ORGANS`."""
        return organ_boxes(self.landmarks, margin)


def film(clip: Clip, size_px: int = 112) -> Film:
    """Film a clip as it is.

    Raises:
        BadConfig: a size that pictures cannot have.
    """
    return developed(clip, size_px, (shot(clip, frame, size_px) for frame in range(len(clip))))


def shot(clip: Clip, frame: int, size_px: int = 112) -> Shot:
    """One real frame of a clip."""
    photo = clip.photo(frame)
    picture = render(clip.person, photo, size_px)
    return Shot(picture.image, picture.truth.landmarks, picture.truth.five, picture.truth.pose, photo)


def developed(clip: Clip, size_px: int, shots: Iterator[Shot]) -> Film:
    """Shots to a film: the camera finishes each in the same way, real or forged."""
    frames = np.empty((len(clip), size_px, size_px, 3), np.uint8)
    sizes, landmarks, five, poses = [], [], [], []
    for number, taken in enumerate(shots):
        frames[number], size = finish_with_size(taken.toned, taken.photo.camera)
        sizes.append(size)
        landmarks.append(taken.landmarks)
        five.append(taken.five)
        poses.append(taken.pose)
    marks, points, angles = (np.array(values, np.float32) for values in (landmarks, five, poses))
    return Film(clip, size_px, frames, marks, points, angles, np.array(sizes, np.int64))
