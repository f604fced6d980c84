"""CADDM: besides real or forged, say where, at several sizes, so that the person cannot be the answer.

S. Dong et al., "Implicit Identity Leakage: The Stumbling Block to Improving Deepfake Detection Generalization", CVPR
2023, https://arxiv.org/abs/2210.14457. Around the middle of every place of the feature map lie square anchors of some
sides; the added head says of each how forged it is. L = cross-entropy + λ L_where, λ = 0.1 as in the released trainer,
the sides those of its anchors: 40, 80, 120 and 224 of 224 px.

Differs from the paper: the target of an anchor is the share of its pixels, within the picture, that the known mask
calls forged, learned by binary cross-entropy, where the paper matches anchors with one box by overlap, mines hard
negatives and regresses the box; the last feature map serves all sizes, without extra layers; and the forgeries are the
data set's own, not blended again with their real frames (multi-scale facial swap).
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.detection.detector import Detector
from engines.detection.folders import FolderSamples
from engines.detection.learner import classified
from engines.detection.samples import WorldSamples
from engines.training.sampling import Item


class MaskedSamples:
    """A training set with "mask" (B, S, S), 1 where a picture is forged, cropped and mirrored as the picture is.

    Args:
        edge: mask in [0, 1] above which a pixel is forged; a faint blend counts too.
    """

    def __init__(self, samples: WorldSamples | FolderSamples, edge: float):
        self.samples, self.edge = samples, edge

    def __len__(self) -> int:
        return len(self.samples)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`; with "mask"."""
        return self.samples.__getitems__(items) | {"mask": (self.samples.masks(items) > self.edge).float()}


def forged_shares(mask: Tensor, grid: tuple[int, int], sides: Sequence[float]) -> Tensor:
    """How much of each anchor is forged: masks (B, S, S) -> (B, K, h, w) in [0, 1].

    Args:
        grid: h, w of the feature map. sides: of the K anchors, in sides of the picture; each an odd number of px.
    """
    size = mask.shape[-1]
    rows, columns = (((torch.arange(n, device=mask.device) + 0.5) * size / n).long() for n in grid)
    shares = []
    for side in sides:
        px = round(side * size) // 2 * 2 + 1
        found = F.avg_pool2d(mask[:, None], px, stride=1, padding=px // 2, count_include_pad=False)
        shares.append(found[:, :, rows[:, None], columns])
    return torch.cat(shares, 1)


class LocalisingLearner(nn.Module):
    """`forward({"images", "labels", "mask"})` -> losses.

    Args:
        detector: trained in place; alone needed afterwards.
        weight: of saying where. sides: of the anchors.
    """

    def __init__(self, detector: Detector, weight: float, sides: Sequence[float]):
        super().__init__()
        self.detector, self.weight, self.sides = detector, weight, tuple(sides)
        device = next(detector.parameters()).device
        self.where = nn.Conv2d(detector.tower.width, len(self.sides), 1, device=device)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        found = self.detector.tower(batch["images"])
        losses: dict[str, Any] = classified(self.detector.two_way(found.pooled), batch["labels"])
        said = self.where(found.grid())
        told = forged_shares(batch["mask"], (said.shape[2], said.shape[3]), self.sides)
        where = F.binary_cross_entropy_with_logits(said.float(), told)
        return losses | {"loss": losses["loss"] + self.weight * where, "where": where}
