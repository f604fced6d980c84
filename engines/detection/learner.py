"""What the loop trains: a detector's classification loss, kept apart for real and forged, and Effort's constraints."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.detection.detector import Detector
from engines.detection.effort.constraints import averaged
from engines.detection.methods import residual_layers


class ForgeryLearner(nn.Module):
    """`forward({"images": (B, 3, S, S), "labels": (B,)})` -> losses.

    `loss/real` and `loss/fake` are the cross-entropy on each class alone: logged, not optimised, and how the paper's
    asymmetry is drawn. The sum optimised is the mean cross-entropy plus the weighted constraints.

    Args:
        detector: trained in place.
        lambda_orth, lambda_ksv, orth_form: see `effort.constraints`; a weight of 0 skips the term.
        residual_lr: learning rate of every residual's u, s and v, as a multiple of the run's.
        scale_lr: learning rate of the scales s, as a multiple of the residual's.
    """

    def __init__(
        self,
        detector: Detector,
        *,
        lambda_orth: float = 0.0,
        lambda_ksv: float = 0.0,
        orth_form: str = "squared",
        residual_lr: float = 1.0,
        scale_lr: float = 1.0,
    ):
        super().__init__()
        self.detector = detector
        self.lambda_orth, self.lambda_ksv, self.orth_form = lambda_orth, lambda_ksv, orth_form
        self.residual_lr, self.scale_lr = residual_lr, scale_lr

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        return self._constrained(classified(self.detector.class_logits(batch["images"]), batch["labels"]))

    def _constrained(self, losses: dict[str, Tensor]) -> dict[str, Tensor]:
        layers = list(residual_layers(self.detector.tower).values())
        if layers and (self.lambda_orth or self.lambda_ksv):
            orth, size = averaged(layers, self.orth_form)
            losses["loss"] = losses["loss"] + self.lambda_orth * orth + self.lambda_ksv * size
            losses |= {"reg/orth": orth, "reg/ksv": size}
        return losses

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """Directions and scales of residuals apart from everything else that is trainable."""
        layers = list(residual_layers(self.detector.tower).values())
        directions = [part for layer in layers for part in (layer.u, layer.v)]
        scales = [layer.s for layer in layers]
        apart = {id(parameter) for parameter in (*directions, *scales)}
        rest = [p for p in self.parameters() if p.requires_grad and id(p) not in apart]
        rates = ((rest, 1.0), (directions, self.residual_lr), (scales, self.residual_lr * self.scale_lr))
        return [{"params": parameters, "lr": lr * rate} for parameters, rate in rates if parameters]


def classified(logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Mean cross-entropy of (real, forged) logits (B, 2), "loss", and that of each class which is there."""
    each = F.cross_entropy(logits.float(), labels, reduction="none")
    losses = {"loss": each.mean()}
    for name, label in (("loss/real", 0), ("loss/fake", 1)):
        if (labels == label).any():
            losses[name] = each[labels == label].mean()
    return losses


def random_head(head: nn.Linear, seed: int) -> None:
    """Weights N(0, 0.02), bias 0, as in the released natural-image trainer."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        head.weight.normal_(0, 0.02, generator=generator)
        head.bias.zero_()
