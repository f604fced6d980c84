"""The conditional denoiser: latents and conditions in, noise out.

Identity y (B, D) of length 1 becomes one token by a linear map, attributes s (B, 4) another by a perceptron of three
layers (512, 256, 768 in the paper). Tokens enter by cross-attention, or as one vector beside the time in every
residual block's norm (AdaGN), or both ways. Kept as `unet/` in diffusers' format and `conditions.safetensors`.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engines.backbones.attend import plain
from engines.synthesis.id3.recipe import Id3Config

LATENTS = 4
ATTRIBUTES = 4
HEADS = 4


class Conditions(nn.Module):
    """Identity (B, D) and encoded attributes (B, 4) -> tokens (B, 2, W)."""

    def __init__(self, embedding: int, hidden: tuple[int, ...], width: int):
        super().__init__()
        sizes = (ATTRIBUTES, *hidden, width)
        layers: list[nn.Module] = []
        for number, (here, there) in enumerate(pairwise(sizes)):
            layers += [nn.ReLU()] if number else []
            layers.append(nn.Linear(here, there))
        self.identity = nn.Linear(embedding, width)
        self.attributes = nn.Sequential(*layers)
        self.embedding = embedding

    def forward(self, identity: Tensor, attributes: Tensor) -> Tensor:
        """See the class. An embedding of length 1 is brought to unit variance first."""
        return torch.stack([self.identity(identity * self.embedding**0.5), self.attributes(attributes)], 1)


class ConditionalDenoiser(nn.Module):
    """`forward(noisy (B, 4, h, w), t (B,), identity (B, D), attributes (B, 4)) -> noise (B, 4, h, w)`."""

    unet: Any  # diffusers' modules get their methods from mix-ins that type checkers do not see

    def __init__(self, unet: Any, conditions: Conditions, inject: str):
        super().__init__()
        self.unet, self.conditions, self.inject = unet, conditions, inject

    def forward(self, noisy: Tensor, t: Tensor, identity: Tensor, attributes: Tensor) -> Tensor:
        """See the class."""
        tokens = self.conditions(identity, attributes)
        vector = tokens.flatten(1) if self.inject != "cross" else None
        seen = tokens if self.inject != "adagn" else torch.zeros_like(tokens)
        with plain(noisy.device):
            return self.unet(noisy, t, encoder_hidden_states=seen, class_labels=vector, return_dict=False)[0]

    @property
    def side(self) -> int:
        """Width and height of the latents it was trained on."""
        return int(self.unet.config["sample_size"])


def build(config: Id3Config, embedding: int, side: int) -> ConditionalDenoiser:
    """A fresh denoiser for embeddings of that length and latents of that side."""
    deeper = len(config.widths) - 1
    unet: Any = UNet2DConditionModel(
        sample_size=side,
        in_channels=LATENTS,
        out_channels=LATENTS,
        layers_per_block=config.layers,
        block_out_channels=config.widths,
        norm_num_groups=8,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * deeper,
        up_block_types=("CrossAttnUpBlock2D",) * deeper + ("UpBlock2D",),
        cross_attention_dim=config.context,
        attention_head_dim=HEADS,
        **_by_norm(config),
    )
    return ConditionalDenoiser(unet, Conditions(embedding, config.hidden, config.context), config.inject)


def _by_norm(config: Id3Config) -> dict[str, Any]:
    if config.inject == "cross":
        return {}
    return {
        "class_embed_type": "projection",
        "projection_class_embeddings_input_dim": 2 * config.context,
        "resnet_time_scale_shift": "scale_shift",
    }


def save(model: ConditionalDenoiser, folder: Path) -> None:
    """`unet/` and `conditions.safetensors`."""
    model.unet.save_pretrained(folder / "unet")
    save_file({k: v.detach().cpu().contiguous() for k, v in model.conditions.state_dict().items()},
              folder / "conditions.safetensors")  # fmt: skip


def restore(unet: Any, tensors: dict[str, Tensor], inject: str) -> ConditionalDenoiser:
    """A denoiser from its U-Net and the tensors of its conditions, whose shapes say their sizes."""
    weight = tensors["identity.weight"]
    layers = sorted(int(name.split(".")[1]) for name in tensors if name.startswith("attributes.") and "weight" in name)
    hidden = tuple(len(tensors[f"attributes.{layer}.weight"]) for layer in layers[:-1])
    conditions = Conditions(weight.shape[1], hidden, weight.shape[0])
    conditions.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return ConditionalDenoiser(unet, conditions, inject)


def load_conditions(folder: Path) -> dict[str, Tensor]:
    """The tensors that `save` wrote."""
    return load_file(folder / "conditions.safetensors")
