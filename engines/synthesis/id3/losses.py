"""What the denoisers minimise (ID³, equation 3): the noise's error, a first-step term, and the identity kept.

With t from 1 to T, clean estimate x̂ = (x_t - sqrt(1 - ā) ε̂) / sqrt(ā), and f the frozen identity reader:

    L = |ε - ε̂|²  +  [t = 1] |x_0 - μ(x_1)|² / (2 σ_1²)  -  λκ(t) cos(y, f(x̂))

At t = 1 the mean μ of DDPM is x̂ itself and σ_1² = β_1, so that the second part is |ε - ε̂|² / (2 α_1). Squared errors
are means over all elements. The constant of the paper's bound is left out. f sees decoded pictures in [0, 1].
Differs from the paper: the weight's sign was lost in the text that could be read; the falling form is the default.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from engines.backbones.readers import IdentityReader
from engines.synthesis.id3.model import ConditionalDenoiser
from engines.synthesis.id3.recipe import Id3Config

Weight = Callable[[Tensor], Tensor]
WEIGHTS: dict[str, Weight] = {
    "falling": lambda share: 0.5 * (1 - torch.sigmoid(share)),
    "rising": lambda share: 0.5 * torch.sigmoid(share),
    "constant": lambda share: torch.full_like(share, 0.25),
    "none": torch.zeros_like,
}
"""λκ by name, of t / T."""
DCFACE, DROPPED = 0.05, 0.25
"""DCFace's weight of its identity term; IDiff-Face's share of a context that is dropped."""


class Autoencoder(nn.Module):
    """The frozen autoencoder, differentiable to its latents. Pictures (B, 3, S, S) in [0, 1]; latents scaled."""

    vae: Any

    def __init__(self, vae: Any):
        super().__init__()
        self.vae = vae
        self.eval().requires_grad_(False)

    @property
    def factor(self) -> float:
        """What latents are multiplied by."""
        return float(self.vae.config["scaling_factor"])

    def decode(self, latents: Tensor) -> Tensor:
        """Latents -> pictures."""
        return (self.vae.decode(latents / self.factor, return_dict=False)[0].float() / 2 + 0.5).clamp(0, 1)


def clean(noisy: Tensor, noise: Tensor, kept: Tensor) -> Tensor:
    """The estimate x̂ of what was noised; `kept` is ā, a scalar or (B, 1, 1, 1)."""
    return (noisy - (1 - kept).sqrt() * noise) / kept.sqrt()


class IdentityLoss(nn.Module):
    """`forward({"latents", "identity", "attributes", "other"})` -> losses of the method.

    Args:
        method: "id3", "dcface" or "idiff", see the recipe.
        kept: (T,) ā of each level, lightest noise first.
    """

    kept: Tensor

    def __init__(
        self,
        model: ConditionalDenoiser,
        autoencoder: Autoencoder,
        reader: IdentityReader,
        kept: Tensor,
        config: Id3Config,
        method: str = "id3",
    ):
        super().__init__()
        self.model, self.config, self.method = model, config, method
        self._frozen = (autoencoder, reader)  # no part of what is trained or kept
        self.register_buffer("kept", kept, persistent=False)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        latents = batch["latents"]
        noise, t = torch.randn_like(latents), torch.randint(len(self.kept), (len(latents),), device=latents.device)
        kept = self.kept[t].view(-1, 1, 1, 1)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        said = self.model(noisy, t, *self._asked(batch)).float()
        error = (said - noise).square().flatten(1).mean(1)
        losses = {"loss/denoising": error.mean()}
        total = losses["loss/denoising"]
        if self.method == "id3":
            losses["loss/first_step"] = first_step(error, t, self.kept)
            total = total + losses["loss/first_step"]
        if self.method != "idiff" and self._factor():
            shown = max(1, math.ceil(self.config.identity_share * len(latents)))
            seen = self._seen(clean(noisy[:shown], said[:shown], kept[:shown]))
            wanted = {name: batch[name][:shown] for name in ("identity", "other")}
            agree = self._agreement(seen, wanted, (t[:shown] + 1) / len(self.kept))
            losses["loss/inner_product"] = -agree.mean()
            losses["identity/cosine"] = (seen * wanted["identity"]).sum(1).mean()
            total = total + losses["loss/inner_product"]
        return {"loss": total, **losses}

    def _factor(self) -> float:
        return self.config.identity if self.config.weight != "none" or self.method == "dcface" else 0.0

    def _asked(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Identity and attributes that the denoiser is told."""
        if self.method == "dcface":
            return batch["other"], batch["attributes"]
        if self.method == "idiff":
            whole = batch["identity"]
            return whole * (torch.rand_like(whole) >= DROPPED), torch.zeros_like(batch["attributes"])
        return batch["identity"], batch["attributes"]

    def _seen(self, estimate: Tensor) -> Tensor:
        autoencoder, reader = self._frozen
        seen: Tensor = reader.to(estimate.device)(autoencoder.to(estimate.device).decode(estimate))
        return seen

    def _agreement(self, seen: Tensor, wanted: dict[str, Tensor], share: Tensor) -> Tensor:
        """The weighted cosine, (B,). DCFace looks at the picture itself in little noise, at the other in much."""
        own, other = ((seen * wanted[name]).sum(1) for name in ("identity", "other"))
        if self.method == "dcface":
            return DCFACE * self.config.identity * (share * other + (1 - share) * own)
        return self.config.identity * WEIGHTS[self.config.weight](share) * own


def first_step(error: Tensor, t: Tensor, kept: Tensor) -> Tensor:
    """The mean over a batch of |x_0 - μ(x_1)|² / (2 σ_1²), of samples at the lightest noise (t = 0 here) alone.

    Args:
        error: (B,) mean squared error in the noise. t: (B,). kept: (T,) ā.
    """
    return (error / (2 * kept[0]) * (t == 0)).mean()
