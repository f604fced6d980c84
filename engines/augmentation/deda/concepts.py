"""Truncated-timestep textual inversion: a word for each class, learned at the noise levels that editing visits.

E ‖ε − ε_θ(z_t, t, c(y))‖² over t ~ U{1, …, ⌊s_max T⌋}: SDEdit of strength s ≤ s_max never sees a later level, so
learning there is wasted. Only the tokens are trained; all classes in one run. `latest=1` is plain textual inversion.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.augmentation.deda.prompts import Prompts
from engines.backbones.denoiser import Denoiser
from engines.training.sampling import Item


class Inversion(nn.Module):
    """`forward({"latents": (B, C, h, w), "labels": (B,)})` -> losses."""

    def __init__(self, model: Denoiser, prompts: Prompts, latest: float):
        super().__init__()
        self.prompts = prompts
        self._model = (model,)  # frozen, and no part of what is trained
        self.levels = max(1, int(latest * model.steps))

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        latents, labels, model = batch["latents"], batch["labels"], self._model[0]
        noise = torch.randn_like(latents)
        t = torch.randint(self.levels, (len(latents),), device=latents.device)
        said = model.unet(
            model.noised(latents, noise, t), t, encoder_hidden_states=self.prompts(labels), return_dict=False
        )[0]
        return {"loss": F.mse_loss(said.float(), noise)}


class Latents:
    """Encoded pictures as a data set of the loop."""

    def __init__(self, latents: Tensor, labels: Tensor):
        self.latents, self.labels = latents, labels

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """{"latents", "labels"} of these pictures."""
        places = [index for index, _ in items]
        return {"latents": self.latents[places], "labels": self.labels[places]}
