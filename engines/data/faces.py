"""Faces in a photograph: facexlib's RetinaFace (MobileNet, bundled weights), five landmarks each, on the CPU.

RetinaFace: Deng et al., CVPR 2020, arXiv 1905.00641. The photograph is looked at with a long side of 2048 px, which
finds faces down to about a ninetieth of it, of 1024 px, and of 320 px, which finds one that fills it. Then each face is
looked at once more at the one size at which the network places landmarks best, so that a face is aligned alike in a
small and in a large photograph.
Coordinates are pixels of the photograph, x right, y down, the first pixel covering [0, 1) x [0, 1). Landmarks: the
eye on the picture's left, the eye on its right, nose tip, mouth corner on the left, mouth corner on the right.
"""

import functools
import math
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from facexlib.detection.retinaface import RetinaFace, generate_config
from facexlib.detection.retinaface_utils import PriorBox, decode, decode_landm
from PIL import Image
from torch import Tensor
from torchvision.ops import box_iou, nms

from engines.backbones import weights
from engines.data.alignment import align
from engines.data.face import Face
from engines.data.quality import FaceQuality, face_quality

__all__ = ["Face", "FaceQuality", "align", "face_quality", "find_faces", "follow_faces"]

NETWORK = "mobile0.25"
LONG_SIDES_PX = (2048, 1024, 320)
MEAN_BGR = (104.0, 117.0, 123.0)
LARGEST_PX = 192
"""Larger faces are left to the coarser looks: in a finer one, parts of a face and folds of cloth look like such."""

OVERLAP, SURE_ENOUGH = 0.4, 0.5
"""What two boxes of one face share at least, and the score from which a close-up shows one."""
_DETECTING = threading.Lock()
CLOSE_UP_PX, CLOSE_UP_MARGIN, CLOSE_UPS = 256, 1.75, 64
"""Side of a close-up, how many face boxes fit across it (faces of 150 px have the surest landmarks: 2 px of a crop of
112, against 3.4 px for faces of 50), and how many of the largest faces get one."""


class _Found(NamedTuple):
    boxes: Tensor  # (N, 4)
    points: Tensor  # (N, 10)
    scores: Tensor  # (N,)


def find_faces(image: np.ndarray, min_score: float = 0.8, long_sides_px: tuple[int, ...] = LONG_SIDES_PX) -> list[Face]:
    """The faces in a photograph (H, W, 3), uint8 RGB, largest first; an empty list where there is none.

    Args:
        min_score: of a face, in [0, 1]. long_sides_px: sizes to look at the photograph with.

    Raises:
        MissingWeights, BadWeights: the bundled detector is not there, or not the one its card names.
    """
    photo = Image.fromarray(image)
    sides = sorted({min(side, max(photo.size)) for side in long_sides_px}, reverse=True)
    looks = [_look(photo, side, min_score, LARGEST_PX if side > sides[-1] else math.inf) for side in sides]
    found = _Found(*(torch.cat(parts) for parts in zip(*looks, strict=True)))
    kept = nms(found.boxes, found.scores, OVERLAP)
    kept = kept[(found.boxes[kept, 2:] - found.boxes[kept, :2]).prod(dim=1).argsort(descending=True)]
    found = _Found(*(part[kept] for part in found))
    points = _refined(photo, found).reshape(-1, 5, 2).numpy()
    rows = zip(found.boxes.numpy(), points, found.scores.tolist(), strict=True)
    return [Face(box, landmarks, score) for box, landmarks, score in rows]


def follow_faces(image: np.ndarray, boxes: Sequence[np.ndarray]) -> list[Face | None]:
    """The same faces in a later picture, each looked for about its box (x0, y0, x1, y1); None where it is not there.

    One look of 256 px a face: a small part of the work of `find_faces`.
    """
    if not boxes:
        return []
    asked = torch.from_numpy(np.stack(boxes)).float()
    return [_face_near(box, view) for box, view in zip(asked, _close_ups(Image.fromarray(image), asked), strict=True)]


def _face_near(box: Tensor, view: _Found) -> Face | None:
    alike = view.scores * (box_iou(box[None], view.boxes)[0] > OVERLAP)
    best = int(alike.argmax())
    if alike[best] <= SURE_ENOUGH:
        return None
    return Face(view.boxes[best].numpy(), view.points[best].reshape(5, 2).numpy(), float(view.scores[best]))


def _look(photo: Image.Image, long_side: int, min_score: float, largest_px: float) -> _Found:
    scale = long_side / max(photo.size)
    size = (max(1, round(photo.width * scale)), max(1, round(photo.height * scale)))
    small = photo.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0) if scale < 1 else photo
    boxes, points, scores = (part[0] for part in _detect(np.asarray(small)[None]))
    middle, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) * torch.tensor(size)
    inside = ((middle > 0) & (middle < 1)).all(dim=1)
    sure = (scores >= min_score) & inside & (sides.amax(dim=1) <= largest_px)
    back = torch.tensor([photo.width, photo.height])
    return _Found(_scaled(boxes[sure], back), _scaled(points[sure], back), scores[sure])


def _refined(photo: Image.Image, found: _Found) -> Tensor:
    """Landmarks (N, 10): a close-up's, where it shows the same face."""
    points, boxes = found.points.clone(), found.boxes[:CLOSE_UPS]
    for i, view in enumerate(_close_ups(photo, boxes)):
        if face := _face_near(boxes[i], view):
            points[i] = torch.from_numpy(face.landmarks).flatten()
    return points


def _close_ups(photo: Image.Image, boxes: Tensor) -> Iterator[_Found]:
    """All that is seen from close by about each box (N, 4), in pixels of the photograph."""
    sides = ((boxes[:, 2:] - boxes[:, :2]).amax(dim=1) * CLOSE_UP_MARGIN).round().clamp(min=8)
    corners = ((boxes[:, :2] + boxes[:, 2:]) / 2 - sides[:, None] / 2).round()
    frames = torch.cat([corners, corners + sides[:, None]], dim=1).int().tolist()
    for side, corner, (left, top, right, bottom) in zip(sides, corners, frames, strict=True):
        seen = _detect(_close_up(photo, (left, top, right, bottom))[None])
        yield _Found(
            _scaled(seen[0][0], side) + corner.repeat(2), _scaled(seen[1][0], side) + corner.repeat(5), seen[2][0]
        )


def _close_up(photo: Image.Image, frame: tuple[int, int, int, int]) -> np.ndarray:
    """What lies in a square frame, (256, 256, 3); beyond the photograph it is black."""
    left, top, right, bottom = frame
    inside = (max(left, 0), max(top, 0), min(right, photo.width), min(bottom, photo.height))
    scale = CLOSE_UP_PX / (right - left)
    x, y, x_end, y_end = (round((inside[i] - frame[i % 2]) * scale) for i in range(4))
    part = photo.resize((max(1, x_end - x), max(1, y_end - y)), Image.Resampling.BILINEAR, inside, reducing_gap=2.0)
    view = Image.new("RGB", (CLOSE_UP_PX, CLOSE_UP_PX))
    view.paste(part, (x, y))
    return np.asarray(view)


def _scaled(numbers: Tensor, size: Tensor) -> Tensor:
    """Fractions of a picture, (x, y) pairs in the last dimension, to its pixels; size is (width, height) or a side."""
    pairs = numbers.unflatten(-1, (numbers.shape[-1] // 2, 2))
    return (pairs * size).flatten(-2)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread. A second one gains this small network nothing, and where another process has the core
    the two wait for each other at each of its 200 operations: seconds instead of a tenth. The setting is the
    process's, hence the lock."""
    with _DETECTING:
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@_one_thread()
@torch.inference_mode()
def _detect(views: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """All anchors of RGB views (B, H, W, 3): boxes (B, A, 4), points (B, A, 10), scores (B, A); fractions of a view."""
    net = _net()
    bgr = torch.from_numpy(np.ascontiguousarray(views[..., ::-1])).permute(0, 3, 1, 2).float()
    offsets, chances, points = net(bgr - torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
    anchors, variance = _anchors(*views.shape[1:3]), net.cfg["variance"]
    boxes = torch.stack([decode(each, anchors, variance) for each in offsets])
    landmarks = torch.stack([decode_landm(each, anchors, variance) for each in points])
    return boxes, landmarks, chances[..., 1]


@functools.lru_cache(maxsize=16)
def _anchors(height: int, width: int) -> Tensor:
    """Anchor boxes (A, 4) as centre and size, in fractions of a view."""
    return PriorBox(generate_config(NETWORK), (height, width)).forward()


@functools.cache
def _net() -> RetinaFace:
    net = RetinaFace(network_name=NETWORK, device="cpu")
    net.load_state_dict(weights.load_bundled("retinaface-mobile025")[0])
    return net.requires_grad_(False)
