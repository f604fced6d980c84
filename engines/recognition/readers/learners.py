"""What the loop trains: a reader with its loss, which is left behind when the reader is done."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines.backbones.embedder import FaceEmbedder
from engines.backbones.readers import AttributeReader, IdentityReader
from engines.recognition.margin_config import DecayConfig, MarginConfig
from engines.recognition.readers.recipe import ReadersConfig
from engines.training.margins import MarginHead

PARTS = {"pose": slice(0, 3), "years": slice(3, 4), "landmarks": slice(4, None)}
"""What each part of an `AttributeReader`'s numbers is."""


class _Learner(nn.Module):
    """A reader whose norms, slopes and biases are not decayed, and whose sgd has momentum."""

    def __init__(self, config: DecayConfig):
        super().__init__()
        self.momentum = {"momentum": config.momentum} if config.optimiser == "sgd" else {}
        self.decay = config.weight_decay

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """Matrices and kernels, which decay, and the rest."""
        trainable = [parameter for parameter in self.parameters() if parameter.requires_grad]
        groups = [([p for p in trainable if p.ndim > 1], self.decay), ([p for p in trainable if p.ndim == 1], 0.0)]
        return [{"params": part, "lr": lr, "weight_decay": decay, **self.momentum} for part, decay in groups]


class IdentityLearner(_Learner):
    """`forward({"images", "people"})` -> the margin loss, and the share of the batch nearest to its own person.

    Args:
        classes: people of the training set. teacher: weight of agreeing with the embedder of photographs.
    """

    seen: Tensor

    def __init__(self, reader: IdentityReader, classes: int, config: MarginConfig, teacher: float = 0.0):
        super().__init__(config)
        self.reader = reader
        self.head = MarginHead(reader.net.out, classes, config.loss, config.margin, config.scale)
        self.warmup, self.teacher = config.margin_warmup, teacher
        self.register_buffer("seen", torch.zeros((), dtype=torch.long))  # in the checkpoint: the margin goes on growing
        self.agreement = _Agreement(reader.net.out) if teacher else None

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        features, people = self.reader.features(batch["images"]), batch["people"]
        strength = min(1.0, int(self.seen) / self.warmup) if self.warmup else 1.0
        self.seen += self.training
        values = {"loss": F.cross_entropy(self.head(features, people, strength), people)}
        with torch.no_grad():
            nearest = self.head.cosines(features).argmax(1)
        values |= {"recognised/batch": (nearest == people).float().mean()}
        values |= {"margin/now": features.new_tensor(strength * self.head.margin)}
        if self.agreement:
            apart = self.agreement(features, batch["chips"])
            values |= {"loss": values["loss"] + self.teacher * apart, "loss/teacher": apart}
        return values


class AttributeLearner(_Learner):
    """`forward({"images", "targets"})` -> smooth L1 in standard deviations, alike for pose, years and landmarks."""

    def __init__(self, reader: AttributeReader, config: ReadersConfig):
        super().__init__(config)
        self.reader = reader

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        wanted = (batch["targets"] - self.reader.centre) / self.reader.spread
        said = self.reader.standardised(batch["images"])
        parts = {name: F.smooth_l1_loss(said[:, part], wanted[:, part], beta=0.5) for name, part in PARTS.items()}
        return {
            "loss": torch.stack([*parts.values()]).sum(),
            **{f"loss/{name}": value for name, value in parts.items()},
        }


class _Agreement(nn.Module):
    """How far a linear image of the features is from what the embedder of photographs says: 1 - cosine."""

    def __init__(self, dim: int):
        super().__init__()
        self.teacher = FaceEmbedder()
        self.image = nn.Linear(dim, 128)

    def forward(self, features: Tensor, chips: Tensor) -> Tensor:
        with torch.no_grad():
            wanted = self.teacher(chips)
        return 1 - F.cosine_similarity(self.image(features), wanted.float()).mean()
