"""Improved residual networks, the convolutional nets of face recognition: batch norm before each unit's convolutions.

Unit: BN, conv, BN, PReLU, conv, BN beside a shortcut (J. Deng et al., ArcFace, CVPR 2019, https://arxiv.org/abs/1801.07698,
section 3.1 "IR", after D. Han et al., 2017). `ir-18`, `ir-50` and `ir-100` are the field's own: stem of stride 1,
four stages, and a fully connected layer on the 7 x 7 map. The small ones are for two cores: a stem of stride 4, three
stages, the halving done by a unit's first convolution, and a depthwise convolution over the 7 x 7 map instead of the
large layer (S. Chen et al., MobileFaceNets, 2018, https://arxiv.org/abs/1804.07573).

Input: pictures (B, 3, 112, 112) in [-1, 1]. Output: (B, out), batch-normalised.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engines.errors import BadConfig

SIZE_PX, MAP_PX = 112, 7


@dataclass(frozen=True)
class Architecture:
    """Channels and units of each stage; `small` has the stem, halving and head of the small nets."""

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    small: bool
    out: int


ARCHITECTURES = {
    "ir-xs": Architecture((16, 32, 64), (1, 1, 1), True, 64),
    "ir-s": Architecture((32, 64, 128), (2, 2, 2), True, 128),
    "ir-m": Architecture((48, 96, 192), (2, 2, 2), True, 128),
    "ir-18": Architecture((64, 128, 256, 512), (2, 2, 2, 2), False, 512),
    "ir-50": Architecture((64, 128, 256, 512), (3, 4, 14, 3), False, 512),
    "ir-100": Architecture((64, 128, 256, 512), (3, 13, 30, 3), False, 512),
}


class Unit(nn.Module):
    """One residual unit; `early` halves the map in the first convolution (cheaper), else in the second."""

    def __init__(self, channels_in: int, channels: int, stride: int, early: bool):
        super().__init__()
        first, second = (stride, 1) if early else (1, stride)
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels_in),
            nn.Conv2d(channels_in, channels, 3, first, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.PReLU(channels),
            nn.Conv2d(channels, channels, 3, second, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride > 1 or channels_in != channels:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if early and stride > 1 else nn.Identity(),
                nn.Conv2d(channels_in, channels, 1, 1 if early else stride, bias=False),
                nn.BatchNorm2d(channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        return self.body(x) + self.shortcut(x)


class IRNet(nn.Module):
    """The network of an architecture, with `out` numbers at its end (by default the architecture's own).

    Raises:
        BadConfig: there is no such architecture.
    """

    def __init__(self, name: str, out: int | None = None):
        super().__init__()
        if name not in ARCHITECTURES:
            raise BadConfig(f"There is no network {name!r}; there are {', '.join(ARCHITECTURES)}.")
        shape = ARCHITECTURES[name]
        self.name, self.out = name, out or shape.out
        self.stem = _small_stem(shape.widths[0]) if shape.small else _stem(3, shape.widths[0], 1)
        self.units = nn.Sequential(*_units(shape))
        self.head = nn.Sequential(*_head(shape, self.out))
        self.to(memory_format=torch.channels_last)  # a third faster on a CPU

    def forward(self, x: Tensor) -> Tensor:
        """Pictures (B, 3, 112, 112) in [-1, 1] -> (B, out)."""
        return self.head(self.units(self.stem(x.contiguous(memory_format=torch.channels_last))))


def _stem(channels_in: int, channels: int, stride: int) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels), nn.PReLU(channels))


def _small_stem(channels: int) -> nn.Sequential:
    return nn.Sequential(_stem(3, channels // 2, 2), _stem(channels // 2, channels, 2))


def _units(shape: Architecture) -> list[nn.Module]:
    units: list[nn.Module] = []
    channels = shape.widths[0]
    for stage, (width, depth) in enumerate(zip(shape.widths, shape.depths, strict=True)):
        for number in range(depth):
            halves = number == 0 and not (shape.small and stage == 0)
            units.append(Unit(channels, width, 2 if halves else 1, shape.small))
            channels = width
    return units


def _head(shape: Architecture, out: int) -> list[nn.Module]:
    width = shape.widths[-1]
    if shape.small:
        pooled = [nn.Conv2d(width, width, MAP_PX, groups=width, bias=False), nn.Flatten(), nn.BatchNorm1d(width)]
        features = width
    else:
        pooled = [nn.Dropout(0.4), nn.Flatten()]
        features = width * MAP_PX**2
    return [nn.BatchNorm2d(width), *pooled, nn.Linear(features, out, bias=False), nn.BatchNorm1d(out)]
