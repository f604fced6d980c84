"""Softmax losses with a margin: classification heads that pull the faces of one person together on the sphere.

- ArcFace: cos(θ + m) (J. Deng et al., CVPR 2019, https://arxiv.org/abs/1801.07698), m = 0.5.
- CosFace: cos θ - m (H. Wang et al., CVPR 2018, https://arxiv.org/abs/1801.09414), m = 0.35.
- AdaFace: cos(θ - m ẑ) - (m ẑ + m), ẑ = clip((‖z‖ - μ) / (σ / h), -1, 1), with μ and σ the running mean and standard
  deviation of the lengths, not differentiated (M. Kim et al., CVPR 2022, https://arxiv.org/abs/2204.00964),
  m = 0.4, h = 0.333: faces of low quality, whose features are short, get a gentler margin.

Logits are s times these for the true class and s cos θ for the others. Differs from the papers: beyond π, where
cos(θ + m) would rise again, ArcFace goes on as cos θ - m sin m, as its released code does; μ and σ begin with those of
the first batch; and `strength` scales the margin, so that it can be let in slowly: with few people a full margin at
the start leaves nothing to learn from.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.errors import BadConfig

MARGINS = {"arcface": 0.5, "cosface": 0.35, "adaface": 0.4}
"""Loss -> the margin of its paper."""
CONCENTRATION = 0.333
"""AdaFace's h: how many standard deviations of length the margin's adaptation spans."""
MOMENTUM = 0.99
"""AdaFace's α: of the running mean and standard deviation."""
EDGE = 1e-6
"""Cosines stay this far from -1 and 1, where the arc cosine has no gradient."""


def arcface(cosines: Tensor, margin: float) -> Tensor:
    """Cosines of the true classes -> cos(θ + margin), going on as a falling line where θ + margin exceeds π."""
    angles = torch.acos(cosines.clamp(-1 + EDGE, 1 - EDGE))
    beyond = cosines - margin * math.sin(margin)
    return torch.where(angles + margin < math.pi, torch.cos(angles + margin), beyond)


def cosface(cosines: Tensor, margin: float) -> Tensor:
    """Cosines of the true classes -> cos θ - margin."""
    return cosines - margin


def adaface(cosines: Tensor, margin: float, quality: Tensor) -> Tensor:
    """Cosines of the true classes and qualities ẑ in [-1, 1], both of one shape -> cos(θ - m ẑ) - (m ẑ + m)."""
    angles = torch.acos(cosines.clamp(-1 + EDGE, 1 - EDGE))
    return torch.cos((angles - margin * quality).clamp(EDGE, math.pi - EDGE)) - (margin * quality + margin)


class MarginHead(nn.Module):
    """Features (B, D) and labels (B,) -> logits (B, classes).

    Args:
        loss: "arcface", "cosface" or "adaface". margin: m. scale: s.

    Raises:
        BadConfig: there is no such loss.
    """

    length: Tensor

    def __init__(self, dim: int, classes: int, loss: str = "arcface", margin: float = 0.5, scale: float = 64.0):
        super().__init__()
        if loss not in MARGINS:
            raise BadConfig(f"There is no margin loss {loss!r}; there are {', '.join(MARGINS)}.")
        self.loss, self.margin, self.scale = loss, margin, scale
        self.weight = nn.Parameter(torch.randn(classes, dim) * 0.05)
        self.register_buffer("length", torch.zeros(2))  # running mean and standard deviation; zeros: none seen yet

    def forward(self, features: Tensor, labels: Tensor, strength: float = 1.0) -> Tensor:
        """The logits, with `strength` of the margin, in float32 whatever the features are."""
        cosines = self.cosines(features)
        own, margin = cosines.gather(1, labels[:, None]), strength * self.margin
        if self.loss == "adaface":
            changed = adaface(own, margin, self._quality(features.float())[:, None])
        else:
            changed = {"arcface": arcface, "cosface": cosface}[self.loss](own, margin)
        return self.scale * cosines.scatter(1, labels[:, None], changed)

    def cosines(self, features: Tensor) -> Tensor:
        """Cosines (B, classes) between features (B, D) and the classes' centres."""
        with torch.autocast("cuda", enabled=False):  # its arc cosine is float32, which would not fit into half a cosine
            return F.normalize(features.float()) @ F.normalize(self.weight.float()).T

    @torch.no_grad()
    def _quality(self, features: Tensor) -> Tensor:
        lengths = features.norm(dim=1).clamp(1e-3, 100)
        if self.training:
            now = torch.stack([lengths.mean(), lengths.std()])
            self.length.copy_(now if not self.length[1] else MOMENTUM * self.length + (1 - MOMENTUM) * now)
        mean, spread = self.length
        return ((lengths - mean) / (spread / CONCENTRATION + 1e-3)).clamp(-1, 1)
