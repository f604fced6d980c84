"""A face embedder for photographs: 29 convolutions, 128 numbers; a small L2 distance means the same person.

Architecture: dlib's face recognition ResNet (D. King, 2017, http://blog.dlib.net/2017/02/), a ResNet-34 with half
the filters and batch norm folded into a scale and shift per channel; the weights are dlib's (public domain, CC0)
as the npm package `@vladmandic/face-api` ships them, 8 bits a weight.
As in dlib, a residual sum of unlike shapes fills the smaller one with zeros, in channels, rows and columns.

Input: chips (B, 3, 150, 150), RGB in [0, 1], aligned by `engines.data.alignment.align_for_embedder`.
Output: (B, 128). Two photographs show the same person where the L2 distance is below 0.6.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.backbones.cards import load_bundled
from engines.errors import BadInput

SIZE_PX = 150
SAME_PERSON = 0.6
"""L2 distance below which two photographs show the same person."""

MEAN = (122.782 / 256, 117.001 / 256, 104.298 / 256)  # RGB; the network's unit is 1/256, not 1/255
STAGES = (("conv32", False, 3), ("conv64", True, 3), ("conv128", True, 2), ("conv256", True, 2))
"""Stage, whether it begins with a block that halves the picture, and how many blocks follow."""


class FaceEmbedder(nn.Module):
    """The network with its bundled weights, in evaluation mode; gradients flow to the chips.

    Raises:
        MissingWeights, BadWeights: the bundled file is not there, or not the one its card names.
    """

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 7, stride=2)
        self.blocks = nn.ModuleDict(_blocks())
        self.head = nn.Linear(256, 128, bias=False)
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.load_state_dict(unpacked(load_bundled("face-embedder")[0]))
        self.eval().requires_grad_(False)

    def forward(self, chips: Tensor) -> Tensor:
        """Chips (B, 3, 150, 150), RGB in [0, 1] -> embeddings (B, 128).

        Raises:
            BadInput: the chips have another shape.
        """
        if chips.ndim != 4 or chips.shape[1:] != (3, SIZE_PX, SIZE_PX):
            raise BadInput(
                f"The embedder takes chips (B, 3, 150, 150), not {tuple(chips.shape)}; align the faces first."
            )
        x = F.max_pool2d(F.relu(self.stem(chips * (255 / 256) - self.mean)), 3, stride=2)
        for block in self.blocks.values():
            x = block(x)
        return self.head(x.mean(dim=(2, 3)))


class Block(nn.Module):
    """Two convolutions beside a shortcut; a block that halves averages 2 x 2 pixels in its shortcut."""

    def __init__(self, channels_in: int, channels: int, halve: bool):
        super().__init__()
        self.halve = halve
        self.conv1 = nn.Conv2d(channels_in, channels, 3, stride=2 if halve else 1, padding=0 if halve else 1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H', W')."""
        y = self.conv2(F.relu(self.conv1(x)))
        shortcut = F.avg_pool2d(x, 2) if self.halve else x
        shape = [max(a, b) for a, b in zip(y.shape[1:], shortcut.shape[1:], strict=True)]
        return F.relu(_zero_padded(y, shape) + _zero_padded(shortcut, shape))


def unpacked(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The network's tensors from the bundled file's.

    A weight kept in 8 bits has `.range` (low, step) beside it; a convolution has `.gain`, one factor a channel.
    """
    result = {}
    for name, tensor in tensors.items():
        if name.endswith((".range", ".gain")):
            continue
        low, step = tensors.get(f"{name}.range", torch.tensor([0.0, 1.0]))
        gain = tensors.get(f"{name}.gain", torch.ones(1)).view(-1, *[1] * (tensor.ndim - 1))
        result[name] = (tensor.float() * step + low) * gain
    return result


def _blocks() -> dict[str, nn.Module]:
    blocks: dict[str, nn.Module] = {}
    channels = 32
    for stage, halves, repeats in STAGES:
        wide = int(stage.removeprefix("conv"))
        if halves:
            blocks[f"{stage}_down"] = Block(channels, wide, halve=True)
        blocks |= {f"{stage}_{i}": Block(wide, wide, halve=False) for i in range(1, repeats + 1)}
        channels = wide
    blocks["conv256_down_out"] = Block(256, 256, halve=True)
    return blocks


def _zero_padded(x: Tensor, shape: list[int]) -> Tensor:
    """Zeros after the last channel, row and column, up to (C, H, W)."""
    grow = [want - have for want, have in zip(shape, x.shape[1:], strict=True)]
    return F.pad(x, (0, grow[2], 0, grow[1], 0, grow[0])) if any(grow) else x
