"""IID: a forged face carries two identities, the one a recogniser sees and the one that was painted over.

B. Huang et al., "Implicit Identity Driven Deepfake Face Swapping Detection", CVPR 2023,
https://doi.org/10.1109/CVPR52729.2023.00436

The *explicit* identity e is a frozen recogniser's embedding of the picture; the *implicit* one i is a linear map of the
detector's features. L = cross-entropy + λ_c (mean cos(i, e) over forgeries − mean cos(i, e) over reals) + λ_e
(additive-margin softmax of i over the training people, a forgery being its target's). Weights, margin and scale are
those of DeepfakeBench's implementation.

Differs from both: the recogniser is the bundled 128-d network rather than ArcFace; e is that of the whole, unaugmented
picture; every forgery's target is known, so no term for unknown ones is needed; and the detector's head reads the
features, not the difference i − e, so that the two identities act on training alone and a kept detector is a tower
with a linear head like any other. Photographs are embedded as they were cropped, unaligned, as in DeepfakeBench.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.backbones import aligned
from engines.detection.detector import Detector, over
from engines.detection.folders import FolderSamples
from engines.detection.learner import classified
from engines.detection.samples import Samples, WorldSamples
from engines.training.margins import MarginHead
from engines.training.sampling import Item

EXPLICIT = 128


class IdentitySamples:
    """A training set with, beside each picture, "explicit" (B, 128) and "identity" (B,), the number of its person.

    Args:
        person: whose a forgery's is, "target" or "source"; a real picture's is its own.
        embeddings: explicit identities (N, 128) of the pictures.
    """

    def __init__(self, samples: WorldSamples | FolderSamples, person: str, embeddings: np.ndarray):
        self.samples, self.embeddings = samples, torch.from_numpy(embeddings)
        whose = samples.target_id if person == "target" else samples.source_id
        people, numbers = np.unique(whose, return_inverse=True)
        self.people, self.numbers = len(people), torch.from_numpy(numbers.astype(np.int64))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`; with "explicit" and "identity"."""
        where = [index for index, _ in items]
        added = {"explicit": self.embeddings[where], "identity": self.numbers[where]}
        return self.samples.__getitems__(items) | added


def explicit(samples: Samples) -> np.ndarray:
    """The bundled recogniser's embedding of each picture, (N, 128) float32."""
    if isinstance(samples, WorldSamples):
        return aligned.embed(samples.pictures.images)
    parts = (np.rint(crops.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8) for crops in over(samples))
    return np.concatenate([aligned.embed(part) for part in parts])


def contrast(implicit: Tensor, explicit: Tensor, labels: Tensor) -> Tensor:
    """Mean cos(i, e) over forgeries less that over reals, of (B, D), (B, D), (B,); an absent class counts 0."""
    alike = F.cosine_similarity(implicit, explicit)
    forged, real = (alike[labels == label] for label in (1, 0))
    return (forged.mean() if len(forged) else 0 * alike.sum()) - (real.mean() if len(real) else 0)


class IdentityLearner(nn.Module):
    """`forward({"images", "labels", "explicit", "identity"})` -> losses.

    Args:
        detector: trained in place; alone needed afterwards.
        people: in the training set.
        contrast, explore: weights of the two identity losses. margin, scale: of the margin softmax.
    """

    def __init__(
        self, detector: Detector, people: int, *, contrast: float, explore: float, margin: float, scale: float
    ):
        super().__init__()
        self.detector, self.weights = detector, (contrast, explore)
        device = next(detector.parameters()).device
        self.implicit = nn.Linear(detector.tower.feature_width, EXPLICIT, device=device)
        self.who = MarginHead(EXPLICIT, people, "arcface", margin, scale).to(device)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        features = self.detector.tower(batch["images"]).pooled
        losses: dict[str, Any] = classified(self.detector.two_way(features), batch["labels"])
        implicit = self.implicit(features).float()
        apart = contrast(implicit, batch["explicit"], batch["labels"])
        known = F.cross_entropy(self.who(implicit, batch["identity"]), batch["identity"])
        total = losses["loss"] + self.weights[0] * apart + self.weights[1] * known
        return losses | {"loss": total, "identity/contrast": apart, "identity/explore": known}
