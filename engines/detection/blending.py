"""Video-level blending: real clips whose organs wobble, as those of forged clips do, made from nothing but the clip.

"Generalizing Deepfake Video Detection with Plug-and-Play: Video-Level Blending and Spatiotemporal Adapter Tuning",
CVPR 2025, https://arxiv.org/abs/2408.17065. In each frame anew, each organ (eyes, brows, nose, mouth) gets a turn, a
scale and a shift; the frame, moved so, is blended into itself within that organ's soft mask:

    B = I + alpha sum_k m_k (W_k - I),   W_k(p) = I(c + s_k R_k (p - c) + t_k),   c the mean of landmarks 17 to 67.

All frames are blended at once, and each organ within its own box alone, outside of which its mask is zero.

Frames (N, 3, H, W) RGB float in [0, 1], landmarks (N, 68, 2) px as (x, y). Lengths in px are of a frame 224 px wide
and grow with it. Result: to the nearest 1/255, as a file would hold it.

Differs from the paper: alpha is drawn from [0.25, 1] for each clip, where the authors' code averages four blends, which
is an alpha of 0.25 throughout; drift may be correlated in time (`memory`), each draw keeping its own distribution.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
import torch
from scipy.special import ndtr
from torch import Tensor
from torch.nn import functional as F

from engines.errors import BadConfig, BadInput

PARTS = ("eyes", "brows", "nose", "mouth")
NATIVE_PX = 224
INNER = slice(17, 68)
"""Landmarks whose mean is what every organ turns about: all but the jaw's."""
TURN_DEG, SCALE, SHIFT_PX, ALPHA = (1.0, 5.0), (0.01, 0.05), (0.5, 2.5), (0.25, 1.0)
"""Ranges of the largest turn, change of scale and shift of a frame, and of a clip's alpha."""
_LINES: dict[str, tuple[tuple[int, ...], ...]] = {
    "eyes": ((*range(36, 42), 36), (*range(42, 48), 42)),
    "brows": (tuple(range(17, 22)), tuple(range(22, 27))),
    "mouth": ((*range(48, 60), 48),),
    "ridge": ((*range(27, 31), 33),),
    "nostrils": (tuple(range(31, 36)),),
}
_DRAWS_PER_PART = 4


class Motion(NamedTuple):
    """What is done to each organ of `PARTS` in each frame: turn (T, 4) radians, scale (T, 4), shift (T, 4, 2) px, and
    the limits (T, 3) they were drawn within: turn in radians, change of scale, shift in px."""

    turn: np.ndarray
    scale: np.ndarray
    shift: np.ndarray
    limits: np.ndarray

    @classmethod
    def still(cls, frames: int) -> "Motion":
        """Nothing moves."""
        return cls(
            np.zeros((frames, 4)), np.ones((frames, 4)), np.zeros((frames, 4, 2)), np.zeros((frames, 3))
        )  # fmt: skip

    def affines(self, landmarks: np.ndarray) -> np.ndarray:
        """Where each organ's pixels are taken from, (T, 4, 2, 3): p -> A p + b, px, for landmarks (T, 68, 2)."""
        c, s = self.scale * np.cos(self.turn), self.scale * np.sin(self.turn)
        turned = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], -2)
        centre = landmarks[:, None, INNER].mean(2)
        offset = centre - (turned @ centre[..., None])[..., 0] + self.shift
        return np.concatenate([turned, offset[..., None]], -1)


class Blended(NamedTuple):
    """Frames (T, 3, H, W) in [0, 1], what was mixed in: masks (T, 4, H, W) in [0, 1], motion, and alpha."""

    frames: Tensor
    masks: Tensor
    motion: Motion
    alpha: float


def blend_clip(
    frames: Tensor, landmarks: np.ndarray, seed: int, memory: float = 0.0, alpha: tuple[float, float] = ALPHA
) -> Blended:
    """Blend a real clip into itself.

    Args:
        frames: (T, 3, H, W) in [0, 1]. landmarks: (T, 68, 2) px; further ones are left out.
        seed: of all that is drawn.
        memory: correlation of neighbouring frames' draws; 0 is the paper's jitter.
        alpha: range that the clip's alpha is drawn from.

    Raises:
        BadInput: landmarks are missing, or are not numbers.
        BadConfig: memory or alpha are out of bounds.
    """
    if not 0 <= alpha[0] <= alpha[1] <= 1:
        raise BadConfig(f"alpha is drawn from {alpha[0]} to {alpha[1]}: give two shares of 0 to 1, the lower first.")
    motion = draw(len(frames), frames.shape[-1], seed, memory)
    strength = float(np.random.default_rng([seed, 0xA1]).uniform(*alpha))
    return blend(frames, landmarks, motion, strength)


def draw(frames: int, size_px: int, seed: int, memory: float = 0.0) -> Motion:
    """The motion of that number; a longer clip's begins with the shorter's.

    Raises:
        BadConfig: memory is not in [0, 1).
    """
    if not 0 <= memory < 1:
        raise BadConfig(f"memory = {memory}: the correlation of neighbouring frames is 0 or more, and below 1.")
    shares = _uniform(np.random.default_rng([seed, 0xB1]), frames, 3 + 4 * _DRAWS_PER_PART, memory)
    ranges = np.array([np.radians(TURN_DEG), SCALE, np.array(SHIFT_PX) * size_px / NATIVE_PX])
    limits = ranges[:, 0] + shares[:, :3] * (ranges[:, 1] - ranges[:, 0])
    signed = 2 * shares[:, 3:].reshape(frames, 4, _DRAWS_PER_PART) - 1
    turn, grow, shift = signed[..., 0], signed[..., 1], signed[..., 2:]
    return Motion(turn * limits[:, :1], 1 + grow * limits[:, 1:2], shift * limits[:, 2:, None], limits)


def _uniform(rng: np.random.Generator, frames: int, count: int, memory: float) -> np.ndarray:
    """(frames, count), each uniform on [0, 1], neighbours in time correlated through normal variables."""
    normal = rng.standard_normal((frames, count))
    for frame in range(1, frames):
        normal[frame] = memory * normal[frame - 1] + math.sqrt(1 - memory**2) * normal[frame]
    return ndtr(normal)


def blend(frames: Tensor, landmarks: np.ndarray, motion: Motion, alpha: float) -> Blended:
    """Blend frames by a known motion.

    Raises:
        BadInput: landmarks are missing, or are not numbers.
    """
    marks = checked(landmarks, len(frames))
    height, width = frames.shape[-2:]
    boxes = {part: _Box.around(marks, part, height, width) for part in PARTS}
    masks = _masks(marks, boxes, height, width)
    affines = torch.from_numpy(motion.affines(landmarks[:, :68].astype(np.float64))).float()
    change = torch.zeros_like(frames).flatten(2)
    for k, (_part, box) in enumerate(boxes.items()):
        moved = _sampled(frames, affines[:, k], box)
        index = box.places(width).flatten(1)
        place = index[:, None].expand(-1, frames.shape[1], -1)
        mask, before = masks[:, k].flatten(1).gather(1, index), frames.flatten(2).gather(2, place)
        change.scatter_add_(2, place, mask[:, None] * (moved.flatten(2) - before))
    mixed = torch.add(frames, change.view_as(frames), alpha=alpha)
    return Blended(mixed.mul_(255).round_().div_(255).clamp_(0, 1), masks, motion, alpha)


def organ_masks(landmarks: np.ndarray, height: int, width: int) -> Tensor:
    """Soft masks (N, 4, H, W) in [0, 1] of `PARTS`, by distance from lines through landmarks (N, 68, 2) px.

    Raises:
        BadInput: landmarks are missing, or are not numbers.
    """
    marks = checked(landmarks, len(landmarks))
    boxes = {part: _Box.around(marks, part, height, width) for part in PARTS}
    return _masks(marks, boxes, height, width)


def checked(landmarks: np.ndarray, frames: int) -> Tensor:
    """Landmarks as (N, 68, 2) float32.

    Raises:
        BadInput: there are not 68 of them for each frame, or some are not numbers.
    """
    fits = landmarks.ndim == 3 and landmarks.shape[0] == frames and landmarks.shape[1] >= 68
    if not fits or landmarks.shape[2] != 2 or not np.isfinite(landmarks).all():
        raise BadInput(
            f"Blending needs 68 landmarks (x, y) in each of {frames} frames, all of them numbers, not an array "
            f"{landmarks.shape}; leave clips without landmarks out, or set vb to 0."
        )
    return torch.from_numpy(np.ascontiguousarray(landmarks[:, :68], np.float32))


class _Box(NamedTuple):
    """The pixels of each frame in which an organ's mask may be above zero: left, top (N,), and one size for all."""

    left: Tensor
    top: Tensor
    width: int
    height: int

    @classmethod
    def around(cls, marks: Tensor, part: str, height: int, width: int) -> "_Box":
        fall, thickness = _reach(part, width)
        points = marks[:, sorted({i for name in _strokes(part) for line in _LINES[name] for i in line})]
        pad = math.ceil(fall + 2 * thickness) + 1
        low, high = (points.amin(1) - pad).floor().long(), (points.amax(1) + pad).ceil().long()
        room = torch.tensor([width, height])
        size = torch.minimum((high - low).amax(0) + 1, room)
        corner = torch.minimum(low.clamp(min=0), room - size)
        return cls(corner[:, 0], corner[:, 1], int(size[0]), int(size[1]))

    def axes(self) -> tuple[Tensor, Tensor]:
        """Columns (N, w) and rows (N, h)."""
        return self.left[:, None] + torch.arange(self.width), self.top[:, None] + torch.arange(self.height)

    def places(self, width: int) -> Tensor:
        """Flat places (N, h, w) in a frame of that width."""
        x, y = self.axes()
        return y[:, :, None] * width + x[:, None]


def _strokes(part: str) -> tuple[str, ...]:
    return ("ridge", "nostrils") if part == "nose" else (part,)


def _reach(part: str, width: int) -> tuple[float, int]:
    """Over how many px a mask falls to zero, and how thick its lines are."""
    if part == "nose":
        return width / 12, max(width // 96, 1)
    return max(width // 32, 1), max(width // (256 if part == "brows" else 64), 1)


def _masks(marks: Tensor, boxes: dict[str, _Box], height: int, width: int) -> Tensor:
    masks = torch.zeros(len(marks), len(PARTS), height * width)
    for k, (part, box) in enumerate(boxes.items()):
        masks[:, k].scatter_(1, box.places(width).flatten(1), _mask(marks, part, box, width).flatten(1))
    eyes, brows, nose, mouth = masks.view(len(marks), len(PARTS), height, width).unbind(1)
    eyes.mul_(1 - mouth)
    nose.mul_(1 - eyes)
    mouth.mul_(1 - nose)
    brows.mul_(1 - nose).mul_(1 - eyes)
    return masks.view(len(marks), len(PARTS), height, width)


def _mask(marks: Tensor, part: str, box: _Box, width: int) -> Tensor:
    """One organ's mask in its box, (N, h, w), before overlaps are taken away."""
    fall, thickness = _reach(part, width)
    beyond = [_distance(marks, _LINES[name], box) - thickness for name in _strokes(part)]
    joined = beyond[0] if len(beyond) == 1 else _smooth_minimum(beyond[0], beyond[1], 3.0 * thickness)
    return 1 - (joined / fall).clamp_(0, 1)


def _distance(marks: Tensor, lines: tuple[tuple[int, ...], ...], box: _Box) -> Tensor:
    """From each pixel of a box to the nearest of the lines, (N, h, w) px.

    Along and across a segment are linear in x and y, so that each is a sum of a row and a column.
    """
    ends = torch.tensor([pair for line in lines for pair in itertools.pairwise(line)])
    start, end = marks[:, ends[:, 0]], marks[:, ends[:, 1]]
    length = (end - start).norm(dim=-1, keepdim=True)
    along = torch.where(length > 1e-6, (end - start) / length.clamp(min=1e-6), torch.tensor([1.0, 0.0]))
    middle, half = (start + end) / 2, length[..., None] / 2
    x, y = box.axes()
    dx, dy = x[:, None] - middle[..., :1], y[:, None] - middle[..., 1:]  # (N, S, w), (N, S, h)
    ux, uy = along[..., :1], along[..., 1:]
    beyond = ((ux * dx)[:, :, None] + (uy * dy)[..., None]).abs_().sub_(half).clamp_(min=0)
    across = (ux * dy)[..., None] - (uy * dx)[:, :, None]
    return across.square_().addcmul_(beyond, beyond).amin(1).sqrt_()


def _smooth_minimum(a: Tensor, b: Tensor, k: float) -> Tensor:
    h = (0.5 + 0.5 * (b - a) / k).clamp(0, 1)
    return torch.lerp(b, a, h) - k * h * (1 - h)


def _sampled(frames: Tensor, affines: Tensor, box: _Box) -> Tensor:
    """Frames within a box, each pixel taken from where its affine (N, 2, 3) says, black beyond the frame."""
    height, width = frames.shape[-2:]
    x, y = (axis.float() for axis in box.axes())
    a = affines[..., None, None]
    across, down = x[:, None], y[:, :, None]
    grid = torch.stack([a[:, i, 0] * across + a[:, i, 1] * down + a[:, i, 2] for i in range(2)], -1)
    return F.grid_sample(frames, grid * (2 / (torch.tensor([width, height]) - 1)) - 1, align_corners=True)
