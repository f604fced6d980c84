"""CLIP's image tower through transformers' `CLIPVisionModel`, in the format the hub keeps it.

Pooled feature: `pooler_output`, the class token after the last norm, before CLIP's projection to text (what
UnivFD and Effort use). The patch tokens go through the same last norm, so that they share its space.
At sizes other than the native one the position embedding is interpolated.
"""

import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from transformers import CLIPVisionConfig, CLIPVisionModel

from engines.backbones import weights
from engines.backbones.tower import Tower, TowerOutput
from engines.errors import BadWeights

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

KNOWN: dict[str, dict[str, Any]] = {
    "openai/clip-vit-large-patch14": {
        "hidden_size": 1024,
        "intermediate_size": 4096,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "image_size": 224,
        "hidden_act": "quick_gelu",
        "patch_size": 14,
    },
    "openai/clip-vit-base-patch16": {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "image_size": 224,
        "hidden_act": "quick_gelu",
        "patch_size": 16,
    },
}
"""Shapes of the published towers, so that they can be built with random weights where no hub is."""


class ClipTower(Tower):
    """A tower around a `CLIPVisionModel`, whose q, k, v and out are separate Linears already."""

    def __init__(self, name: str, model: CLIPVisionModel):
        super().__init__(MEAN, STD)
        config = model.config
        self.model: Any = getattr(model, "vision_model", model)  # some versions of transformers nest it
        self.name = name
        self.width = self.feature_width = config.hidden_size
        self.depth, self.heads = config.num_hidden_layers, config.num_attention_heads
        self.patch_px, self.size_px = self.model.embeddings.patch_size, self.model.embeddings.image_size

    def forward(self, images: Tensor) -> TowerOutput:
        """Features of images; pooled and class token are the same tensor."""
        tokens = self._embedded(images)
        for layer in self.model.encoder.layers:
            tokens = layer(tokens, attention_mask=None)
        tokens = self.model.post_layernorm(tokens)
        return TowerOutput(tokens[:, 0], tokens[:, 0], tokens[:, 1:])

    def attention(self, images: Tensor) -> list[Tensor]:
        """Attention of each layer, (B, heads, T, T)."""
        tokens, maps = self._embedded(images), []
        for layer in self.model.encoder.layers:
            maps.append(_attention_weights(layer.self_attn, layer.layer_norm1(tokens)))
            tokens = layer(tokens, attention_mask=None)
        return maps

    def stages(self) -> list[tuple[nn.Module, str]]:
        """See `Tower`."""
        return [(self.model.encoder.layers, str(i)) for i in range(len(self.model.encoder.layers))]

    def _embedded(self, images: Tensor) -> Tensor:
        native = images.shape[-2:] == (self.size_px, self.size_px)
        pixels = self._normalised(images)
        return self.model.pre_layrnorm(self.model.embeddings(pixels, interpolate_pos_encoding=not native))

    def _slots(self) -> dict[str, tuple[nn.Module, str]]:
        layers = enumerate(self.model.encoder.layers)
        parts = ("q", "k", "v", "out")
        return {f"blocks.{i}.{part}": (layer.self_attn, f"{part}_proj") for i, layer in layers for part in parts}


def load(source: str, pretrained: bool = True) -> ClipTower:
    """The CLIP tower in a local folder (config.json, model.safetensors) or of a hub's repository.

    Args:
        source: folder, or "owner/name" on the hub.
        pretrained: load its weights; otherwise only its shape, with fresh random weights.

    Raises:
        MissingWeights: neither the folder nor the hub has it.
        BadWeights: its weights are damaged, or not CLIP's.
    """
    if not pretrained:
        return ClipTower(f"clip/{source}", CLIPVisionModel(_config(source)))
    config = _vision_config(weights.resolve(_wanted(source, "config.json")))
    file = weights.resolve(_wanted(source, "model.safetensors"))
    tower = ClipTower(f"clip/{source}", CLIPVisionModel(config))
    _fill(tower.model, file)
    return tower


def _fill(model: nn.Module, file: Path) -> None:
    """Load the image tower; the text tower of a full CLIP beside it is passed over."""
    tensors = {name.removeprefix("vision_model."): tensor.float() for name, tensor in weights.read(file).items()}
    wanted = model.state_dict()
    lacking = [name for name, tensor in wanted.items() if tensors.get(name, tensor[:0]).shape != tensor.shape]
    if lacking:
        raise BadWeights(
            f"{file} is not the CLIP image tower that its config.json describes: {len(lacking)} tensors are missing or "
            f"of another shape, {lacking[0]} among them."
        )
    model.load_state_dict({name: tensors[name] for name in wanted})


def _attention_weights(attention: Any, tokens: Tensor) -> Tensor:
    query, key = (
        part(tokens).unflatten(-1, (attention.num_heads, -1)).transpose(1, 2)  # (B, heads, T, D / heads)
        for part in (attention.q_proj, attention.k_proj)
    )
    return (query @ key.transpose(-2, -1) * attention.scale).float().softmax(dim=-1)


def _config(source: str) -> CLIPVisionConfig:
    if source in KNOWN:
        return CLIPVisionConfig(**KNOWN[source])
    return _vision_config(weights.resolve(_wanted(source, "config.json")))


def _vision_config(file: Path) -> CLIPVisionConfig:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return CLIPVisionConfig(**content.get("vision_config", content))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadWeights(f"{file} is not the config.json of a CLIP model: {error}") from error


def _wanted(source: str, file: str) -> weights.Wanted:
    return weights.Wanted(
        name=f"clip/{source}", file=file, repo=source, folder=Path(source), meanwhile="dinov2-s6, which is bundled"
    )
