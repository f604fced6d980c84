"""The assistant: three stages of one network, a bridge, the last stage and the head of the other.

G. Li et al., "TAS: Distilling Arbitrary Teacher and Student via a Hybrid Assistant", arXiv 2410.12342 (ICCV 2025 as
"Fuse Before Transfer"). Of a convolutional and another network the convolutional one comes first, whichever teaches;
of two of a kind the student's front comes first. Front and tail are used by reference: the teacher's stay frozen, the
student's are trained through the assistant too. New are the bridge's parameters alone.

*Choices where the paper's digests are silent*: between attention and MLP networks the student's front comes first; a
class token for a ViT's tail is the mean of the bridge's tokens plus a learnt vector, and positions are not added again;
two convolutional networks are bridged by a 1 x 1 convolution and a batch norm.
"""

import math

import torch
from timm.layers import LayerNorm2d
from timm.models.swin_transformer import SwinTransformerBlock
from torch import Tensor, nn

from engines.distillation.cut import CNN, Cut
from engines.errors import BadConfig

WINDOW, HEAD_WIDTH = 7, 32


def fronted_by_student(teacher: Cut, student: Cut) -> bool:
    """Whether the student gives the first three stages."""
    return not (teacher.kind == CNN and student.kind != CNN)


class Bridge(nn.Module):
    """Local to global: a patch embedding onto the tail's grid and width, then a Swin block.

    Args:
        channels: of the front's map. grid: (height, width) of the front's map.
        width: of the tail's tokens. to: their grid.
        attention: with the Swin block. cls: with a class token.
        local: both are convolutional: a convolution and a batch norm.
    """

    def __init__(
        self, channels: int, grid: tuple[int, int], width: int, to: tuple[int, int], *, attention: bool = True,
        cls: bool = False, local: bool = False,
    ):  # fmt: skip
        super().__init__()
        ratio = _ratio(grid, to)
        self.embed = nn.Conv2d(channels, width, ratio, ratio)
        self.norm = nn.BatchNorm2d(width) if local else LayerNorm2d(width)
        heads = next(n for n in range(max(1, width // HEAD_WIDTH), 0, -1) if width % n == 0)
        block = SwinTransformerBlock(width, to, heads, window_size=WINDOW) if attention and not local else None
        self.block = block
        self.cls = nn.Parameter(torch.zeros(width)) if cls else None

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, C, H, W) -> map (B, D, h, w) and, where it is wanted, a class token (B, D)."""
        x = self.norm(self.embed(x))
        if self.block is not None:
            x = self.block(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return x, None if self.cls is None else x.mean((2, 3)) + self.cls


class Assistant(nn.Module):
    """What stands between; it holds the bridge alone, the two networks are given.

    Args:
        teacher, student: the pair.
        attention: the bridge has its Swin block.
        tail: the last stage is used; without, the bridge leads to the head at once (two of the paper's ablations).

    Raises:
        BadConfig: the two have no common grid.
    """

    def __init__(self, teacher: Cut, student: Cut, *, attention: bool = True, tail: bool = True):
        super().__init__()
        self.student_first, self.with_tail = fronted_by_student(teacher, student), tail
        front, back = (student, teacher) if self.student_first else (teacher, student)
        width, grid = (back.channels[2], back.grids[2]) if tail else (back.width, back.grids[3])
        try:
            self.bridge = Bridge(
                front.channels[2], front.grids[2], width, grid,
                attention=attention, cls=tail and bool(back.prefix), local=CNN == front.kind == back.kind,
            )  # fmt: skip
        except BadConfig:
            raise BadConfig(
                f"{front.name} and {back.name} have no common grid: {front.name} has a map of {_text(front.grids[2])} "
                f"after its third stage, and {back.name}'s last stage takes {_text(grid)}, which does not divide it. "
                "Choose others, or sides at which the maps fit, as in timm/resnet18@112."
            ) from None

    def forward(self, middle: Tensor, teacher: Cut, student: Cut, pooled: str = "head") -> tuple[Tensor, Tensor]:
        """From the front's third stage, in its own layout: pooled feature (B, D) and logits (B, K)."""
        last = self.last(middle, teacher, student)
        back = teacher if self.student_first else student
        feature = back.feature(last, pooled) if self.with_tail else last.mean((2, 3))
        return feature, back.logits(feature if pooled == "head" or not self.with_tail else back.feature(last))

    def last(self, middle: Tensor, teacher: Cut, student: Cut) -> Tensor:
        """The last stage's output in the tail's own layout; without a tail the bridge's map (B, D, h, w)."""
        front, back = (student, teacher) if self.student_first else (teacher, student)
        bridged, cls = self.bridge(front.as_map(middle))
        return back.tail(back.as_own(bridged, cls)) if self.with_tail else bridged


def _ratio(grid: tuple[int, int], to: tuple[int, int]) -> int:
    ratio = max(1, grid[0] // to[0])
    if (to[0] * ratio, to[1] * ratio) != grid:
        raise BadConfig(f"{grid} is no multiple of {to}.")
    return ratio


def _text(grid: tuple[int, int]) -> str:
    return " x ".join(map(str, grid))


def temperature_scale(log_scale: Tensor) -> Tensor:
    """1 / τ from its logarithm, at most 100."""
    return log_scale.exp().clamp(max=100.0)


def start_scale(tau: float) -> float:
    """The logarithm of 1 / τ."""
    return math.log(1 / tau)
