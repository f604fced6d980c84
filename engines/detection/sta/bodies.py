"""What turns clips (B, T, 3, S, S) in [0, 1] into features (B, K, F): of each frame (K = T), or of the clip (K = 1).

- `FrameTower`: an image tower over the frames, with adapters (StA), frozen, or trained whole.
- `Thumbnail`: the frames tiled in one picture for an image tower, after TALL (Xu et al., "TALL: Thumbnail Layout for
  Deepfake Video Detection", ICCV 2023, https://arxiv.org/abs/2307.07494); in training, the same square of every frame
  is blanked.
- `R2Plus1D`: a small network of convolutions in space and in time by turns, from random weights (Tran et al., "A Closer
  Look at Spatiotemporal Convolutions", CVPR 2018, https://arxiv.org/abs/1711.11248), with one block a scale.
"""

import itertools
import math
from contextlib import nullcontext
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.backbones.conv import ConvTower
from engines.backbones.towers import Tower
from engines.detection.sta.adapter import CONV_SIDE, TOKEN_SIDE, Adapted, Mixer, adapters
from engines.errors import BadConfig


class Timed(nn.Module):
    """A block before which each frame's tokens get the embedding of its time; of other lengths it is interpolated."""

    def __init__(self, block: nn.Module, frames: int, width: int):
        super().__init__()
        self.block, self.time, self.frames = block, nn.Parameter(torch.zeros(frames, width)), frames

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """(B T, N, D) -> what the block makes of it."""
        time: Tensor = self.time
        if self.frames != len(time):
            time = F.interpolate(time.T[None], self.frames, mode="linear", align_corners=True)[0].T
        return self.block((x.unflatten(0, (-1, self.frames)) + time[:, None]).flatten(0, 1), *args, **kwargs)


class FrameTower(nn.Module):
    """An image tower over each frame of a clip. `trained`: "adapters", "none" or "all"."""

    def __init__(self, tower: Tower, trained: str):
        super().__init__()
        self.tower, self.trained = tower, trained
        self.width = tower.feature_width
        tower.requires_grad_(trained == "all")
        for part in _added(self):
            part.requires_grad_(True)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, T, 3, S, S) -> (B, T, F)."""
        for part in self.tower.modules():
            if isinstance(part, Adapted | Timed):
                part.frames = clips.shape[1]
        return self.tower(clips.flatten(0, 1)).pooled.unflatten(0, clips.shape[:2])

    def train(self, mode: bool = True) -> Self:
        """A frozen tower stays in evaluation mode, its batch norms too; adapters do not."""
        super().train(mode)
        if self.trained != "all":
            self.tower.eval()
            for part in adapters(self):
                part.mixer.train(mode)
        return self


def adapt(
    tower: Tower, frames: int, bottleneck: int, kernels: tuple[int, ...], heads: int, streams: tuple[str, ...],
    cross: bool,
) -> None:  # fmt: skip
    """Put an adapter behind each block or scale of a tower, in place; see `adapter`.

    Raises:
        BadConfig: the heads do not divide the bottleneck.
    """
    if bottleneck % heads:
        raise BadConfig(f"heads = {heads} must divide bottleneck = {bottleneck}.")
    maps = isinstance(tower, ConvTower)
    for number, (holder, name) in enumerate(tower.stages()):
        width = _scale_width(tower, number) if maps else tower.width
        mixer = Mixer(width, bottleneck, kernels, heads, streams, cross, CONV_SIDE if maps else TOKEN_SIDE)
        adapted: nn.Module = Adapted(getattr(holder, name), mixer, None if maps else _prefix(tower))
        setattr(holder, name, adapted if number or maps else Timed(adapted, frames, tower.width))


def truncate(tower: Tower, layers: int) -> None:
    """Keep the first blocks of a transformer alone, in place; 0 keeps all.

    Raises:
        BadConfig: it has fewer, or is no transformer.
    """
    if not layers:
        return
    if layers > tower.depth:
        raise BadConfig(f"{tower.name} has {tower.depth} blocks, not {layers}; set layers to 0 for all of them.")
    holder: Any = tower.stages()[0][0]
    del holder[layers:]
    tower.depth = layers


def _prefix(tower: Tower) -> int:
    return int(getattr(tower.model, "num_prefix_tokens", 1))


def _scale_width(tower: Tower, number: int) -> int:
    model: Any = tower.model
    return int(model.feature_info[number + 1]["num_chs"])


def _added(body: FrameTower) -> list[nn.Module | nn.Parameter]:
    """What training adapters trains: them, the time embedding, and the tower's last norm."""
    mixers = [part.mixer for part in adapters(body)]
    times = [part.time for part in body.modules() if isinstance(part, Timed)]
    norms = [getattr(body.tower.model, name, None) for name in ("norm", "post_layernorm")] if mixers else []
    return [*mixers, *times, *(norm for norm in norms if isinstance(norm, nn.LayerNorm))]


class Thumbnail(nn.Module):
    """Frames side by side in one picture, and an image tower over it, trained whole.

    Args:
        scale: of each frame in the picture; TALL halves them. blank: side of the blanked square, in sides of a frame.
    """

    def __init__(self, tower: Tower, scale: float, blank: float = 0.25):
        super().__init__()
        self.tower, self.scale, self.blank = tower, scale, blank
        self.width = tower.feature_width
        tower.requires_grad_(True)

    def forward(self, clips: Tensor) -> Tensor:
        """(B, T, 3, S, S) -> (B, 1, F)."""
        return self.tower(self.tiled(self._blanked(clips) if self.training else clips)).pooled[:, None]

    def tiled(self, clips: Tensor) -> Tensor:
        """(B, T, 3, S, S) -> (B, 3, rows s, columns s), row by row; a place without a frame is black."""
        b, t, c, size, _ = clips.shape
        rows = math.isqrt(t)
        columns = -(-t // rows)
        side = self._side(size, rows, columns)
        small = clips.flatten(0, 1)
        if side != size:
            small = F.interpolate(small, (side, side), mode="bilinear", antialias=True)
        padded = F.pad(small.view(b, t, c, side, side), (0, 0, 0, 0, 0, 0, 0, rows * columns - t))
        grid = padded.unflatten(1, (rows, columns)).permute(0, 3, 1, 4, 2, 5)
        return grid.reshape(b, c, rows * side, columns * side)

    def _side(self, size: int, rows: int, columns: int) -> int:
        """The scaled side, made larger until the tower's patches tile the picture."""
        patch = 1 if isinstance(self.tower, ConvTower) else self.tower.patch_px
        side = max(1, round(size * self.scale))
        while rows * side % patch or columns * side % patch:
            side += 1
        return side

    def _blanked(self, clips: Tensor) -> Tensor:
        size = clips.shape[-1]
        side = round(self.blank * size)
        at = torch.randint(0, size - side + 1, (len(clips), 2)).tolist()
        clips = clips.clone()
        for clip, (top, left) in zip(clips, at, strict=True):
            clip[..., top : top + side, left : left + side] = 0
        return clips


class R2Plus1D(nn.Module):
    """A stem and four scales of one residual block each, widths w, 2w, 4w, 8w; halved in space and, from the second
    scale on, in time."""

    def __init__(self, width: int):
        super().__init__()
        self.width = 8 * width
        self.stem = nn.Sequential(*_factored(3, width, 7, 2, 1), nn.ReLU())
        scales = [width, width, 2 * width, 4 * width, 8 * width]
        pairs = list(itertools.pairwise(scales))
        self.scales = nn.Sequential(*(_Residual(a, b, 1 if number == 0 else 2) for number, (a, b) in enumerate(pairs)))

    def forward(self, clips: Tensor) -> Tensor:
        """(B, T, 3, S, S) -> (B, 1, F). On a CPU in float32: in bfloat16 the gradient of a convolution in time there
        holds what lay in memory before, now and then not a number."""
        exact = torch.autocast("cpu", enabled=False) if clips.device.type == "cpu" else nullcontext()
        with exact:
            return self.scales(self.stem((clips.float().transpose(1, 2) - 0.5) / 0.25)).mean((2, 3, 4))[:, None]


class _Residual(nn.Module):
    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.way = nn.Sequential(
            *_factored(before, after, 3, stride, stride), nn.ReLU(), *_factored(after, after, 3, 1, 1)
        )
        same = stride == 1 and before == after
        conv = nn.Conv3d(before, after, 1, stride, bias=False)
        self.short = nn.Identity() if same else nn.Sequential(conv, nn.BatchNorm3d(after))

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.way(x) + self.short(x))


def _factored(before: int, after: int, kernel: int, stride: int, time_stride: int) -> list[nn.Module]:
    """A convolution in space, one in time; between them as many channels as give the weights of one k x k x 3."""
    middle = max(1, 3 * kernel**2 * before * after // (kernel**2 * before + 3 * after))
    pad, strides = kernel // 2, (time_stride, 1, 1)
    return [
        nn.Conv3d(before, middle, (1, kernel, kernel), (1, stride, stride), (0, pad, pad), bias=False),
        nn.BatchNorm3d(middle),
        nn.ReLU(),
        nn.Conv3d(middle, after, (3, 1, 1), strides, (1, 0, 0), bias=False),
        nn.BatchNorm3d(after),
    ]
