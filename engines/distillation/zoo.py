"""Teachers and students by name: small ones for pictures of 56 px, and any of timm's.

The small ones are timm's own architectures with smaller settings, all with a map of 7 x 7 after their third stage, as
the papers' have 14 x 14; `dinov2-s6` is the bundled tower with a head. A name `timm/…` is built at the side and with
the settings that timm gives it, `timm/…@SIZE` at another side. Swin-N and Swin-P are the two narrow ones that OFA
defined. Weights are random but for dinov2-s6's and those that a recipe is told to read.
"""

from typing import Any

import timm
from timm.models.mlp_mixer import Affine, MlpMixer, ResBlock
from torch import nn

from engines.backbones import weights
from engines.backbones.vit import DinoV2
from engines.distillation.cut import Cut, cut
from engines.errors import BadConfig

SIZE_PX, DINO_PX = 56, 98
_VIT = {"img_size": SIZE_PX, "patch_size": 8}
_SWIN = {"depths": (2, 2, 2, 2), "window_size": 7}

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "resnet-xs": ("resnet18", {"layers": (1, 1, 1, 1), "channels": (16, 32, 64, 128), "output_stride": 8}),
    "resnet-s": ("resnet18", {"layers": (1, 1, 1, 1), "channels": (32, 64, 128, 256), "output_stride": 8}),
    "convnext-s": ("convnext_tiny", {"output_stride": 8, "depths": (1, 1, 3, 1), "dims": (32, 64, 128, 256)}),
    "vit-s": ("vit_small_patch16_224", {**_VIT, "embed_dim": 128, "depth": 6, "num_heads": 4}),
    "vit-xs": ("deit_tiny_patch16_224", {**_VIT, "embed_dim": 64, "depth": 4, "num_heads": 2}),
    "swin-xs": ("swin_tiny_patch4_window7_224",
                {"img_size": SIZE_PX, "patch_size": 2, "window_size": 7, "embed_dim": 16, "depths": (1, 1, 2, 1),
                 "num_heads": (1, 1, 2, 4)}),
}  # fmt: skip
"""Name -> timm's name and what differs from it."""
NARROW: dict[str, tuple[str, dict[str, Any]]] = {
    "swin-n": ("swin_tiny_patch4_window7_224", {**_SWIN, "embed_dim": 64, "num_heads": (2, 4, 8, 16)}),
    "swin-p": ("swin_tiny_patch4_window7_224", {**_SWIN, "embed_dim": 48, "num_heads": (2, 4, 8, 16)}),
}
"""At 224 px."""
MIXERS: dict[str, dict[str, Any]] = {
    "mixer-s": {"embed_dim": 128, "num_blocks": 6},
    "resmlp-xs": {"embed_dim": 64, "num_blocks": 4, "mlp_ratio": 4, "block_layer": ResBlock, "norm_layer": Affine},
}
"""timm's MLP-Mixer and ResMLP by their settings, since its named ones admit no others."""
HEAD_ONLY = ("dinov2-s6",)
"""Those that come with weights: as teachers, their head alone is trained."""
NAMES = (*SMALL, *MIXERS, "dinov2-s6", *NARROW)


def build(name: str, classes: int) -> Cut:
    """A network of that name with a head for so many classes, in stages.

    Raises:
        BadConfig: there is no such network, or it cannot be cut into stages.
    """
    if name == "dinov2-s6":
        return cut(name, _dino(classes), DINO_PX)
    if name in SMALL or name in NARROW:
        source, changes = (SMALL | NARROW)[name]
        return cut(name, timm.create_model(source, num_classes=classes, **changes), SIZE_PX if name in SMALL else 224)
    if name in MIXERS:
        return cut(name, MlpMixer(num_classes=classes, img_size=SIZE_PX, patch_size=8, **MIXERS[name]), SIZE_PX)
    if not name.startswith("timm/"):
        raise BadConfig(f"There is no network {name!r}; use {', '.join(NAMES)} or timm/<model>.")
    source, _, side = name.removeprefix("timm/").partition("@")
    if not timm.is_model(source.partition(".")[0]):
        raise BadConfig(f"timm has no model {source!r}; `timm.list_models('*resnet*')` lists those it has.")
    if side and not side.isdigit():
        raise BadConfig(f"{name!r} names no side in px; write it as in timm/{source}@112.")
    return _timm(name, source, int(side or 0), classes)


def _timm(name: str, source: str, side: int, classes: int) -> Cut:
    try:
        model = _created(source, side, classes)
    except (AssertionError, ValueError, RuntimeError) as error:
        raise BadConfig(f"{name} cannot be built at {side or 'its own'} px: {error}") from error
    return cut(name, model, side or int(model.pretrained_cfg["input_size"][-1]))


def _created(source: str, side: int, classes: int) -> Any:
    changes: dict[str, Any] = {"img_size": side} if side else {}
    try:
        return timm.create_model(source, num_classes=classes, **changes)
    except TypeError:  # a convolutional network takes any side
        return timm.create_model(source, num_classes=classes)


def _dino(classes: int) -> nn.Module:
    model = DinoV2(384, depth=6, heads=6)
    tensors, _ = weights.load_bundled("dinov2-s6")
    model.load_state_dict({key: tensor.float() for key, tensor in tensors.items()})
    model.reset_classifier(classes)
    return model
