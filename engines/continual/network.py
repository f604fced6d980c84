"""A frozen tower whose last blocks can be run with a bank, from tokens that were computed once.

Where only the last blocks are tuned, everything before them never changes: `prefix` is computed once for each view of
a picture and kept. With all blocks tuned, the prefix is the picture itself.
"""

from typing import Any

import torch
from torch import Tensor, nn

from engines.backbones.attend import attend
from engines.backbones.towers import Tower
from engines.backbones.vit import TimmTower
from engines.continual import tuning
from engines.continual.tuning import Bank
from engines.errors import BadConfig

NOTHING = Bank()


class Network(nn.Module):
    """A tower and where its tuning begins.

    Args:
        tower: a vision transformer; its parameters are frozen.
        tuned: how many of the last blocks a bank reaches; 0 is all, the patch embedding included.

    Raises:
        BadConfig: the tower is no plain transformer, or has fewer blocks.
    """

    def __init__(self, tower: Tower, tuned: int = 0):
        super().__init__()
        plain = isinstance(tower, TimmTower) and hasattr(tower.model.blocks[0].mlp, "fc1")
        if not plain:
            raise BadConfig(f"{tower.name} is not a plain vision transformer; choose a ViT, DeiT or DINOv2 of timm's.")
        if tuned > tower.depth:
            raise BadConfig(f"{tower.name} has {tower.depth} blocks, not {tuned}; lower tuned_blocks.")
        self.tower: Any = tower.requires_grad_(False)
        self.first = tower.depth - (tuned or tower.depth)
        self.width, self.feature_width = tower.width, tower.feature_width

    @property
    def tail(self) -> Any:
        """The blocks that a bank reaches."""
        return self.tower.model.blocks[self.first :]

    def bank(self, kind: str, seed: int, hidden: int = 64) -> Bank:
        """A new bank that fits."""
        mlp = self.tail[0].mlp.fc1.out_features
        bank = tuning.make(kind, self.width, len(self.tail), mlp, seed, self.first == 0, hidden)
        return bank.to(next(self.parameters()).device)

    def own_parameters(self) -> list[nn.Parameter]:
        """What full fine-tuning trains: the tail's weights and the last norm, or all where all is tuned."""
        parts: list[Any] = [self.tower.model] if self.first == 0 else [self.tail, self.tower.model.norm]
        return [parameter for part in parts for parameter in part.parameters()]

    @torch.no_grad()
    def prefix(self, images: Tensor) -> Tensor:
        """What is kept of images (B, 3, H, W): tokens (B, T, D) before the tail, or the images themselves."""
        if self.first == 0:
            return images
        return self.tower.model.blocks[: self.first](self.tower._embedded(images))

    def tokens(self, kept: Tensor, bank: Bank = NOTHING) -> Tensor:
        """Tokens (B, T, D) at the tail's beginning."""
        if self.first:
            return kept
        model = self.tower.model
        patches = bank.site("embed", model.patch_embed(self.tower._normalised(kept)))
        return model.norm_pre(model.patch_drop(model._pos_embed(patches)))

    def through(self, tokens: Tensor, bank: Bank = NOTHING) -> Tensor:
        """Through the tail and the last norm: (B, T, D)."""
        for place, block in enumerate(self.tail):
            tokens = _with_prompts(block, tokens, bank, place)
        return bank.site("norm", self.tower.model.norm(tokens))

    def pooled(self, tokens: Tensor) -> Tensor:
        """The tower's pooled feature (B, F) of its last tokens."""
        if self.tower.concat_mean:
            prefix = self.tower.model.num_prefix_tokens
            return torch.cat([tokens[:, 0], tokens[:, prefix:].mean(1)], -1)
        return self.tower.model.forward_head(tokens, pre_logits=True)

    def forward(self, kept: Tensor, bank: Bank = NOTHING) -> Tensor:
        """Features (B, F) of what `prefix` gave."""
        return self.pooled(self.through(self.tokens(kept, bank), bank))


def _with_prompts(block: Any, x: Tensor, bank: Bank, place: int) -> Tensor:
    prompts = bank.prompts(place)
    if prompts is None:
        return _block(block, x, bank, place)
    longer = torch.cat([x, prompts.to(x.dtype).expand(len(x), -1, -1)], 1)
    return _block(block, longer, bank, place)[:, : x.shape[1]]


def _block(block: Any, x: Tensor, bank: Bank, place: int) -> Tensor:
    x = x + block.ls1(_attended(block.attn, bank.site(f"{place}_norm1", block.norm1(x)), bank, place))
    hidden = bank.site(f"{place}_fc1", block.mlp.fc1(bank.site(f"{place}_norm2", block.norm2(x))))
    out = x + block.ls2(bank.site(f"{place}_fc2", block.mlp.fc2(block.mlp.norm(block.mlp.act(hidden)))))
    beside = bank.beside(place, x)
    return out if beside is None else out + beside


def _attended(attention: Any, x: Tensor, bank: Bank, place: int) -> Tensor:
    query, key, value = (
        bank.site(f"{place}_{name}", getattr(attention, name)(x)).unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        for name in "qkv"
    )
    query, key = attention.q_norm(query), attention.k_norm(key)
    mixed = attend(query, key, value, scale=attention.scale)
    return bank.site(f"{place}_out", attention.out(attention.norm(mixed.transpose(1, 2).flatten(2))))
