"""timm's convolutional networks (ResNet, Xception, EfficientNet, …) as towers: features, but no attention to look at.

The tokens are the last feature map's places, in row order; the pooled feature, which stands for the class token too, is
what the network itself pools.
"""

from typing import Any

import torch
from torch import Tensor, nn

from engines.backbones.tower import Tower, TowerOutput
from engines.errors import BadConfig, BadInput

LEAST_PX = 32


class ConvTower(Tower):
    """A tower around a convolutional network of timm's, made with `num_classes=0`.

    Raises:
        BadConfig: the network does not end in one feature map (B, C, h, w).
    """

    model: Any

    def __init__(self, name: str, model: nn.Module, size_px: int, mean: tuple[float, ...], std: tuple[float, ...]):
        super().__init__(mean, std)
        self.model, self.name, self.size_px = model.eval(), name, size_px
        self.width = self.feature_width = _channels(name, self.model)
        self.depth = self.heads = 0
        self.patch_px = int(self.model.feature_info[-1]["reduction"])

    def forward(self, images: Tensor) -> TowerOutput:
        """Features of images of any size from `LEAST_PX` on."""
        places = self.model.forward_features(self._normalised(images))
        pooled = self.model.forward_head(places, pre_logits=True)
        return TowerOutput(pooled, pooled, places.flatten(2).transpose(1, 2))

    def attention(self, images: Tensor) -> list[Tensor]:
        """There is none.

        Raises:
            BadConfig: always.
        """
        raise BadConfig(f"{self.name} has no attention to show; choose a vision transformer, such as dinov2-s6.")

    def stages(self) -> list[tuple[nn.Module, str]]:
        """See `Tower`; all scales but the first, the stem's."""
        paths = [info["module"].rpartition(".") for info in self.model.feature_info][1:]
        return [(self.model.get_submodule(parent), name) for parent, _, name in paths]

    def _slots(self) -> dict[str, tuple[nn.Module, str]]:
        return {}

    def _normalised(self, images: Tensor) -> Tensor:
        if images.ndim != 4 or images.shape[1] != 3 or min(images.shape[2:]) < LEAST_PX or not len(images):
            raise BadInput(
                f"{self.name} takes images (B, 3, H, W) of {LEAST_PX} px or more, not {tuple(images.shape)}; "
                f"resize them, for example to {self.size_px} x {self.size_px}."
            )
        return (images - self.mean) / self.std


@torch.no_grad()
def _channels(name: str, model: Any) -> int:
    """Channels of the last feature map, by asking."""
    try:
        places = model.forward_features(torch.zeros(1, 3, 64, 64))
    except Exception as error:  # whatever a network of another kind says of a small picture
        raise BadConfig(_refusal(name)) from error
    if not isinstance(places, Tensor) or places.ndim != 4 or places.shape[1] != model.num_features:
        raise BadConfig(_refusal(name))
    return int(places.shape[1])


def _refusal(name: str) -> str:
    return (
        f"{name} is neither a plain vision transformer nor a network that ends in one feature map; choose a ViT, "
        "DeiT, DINOv2, ResNet, Xception or EfficientNet of timm's."
    )
