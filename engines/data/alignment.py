"""Aligned crops: a face turned upright and brought to a known size and place.

The detector's crop is that of the face world's pictures: 112 px, the eyes level and 35 px apart, their midpoint at
(0.5, 0.455) of the side. The eyes of a turned head lie closer together in a photograph; the scale then comes from
the distance between eyes and mouth, so that the head keeps its size.
The embedder's crop is dlib's: 150 px, all five landmarks fitted to a template.
The benchmark's crop is DeepfakeBench's: five landmarks fitted to ArcFace's template (Deng et al., CVPR 2019, arXiv
1801.07698), 112 px with 8 px added on the left, then a margin around it. Differs from DeepfakeBench: the landmarks are
RetinaFace's eye centres, nose tip and mouth corners, where it takes five of dlib's 81 points, and an edge pixel goes
on beyond the photograph where it is black there.
"""

import numpy as np
from PIL import Image
from scipy.ndimage import map_coordinates

from engines.data.face import Face

EYE_DISTANCE, EYE_HEIGHT = 35 / 112, 0.455
"""Distance between the eyes and height of their midpoint, in sides of the crop."""

EYES_TO_MOUTH = 1.155
"""Distance from the eyes' midpoint to the mouth's, in eye distances of a face seen from the front."""

FORESHORTENED = 0.72
"""Share of their true distance below which the eyes no longer set the scale: a head turned by more than 44 degrees."""

EMBEDDER_SIZE_PX = 150
BENCHMARK_SIZE_PX, BENCHMARK_MARGIN = 256, 1.3
BENCHMARK_TEMPLATE = (
    np.array([[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]) / 112
)
"""Where the five landmarks lie without a margin, in sides of the crop."""

EMBEDDER_TEMPLATE = np.array([[47.6, 37.1], [102.3, 36.6], [74.1, 72.4], [49.6, 93.9], [100.1, 93.2]]) / 150


def align(image: np.ndarray, face: Face, size_px: int = 112) -> np.ndarray:
    """The detector's crop of a face: (size_px, size_px, 3) uint8 RGB; edge pixels go on beyond the photograph.

    Args:
        image: the photograph, (H, W, 3) uint8 RGB.
        face: as `find_faces` gives it.
        size_px: side of the crop.
    """
    turn, shift = upright(face, size_px)
    return _warp(image, turn, shift, size_px)


def upright(face: Face, size_px: int = 112) -> tuple[np.ndarray, np.ndarray]:
    """What `align` does to a photograph's places: p -> turn p + shift, (2, 2) and (2,), px."""
    left, right = face.landmarks[0].astype(float), face.landmarks[1].astype(float)
    apart = float(np.hypot(*(right - left)))
    x, y = (right - left) / apart if apart > 0 else (1.0, 0.0)
    scale = EYE_DISTANCE * size_px / eye_distance(face.landmarks)
    turn = scale * np.array([[x, y], [-y, x]])
    target = np.array([0.5, EYE_HEIGHT]) * size_px
    return turn, target - turn @ ((left + right) / 2)


def align_for_embedder(image: np.ndarray, face: Face) -> np.ndarray:
    """The embedder's crop of a face: (150, 150, 3) uint8 RGB."""
    turn, shift = _similarity(face.landmarks.astype(float), EMBEDDER_TEMPLATE * EMBEDDER_SIZE_PX)
    return _warp(image, turn, shift, EMBEDDER_SIZE_PX)


def align_for_benchmark(
    image: np.ndarray, face: Face, size_px: int = BENCHMARK_SIZE_PX, margin: float = BENCHMARK_MARGIN
) -> tuple[np.ndarray, np.ndarray]:
    """The benchmark's crop of a face, (size_px, size_px, 3) uint8 RGB, and where its landmarks lie in it, (5, 2) px.

    Args:
        margin: side of the crop, in sides of the crop without a margin.
    """
    template = (BENCHMARK_TEMPLATE + (margin - 1) / 2) / margin * size_px
    landmarks = face.landmarks.astype(float)
    turn, shift = _similarity(landmarks, template)
    return _warp(image, turn, shift, size_px), landmarks @ turn.T + shift


def from_benchmark(crop: np.ndarray, size_px: int = 112, margin: float = BENCHMARK_MARGIN) -> np.ndarray:
    """The detector's crop cut out of a benchmark's square one, which has its face at a known place: no face is sought.

    (S, S, 3) -> (size_px, size_px, 3) uint8 RGB.
    """
    eyes = (BENCHMARK_TEMPLATE[:2] + (margin - 1) / 2) / margin
    width, height = crop.shape[1], crop.shape[0]
    side = float(eyes[1, 0] - eyes[0, 0]) / EYE_DISTANCE
    left, top = float(eyes[:, 0].mean()) - side / 2, float(eyes[:, 1].mean()) - side * EYE_HEIGHT
    box = (left * width, top * height, (left + side) * width, (top + side) * height)
    return np.asarray(Image.fromarray(crop).resize((size_px, size_px), Image.Resampling.BILINEAR, box=box))


def eye_distance(landmarks: np.ndarray) -> float:
    """Distance between the eyes in px, of landmarks (5, 2), as it would be about seen from the front."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    seen = float(np.hypot(*(landmarks[1] - landmarks[0])))
    return max(seen, FORESHORTENED * float(np.hypot(*(mouth - eyes))) / EYES_TO_MOUTH, 1e-3)


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn-and-scale (2, 2) and shift (2,) that bring points (N, 2) closest to others (Umeyama, 1991)."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    u, spread, v = np.linalg.svd(b.T @ a)
    flip = np.array([1.0, np.sign(np.linalg.det(u @ v))])
    turn = (u * flip) @ v * (spread @ flip) / max((a**2).sum(), 1e-6)
    return turn, target.mean(axis=0) - turn @ source.mean(axis=0)


def _warp(image: np.ndarray, turn: np.ndarray, shift: np.ndarray, size_px: int) -> np.ndarray:
    """Resample; where the photograph is finer than the crop, whole pixels are averaged first, so nothing aliases."""
    inverse = np.linalg.inv(turn)
    rows, columns = np.mgrid[:size_px, :size_px]
    centres = np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5
    where = centres @ inverse.T - inverse @ shift  # (size², 2): x and y in the photograph
    step = max(1, int(np.hypot(*inverse[:, 0])))
    image, where = _reduced(image, where, step)
    channels = [map_coordinates(image[..., c], where.T[::-1], order=1, mode="nearest") for c in range(3)]
    return np.stack(channels, axis=-1).reshape(size_px, size_px, 3).round().astype(np.uint8)


def _reduced(image: np.ndarray, where: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """The part of the photograph around points, averaged over squares of that step, and the points within it."""
    limit = np.array(image.shape[1::-1])
    low = np.clip(np.floor(where.min(axis=0)) - 2 * step, 0, limit - 1).astype(int)
    high = np.clip(np.ceil(where.max(axis=0)) + 2 * step + 1, low + 1, limit).astype(int)
    part = image[low[1] : high[1], low[0] : high[0]]
    if step > 1:
        part = np.asarray(Image.fromarray(part).reduce(step))
    return part.astype(np.float32), (where - low) / step - 0.5  # map_coordinates counts from a pixel's centre
