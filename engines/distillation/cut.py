"""Any timm network cut into four stages and a head, so that the front of one can be joined to the tail of another.

Stage ends are those of the OFA protocol: ResNet's layers, ConvNeXt's and Swin's stages, MobileNetV2's block groups that
end at 24, 32 and 96 channels with `conv_head` in the last stage, and of the plain ViT, DeiT, MLP-Mixer and ResMLP the
blocks in the proportion 2-2-6-2. A model's own layers are used by reference, none is copied: its state has timm's keys.

Images are (B, 3, S, S), RGB in [0, 1]; a model that is at home at another side gets them resized, and normalises
inside. What flows between stages is in the model's own layout: maps (B, C, H, W), Swin's (B, H, W, C), or tokens
(B, N, D) with the class token first.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from timm.models.convnext import ConvNeXt
from timm.models.efficientnet import EfficientNet
from timm.models.mlp_mixer import MlpMixer
from timm.models.resnet import ResNet
from timm.models.swin_transformer import SwinTransformer
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from engines.errors import BadConfig

CNN, ATTENTION, MLP = "cnn", "attention", "mlp"
STAGES = 4


@dataclass(frozen=True)
class Said:
    """What a network says of a batch: four stages' outputs in its own layout, pooled feature (B, D), logits (B, K)."""

    stages: tuple[Tensor, ...]
    feature: Tensor
    logits: Tensor


class Cut(nn.Module):
    """A network in stages.

    Attributes:
        name: what the model is called. kind: "cnn", "attention" or "mlp". size_px: side that it takes.
        channels: of each stage's map. grids: (height, width) of each stage's map. width: D of the pooled feature.
        classes: K.
    """

    kind: str
    mean: Tensor
    std: Tensor

    def __init__(self, name: str, model: Any, size_px: int):
        super().__init__()
        self.name, self.model, self.size_px = name, model, size_px
        data = model.default_cfg if hasattr(model, "default_cfg") else {}
        for key, usual in (("mean", (0.485, 0.456, 0.406)), ("std", (0.229, 0.224, 0.225))):
            value = torch.tensor(data.get(key) or usual).view(1, 3, 1, 1)
            self.register_buffer(key, value, persistent=False)
        self._measure()

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, K)."""
        return self.look(images).logits

    def look(self, images: Tensor) -> Said:
        """Everything that is said of images on the way to the logits."""
        found = self.front(images)
        last = self.tail(found[-1])
        feature = self.feature(last)
        return Said((*found, last), feature, self.logits(feature))

    def front(self, images: Tensor) -> list[Tensor]:
        """The outputs of the first three stages."""
        if images.shape[-1] != self.size_px:
            images = F.interpolate(images, (self.size_px, self.size_px), mode="bilinear", antialias=True)
        x, found = self._stem((images - self.mean) / self.std), []
        for number in range(STAGES - 1):
            x = self._stage(number, x)
            found.append(x)
        return found

    def tail(self, x: Tensor) -> Tensor:
        """The last stage with the norm behind it, from the third stage's output or a bridge's."""
        return self._finish(self._stage(STAGES - 1, x))

    def feature(self, x: Tensor, how: str = "head") -> Tensor:
        """Pooled feature (B, D) of the last stage's output: what the classifier sees, or "mean" of the map."""
        if how == "mean":
            return self.as_map(x).mean((2, 3))
        return self.model.forward_head(x, pre_logits=True)

    def logits(self, feature: Tensor) -> Tensor:
        """(B, D) -> (B, K)."""
        return self.model.get_classifier()(feature)

    def as_map(self, x: Tensor) -> Tensor:
        """A stage's output as (B, C, H, W)."""
        return x

    def as_own(self, x: Tensor, cls: Tensor | None = None) -> Tensor:
        """A map (B, C, H, W) in the model's own layout; `cls` (B, C) becomes the class token where there is one."""
        return x

    @property
    def prefix(self) -> int:
        """Tokens before those of the map."""
        return 0

    def _stem(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _stage(self, number: int, x: Tensor) -> Tensor:
        raise NotImplementedError

    def _finish(self, x: Tensor) -> Tensor:
        return x

    @torch.no_grad()
    def _measure(self) -> None:
        training = self.training
        said = self.eval().look(torch.zeros(1, 3, self.size_px, self.size_px))
        self.train(training)
        maps = [self.as_map(stage) for stage in said.stages]
        self.channels = [int(each.shape[1]) for each in maps]
        self.grids = [(int(each.shape[2]), int(each.shape[3])) for each in maps]
        self.width, self.classes = int(said.feature.shape[1]), int(said.logits.shape[1])


class ResNetCut(Cut):
    """ResNet: layer1 to layer4."""

    kind = CNN

    def _stem(self, x: Tensor) -> Tensor:
        m = self.model
        return m.maxpool(m.act1(m.bn1(m.conv1(x))))

    def _stage(self, number: int, x: Tensor) -> Tensor:
        return getattr(self.model, f"layer{number + 1}")(x)


class MobileNetCut(Cut):
    """MobileNetV2: block groups that end at 24, 32, 96 channels; the last stage includes `conv_head`."""

    kind = CNN
    ends = (0, 2, 3, 5, 7)

    def _stem(self, x: Tensor) -> Tensor:
        return self.model.bn1(self.model.conv_stem(x))

    def _stage(self, number: int, x: Tensor) -> Tensor:
        return self.model.blocks[self.ends[number] : self.ends[number + 1]](x)

    def _finish(self, x: Tensor) -> Tensor:
        return self.model.bn2(self.model.conv_head(x))


class ConvNeXtCut(Cut):
    """ConvNeXt: its stages, each with its own downsampling."""

    kind = CNN

    def _stem(self, x: Tensor) -> Tensor:
        return self.model.stem(x)

    def _stage(self, number: int, x: Tensor) -> Tensor:
        return self.model.stages[number](x)

    def _finish(self, x: Tensor) -> Tensor:
        return self.model.norm_pre(x)


class SwinCut(Cut):
    """Swin: its layers, merging at the start of layers 2 to 4."""

    kind = ATTENTION

    def as_map(self, x: Tensor) -> Tensor:
        """See `Cut.as_map`."""
        return x.permute(0, 3, 1, 2)

    def as_own(self, x: Tensor, cls: Tensor | None = None) -> Tensor:
        """See `Cut.as_own`."""
        return x.permute(0, 2, 3, 1)

    def _stem(self, x: Tensor) -> Tensor:
        return self.model.patch_embed(x)

    def _stage(self, number: int, x: Tensor) -> Tensor:
        return self.model.layers[number](x)

    def _finish(self, x: Tensor) -> Tensor:
        return self.model.norm(x)


class TokenCut(Cut):
    """A column of equal blocks over tokens, cut in the proportion 2-2-6-2."""

    def as_map(self, x: Tensor) -> Tensor:
        """See `Cut.as_map`; the class token is not on the map."""
        side = math.isqrt(x.shape[1] - self.prefix)
        return x[:, self.prefix :].transpose(1, 2).unflatten(2, (side, side))

    def as_own(self, x: Tensor, cls: Tensor | None = None) -> Tensor:
        """See `Cut.as_own`."""
        tokens = x.flatten(2).transpose(1, 2)
        return tokens if cls is None else torch.cat([cls[:, None], tokens], 1)

    def _stage(self, number: int, x: Tensor) -> Tensor:
        ends = (0, *block_ends(len(self.model.blocks)))
        for block in self.model.blocks[ends[number] : ends[number + 1]]:
            x = block(x)
        return x

    def _finish(self, x: Tensor) -> Tensor:
        return self.model.norm(x)


class VitCut(TokenCut):
    """ViT, DeiT, DINOv2."""

    kind = ATTENTION

    @property
    def prefix(self) -> int:
        """See `Cut.prefix`."""
        return int(self.model.num_prefix_tokens)

    def _stem(self, x: Tensor) -> Tensor:
        m = self.model
        return m.norm_pre(m.patch_drop(m._pos_embed(m.patch_embed(x))))


class MixerCut(TokenCut):
    """MLP-Mixer and ResMLP: the number of tokens is fixed."""

    kind = MLP

    def _stem(self, x: Tensor) -> Tensor:
        return self.model.stem(x)


FAMILIES: dict[type, type[Cut]] = {
    ResNet: ResNetCut, EfficientNet: MobileNetCut, ConvNeXt: ConvNeXtCut, SwinTransformer: SwinCut,
    VisionTransformer: VitCut, MlpMixer: MixerCut,
}  # fmt: skip


def block_ends(depth: int) -> tuple[int, int, int, int]:
    """Where the four stages of `depth` equal blocks end: at 2, 4, 10 and 12 twelfths, each stage at least a block."""
    ends = []
    for number, share in enumerate((2, 4, 10, 12), start=1):
        ends.append(min(max(round(depth * share / 12), number), depth - STAGES + number))
    return (ends[0], ends[1], ends[2], ends[3])


def cut(name: str, model: nn.Module, size_px: int) -> Cut:
    """A model of timm's in stages.

    Raises:
        BadConfig: it is of a family whose stages are not known, or too shallow for four.
    """
    kind = next((how for family, how in FAMILIES.items() if isinstance(model, family)), None)
    if kind is None or hasattr(model, "head_dist") or getattr(model, "num_prefix_tokens", 1) > 1:
        raise BadConfig(
            f"{name} is a {type(model).__name__}, whose four stages are not known; choose a ResNet, MobileNetV2, "
            "ConvNeXt, Swin, plain ViT or DeiT, MLP-Mixer or ResMLP."
        )
    blocks = getattr(model, "blocks", None)
    least = 7 if kind is MobileNetCut else STAGES
    if blocks is not None and len(blocks) < least:
        raise BadConfig(f"{name} has {len(blocks)} blocks; four stages need at least {least}.")
    return kind(name, model, size_px)
