"""What DiffusionFake trains: classification, two guided reconstructions, and the two weights.

L = L_ce + λ_s L_s + λ_t L_t + L_ws + L_wt, with λ_s = 0.7 and λ_t = 1 (arXiv 2410.04372, section 3.4); the released
code has every term at 1. L_s = mean ‖ε − ε_θ(z_s noised at t; guide_s w_s)‖², likewise L_t, with one t and one ε for
both branches of a sample; L_ws = (w_s − sim(z, z_s))², sim being the cosine of latents (`similarity="cosine"`, the
paper), or (cosine + 1) / 2 (`"half"`, the code).
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.backbones.denoiser import Denoiser
from engines.detection.detector import Detector
from engines.detection.diffusionfake.guide import Guide
from engines.detection.diffusionfake.measures import BRANCHES
from engines.detection.diffusionfake.modules import Branch


class DiffusionFake(nn.Module):
    """`forward({"images", "source", "target": (B, 3, S, S), "labels": (B,)})` -> losses.

    For a real picture source and target are the picture itself.

    Args:
        detector: trained in place; alone needed afterwards.
        denoiser: frozen, and no part of what is trained or saved.
        size_px: side that pictures are brought to for the denoiser: its latent grid must be 4 times the feature map's.
        weights: factor of each loss by name: source, target, weight_source, weight_target.
        similarity: "cosine" or "half".
        filtered, weighed: without them (ablations) a guide is not filtered, or counts fully.
        module_lr, weight_lr: learning rates of what guides and of the weight modules, as multiples of the run's.
    """

    def __init__(
        self,
        detector: Detector,
        denoiser: Denoiser,
        *,
        size_px: int,
        weights: Mapping[str, float],
        similarity: str = "cosine",
        cheap: bool = False,
        weight_form: str = "code",
        filtered: bool = True,
        weighed: bool = True,
        module_lr: float = 1.0,
        weight_lr: float = 1.0,
    ):
        super().__init__()
        self.detector, self.size_px = detector, size_px
        self.module_lr, self.weight_lr = module_lr, weight_lr
        self.weights, self.similarity, self.weighed = dict(weights), similarity, weighed
        channels = detector.tower.width
        form = (channels, denoiser.width, cheap, weight_form, filtered)
        self.branches = nn.ModuleDict({name: Branch(*form) for name in BRANCHES})
        if not weighed:
            for branch in self.branches.values():
                branch.get_submodule("weigh").requires_grad_(False)
        self.guide = Guide(denoiser)
        self._denoiser = (denoiser,)  # in a tuple: frozen, it is not among this module's weights

    @property
    def denoiser(self) -> Denoiser:
        """The frozen model, moved to where the trained one is."""
        model, device = self._denoiser[0], next(self.parameters()).device
        return model if next(model.unet.parameters()).device == device else model.to(device)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        found = self.detector.tower(batch["images"])
        losses = self._classified(self.detector.two_way(found.pooled), batch["labels"])
        guided = self.guided(batch, found.grid())
        return losses | guided | {"loss": losses["loss"] + guided["loss"]}

    def guided(self, batch: Mapping[str, Tensor], features: Tensor) -> dict[str, Tensor]:
        """The losses of reconstruction and of the weights, from feature maps (B, C, g, g); "loss" is their sum."""
        latents = {name: self.latents(batch[name]) for name in ("images", *BRANCHES)}
        noise = torch.randn_like(latents["images"])
        t = torch.randint(self.denoiser.steps, (len(noise),), device=noise.device)
        total, losses = torch.zeros((), device=noise.device), dict[str, Tensor]()
        for name in BRANCHES:
            guide, weight = self._guide(name, features)
            rebuilt = self._rebuilt(latents[name], noise, t, guide, weight)
            total, losses[f"rebuild/{name}"] = total + self.weights[name] * rebuilt, rebuilt
            if self.weighed:
                leaning = F.mse_loss(weight, self.alike(latents["images"], latents[name]))
                total, losses[f"weight/{name}"] = total + self.weights[f"weight_{name}"] * leaning, leaning
        return losses | {"loss": total}

    def guides(self, images: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Guide map and weight of each branch, for pictures (B, 3, S, S)."""
        features = self.detector.tower(images).grid()
        return {name: self._guide(name, features) for name in BRANCHES}

    def _guide(self, name: str, features: Tensor) -> tuple[Tensor, Tensor]:
        guide, weight = self.branches[name](features)
        return guide, weight if self.weighed else torch.ones_like(weight)

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """The detector's trainable weights, apart from them what guides, and apart from that the weight modules."""
        rates = {"detector": lr, "guide": lr * self.module_lr, "weigh": lr * self.weight_lr}
        return grouped(self, rates)

    def _classified(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        each = F.cross_entropy(logits.float(), labels, reduction="none")
        losses = {"loss": each.mean(), "loss/classified": each.mean()}
        for name, label in (("loss/real", 0), ("loss/fake", 1)):
            if (labels == label).any():
                losses[name] = each[labels == label].mean()
        return losses

    def latents(self, images: Tensor) -> Tensor:
        """What the denoiser works on, of pictures (B, 3, S, S)."""
        return self.denoiser.encode(F.interpolate(images, size=self.size_px, mode="bilinear", antialias=True))

    def _rebuilt(self, latents: Tensor, noise: Tensor, t: Tensor, guide: Tensor, weight: Tensor) -> Tensor:
        noisy = self.denoiser.noised(latents, noise, t)
        return F.mse_loss(self.guide(self.denoiser, noisy, t, guide, weight).float(), noise)

    def alike(self, latents: Tensor, others: Tensor) -> Tensor:
        """Likeness of latents (B, C, h, w), (B,), in the run's form."""
        cosine = F.cosine_similarity(latents.flatten(1), others.flatten(1))
        return cosine if self.similarity == "cosine" else (cosine + 1) / 2


class GuideFirst(nn.Module):
    """Only what guides is trained, by what the detector sees before it is trained itself.

    The zero convolutions let nothing through to the detector until the guide has learnt something; this gives it a
    start. `forward` takes what `DiffusionFake` takes.
    """

    def __init__(self, learner: DiffusionFake):
        super().__init__()
        self.branches, self.guide = learner.branches, learner.guide
        self._learner = (learner,)  # in a tuple: its detector is no part of what is trained or saved

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """See `DiffusionFake.guided`."""
        learner = self._learner[0]
        with torch.no_grad():
            features = learner.detector.tower(batch["images"]).grid()
        return learner.guided(batch, features)

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """As in `DiffusionFake`."""
        learner = self._learner[0]
        return grouped(self, {"guide": lr * learner.module_lr, "weigh": lr * learner.weight_lr})


def grouped(module: nn.Module, rates: Mapping[str, float]) -> list[dict[str, Any]]:
    """Trainable weights of the detector, of what guides and of the weight modules, each with its rate."""
    groups: dict[str, list[nn.Parameter]] = {name: [] for name in rates}
    for name, parameter in module.named_parameters():
        kind = "detector" if name.startswith("detector.") else "weigh" if ".weigh." in name else "guide"
        if parameter.requires_grad:
            groups[kind].append(parameter)
    return [{"params": groups[kind], "lr": rate} for kind, rate in rates.items() if groups[kind]]
