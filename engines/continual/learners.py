"""The learner that most methods share: a bank and a cosine head, by cross-entropy."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.continual.heads import CosineHead
from engines.continual.network import Network
from engines.continual.tuning import Bank

MOMENTUM = 0.9


class BankLearner(nn.Module):
    """Cross-entropy over all classes that the head has.

    Args:
        offset: taken from the labels; for a head that knows the new classes alone.
    """

    def __init__(self, network: Network, bank: Bank, head: CosineHead, offset: int = 0):
        super().__init__()
        self.network, self.bank, self.head, self.offset = network, bank, head, offset

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        features = self.network(batch["x"], self.bank)
        loss = F.cross_entropy(self.head(features), batch["labels"] - self.offset)
        return {"loss": loss, **self.added(features, batch, loss)}

    def added(self, features: Tensor, batch: dict[str, Tensor], loss: Tensor) -> dict[str, Tensor]:
        """More losses; may replace "loss"."""
        return {}

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """All that is trainable, with momentum."""
        trainable = [parameter for parameter in self.parameters() if parameter.requires_grad]
        return [{"params": trainable, "lr": lr, "momentum": MOMENTUM}]

    def longest_row(self) -> float:
        """Largest norm of the head's rows: above 1e3 it has been thrown away (see `heads`)."""
        return float(self.head.weight.detach().norm(dim=1).max())

    @torch.no_grad()
    def answer(self, x: Tensor) -> Tensor:
        """Logits of test views."""
        return self.head(self.network(x, self.bank))
