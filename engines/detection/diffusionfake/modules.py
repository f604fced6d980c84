"""From detector features to guides: up-samplers, feature filters, and the modules that weigh each guide.

A branch (source or target) turns the last feature map f (B, C, g, g) into a guide map (B, D, 4 g, 4 g) on the
denoiser's latent grid, and into a scalar weight. After Sun et al. (arXiv 2410.04372), with EfficientNet-B4: C = 1792,
g = 8, D = 320.

Differs from the paper where the released code does: the filter's query is the ungated map, the weight module is linear
up to its sigmoid (`weight_form="mlp"` is the paper's). `cheap` reduces the channels first and enlarges without weights:
5.8 M parameters instead of 302.6 M at the sizes above.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ENLARGED = 4
"""How much finer the guide's grid is than the feature map's."""


class Upsampler(nn.Sequential):
    """Two transposed convolutions, each doubling the grid, no non-linearity: (B, C, g, g) -> (B, C, 4 g, 4 g)."""

    def __init__(self, channels: int):
        super().__init__(*(nn.ConvTranspose2d(channels, channels, 4, 2, 1, bias=False) for _ in range(2)))


class CheapUpsampler(nn.Module):
    """A 1 x 1 convolution to fewer channels, then bilinear: (B, C, g, g) -> (B, D, 4 g, 4 g)."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        self.reduce = nn.Conv2d(channels, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        return F.interpolate(self.reduce(features), scale_factor=ENLARGED, mode="bilinear", align_corners=False)


class FeatureFilter(nn.Module):
    """Channel gate, spatial gate and self-attention: (B, C, h, w) -> guide map (B, D, h, w)."""

    def __init__(self, channels: int, width: int, heads: int = 4):
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=1)
        narrow = max(1, channels // 4)
        self.channel_gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, narrow, 1), nn.ReLU(), nn.Conv2d(narrow, channels, 1)
        )
        self.spatial_gate = nn.Conv2d(channels, 1, 3, padding=1)
        self.attention = nn.MultiheadAttention(channels, heads, batch_first=True)
        self.last = nn.Conv2d(channels, width, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Query is the map before its gates; keys and values are the gated one."""
        plain = self.first(features)
        query = F.silu(plain)
        gated = plain * torch.sigmoid(self.channel_gate(query)) * torch.sigmoid(self.spatial_gate(query))
        tokens, key = (part.flatten(2).transpose(1, 2) for part in (query, gated))
        attended = self.attention(tokens, key, key, need_weights=False)[0]
        return self.last(attended.transpose(1, 2).unflatten(2, features.shape[-2:]))


class WeightModule(nn.Module):
    """How far a branch leans on its guide: (B, C, g, g) -> (B,) in (0, 1).

    Args:
        form: "code" (three convolutions, pooling, two linear layers, no activations between) or "mlp" (pooling, then
            five linear layers with ReLU).
    """

    def __init__(self, channels: int, form: str = "code"):
        super().__init__()
        pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
        if form == "code":
            wide = [max(8, round(channels * part)) for part in (4 / 7, 2 / 7, 1 / 7)]
            pairs = pairwise([channels, *wide])
            layers = [*(nn.Conv2d(a, b, 3, padding=1) for a, b in pairs), *pool]
            layers += [nn.Linear(wide[-1], max(4, wide[-1] // 2)), nn.Linear(max(4, wide[-1] // 2), 1)]
        else:
            wide = [channels, *(max(4, channels // 2**n) for n in range(1, 5))]
            layers = [*pool]
            for a, b in pairwise(wide):
                layers += [nn.Linear(a, b), nn.ReLU()]
            layers.append(nn.Linear(wide[-1], 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        return torch.sigmoid(self.layers(features)).squeeze(1)


class Branch(nn.Module):
    """One branch: guide map and weight of a feature map; without its filter (an ablation) one convolution is left."""

    def __init__(
        self, channels: int, width: int, cheap: bool = False, weight_form: str = "code", filtered: bool = True
    ):
        super().__init__()
        self.enlarge: nn.Module = CheapUpsampler(channels, width) if cheap else Upsampler(channels)
        inner = width if cheap else channels
        self.filter: nn.Module = FeatureFilter(inner, width) if filtered else nn.Conv2d(inner, width, 3, padding=1)
        self.weigh = WeightModule(channels, weight_form)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, g, g) -> guide (B, D, 4 g, 4 g), weight (B,)."""
        return self.filter(self.enlarge(features)), self.weigh(features)
