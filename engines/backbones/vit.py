"""timm's vision transformers (ViT, DeiT, DINOv2) with their attention taken apart.

timm keeps query, key and value in one Linear; `SplitAttention` computes the same with three, so that each weight
is a parameter with a gradient of its own and a decomposition of it means what the papers mean.

Pooled feature: class token and mean patch side by side where `concat_mean` is set (DINOv2's linear-probe
feature), otherwise what the model itself pools.
"""

from typing import Any

import torch
from timm.layers import Attention, resample_abs_pos_embed
from timm.models.vision_transformer import Block, VisionTransformer
from torch import Tensor, nn

from engines.backbones.attend import attend
from engines.backbones.tower import IMAGENET_MEAN, IMAGENET_STD, Tower, TowerOutput
from engines.errors import BadConfig


class SplitAttention(nn.Module):
    """Multi-head self-attention with separate q, k, v and out, equal to the fused module it is made from."""

    def __init__(self, fused: Attention):
        super().__init__()
        self.heads, self.scale = fused.num_heads, fused.scale
        self.q, self.k, self.v = _thirds(fused.qkv)
        self.q_norm, self.k_norm, self.norm = fused.q_norm, fused.k_norm, fused.norm
        self.drop, self.out, self.out_drop = fused.attn_drop, fused.proj, fused.proj_drop

    def forward(self, x: Tensor, attn_mask: Tensor | None = None, is_causal: bool = False) -> Tensor:
        """Tokens (B, T, D) -> tokens (B, T, D)."""
        query, key = self._query_key(x)
        drop = self.drop.p if self.training else 0.0
        mixed = attend(query, key, self._by_head(self.v(x)), attn_mask, drop, is_causal, self.scale)
        return self.out_drop(self.out(self.norm(mixed.transpose(1, 2).flatten(2))))

    def weights(self, x: Tensor) -> Tensor:
        """Attention (B, heads, T, T) of tokens (B, T, D); each row sums to 1."""
        query, key = self._query_key(x)
        return (query @ key.transpose(-2, -1) * self.scale).float().softmax(dim=-1)

    def _query_key(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.q_norm(self._by_head(self.q(x))), self.k_norm(self._by_head(self.k(x)))

    def _by_head(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)  # (B, T, D) -> (B, heads, T, D / heads)


class DinoV2(VisionTransformer):
    """DINOv2 without registers (Oquab et al., 2023), whose position grid of 37 x 37 is interpolated as it was trained.

    timm smooths before it shrinks the grid; the authors' models were trained without, which at 16 x 16 patches
    moves the features by up to 0.4 of their 10.
    """

    def __init__(self, width: int, depth: int, heads: int):
        super().__init__(518, 14, embed_dim=width, depth=depth, num_heads=heads, init_values=1e-5, num_classes=0,
                         dynamic_img_size=True)  # fmt: skip

    pos_embed: nn.Parameter
    cls_token: nn.Parameter

    def _pos_embed(self, x: Tensor) -> Tensor:
        positions = resample_abs_pos_embed(self.pos_embed, list(x.shape[1:3]), num_prefix_tokens=1, antialias=False)
        return torch.cat([self.cls_token.expand(len(x), -1, -1), x.flatten(1, 2)], dim=1) + positions


class TimmTower(Tower):
    """A tower around a timm `VisionTransformer`, whose attention modules it replaces by split ones.

    Args:
        name: what the tower is called.
        model: the transformer; it must have been made with `dynamic_img_size=True` and no classifier.
        size_px: side of the crop it is at home with.
        concat_mean: pool to class token ++ mean patch.
        mean, std: of the pixels it was trained on.

    Raises:
        BadConfig: the transformer's blocks are of a kind that cannot be taken apart.
    """

    model: Any

    def __init__(
        self,
        name: str,
        model: nn.Module,
        size_px: int,
        concat_mean: bool,
        mean: tuple[float, ...] = IMAGENET_MEAN,
        std: tuple[float, ...] = IMAGENET_STD,
    ):
        super().__init__(mean, std)
        self.model = _split(name, model)
        self.name, self.size_px, self.concat_mean = name, size_px, concat_mean
        self.width, self.depth = self.model.embed_dim, len(self.model.blocks)
        self.feature_width = 2 * self.width if concat_mean else self.model.head_hidden_size
        self.heads = self.model.blocks[0].attn.heads
        self.patch_px = self.model.patch_embed.patch_size[0]

    def forward(self, images: Tensor) -> TowerOutput:
        """Features of images; without a class token, the mean patch stands for it."""
        tokens = self.model.norm(self.model.blocks(self._embedded(images)))
        prefix = self.model.num_prefix_tokens
        patches = tokens[:, prefix:]
        cls = tokens[:, 0] if prefix else patches.mean(dim=1)
        if self.concat_mean:
            return TowerOutput(torch.cat([cls, patches.mean(dim=1)], dim=-1), cls, patches)
        return TowerOutput(self.model.forward_head(tokens, pre_logits=True), cls, patches)

    def attention(self, images: Tensor) -> list[Tensor]:
        """Attention of each block, (B, heads, T, T)."""
        tokens, maps = self._embedded(images), []
        for block in self.model.blocks:
            maps.append(block.attn.weights(block.norm1(tokens)))
            tokens = block(tokens)
        return maps

    def stages(self) -> list[tuple[nn.Module, str]]:
        """See `Tower`."""
        return [(self.model.blocks, str(i)) for i in range(len(self.model.blocks))]

    def _embedded(self, images: Tensor) -> Tensor:
        model = self.model
        return model.norm_pre(model.patch_drop(model._pos_embed(model.patch_embed(self._normalised(images)))))

    def _slots(self) -> dict[str, tuple[nn.Module, str]]:
        blocks = enumerate(self.model.blocks)
        return {f"blocks.{i}.{part}": (block.attn, part) for i, block in blocks for part in ("q", "k", "v", "out")}


def _split(name: str, model: nn.Module) -> Any:
    blocks: list[Any] = list(model.blocks) if isinstance(model, VisionTransformer) else []
    plain = [type(b) is Block and type(b.attn) is Attention and getattr(b.attn, "gate", None) is None for b in blocks]
    if not plain or not all(plain):
        raise BadConfig(f"{name} is not a plain vision transformer; choose a ViT, DeiT or DINOv2 of timm's.")
    for block in blocks:
        block.attn = SplitAttention(block.attn)
    return model


def _thirds(fused: nn.Linear) -> list[nn.Linear]:
    parts = []
    with torch.no_grad():
        for rows in torch.arange(fused.out_features, device=fused.weight.device).chunk(3):
            part = nn.Linear(fused.in_features, len(rows), bias=fused.bias is not None).to(fused.weight)
            part.weight.copy_(fused.weight[rows])
            if fused.bias is not None:
                part.bias.copy_(fused.bias[rows])
            parts.append(part)
    return parts
