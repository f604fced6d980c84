"""What the two trainings minimise: the autoencoder's reconstruction, and the denoiser's error in the noise.

Pictures (B, 3, S, S), RGB in [0, 1]; latents (B, 4, S / 4, S / 4).
Differs from the paper: the perceptual distance is between patch tokens of the bundled DINOv2 tower, whose weights are
at hand, instead of LPIPS, and there is no adversarial term.
"""

from typing import Any

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor, nn
from torch.nn import functional as F

from engines.backbones.tower import Tower
from engines.synthesis.latent.recipe import LatentConfig

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LATENTS = 4


def autoencoder(config: LatentConfig) -> Any:
    """A fresh autoencoder; each level but the last halves the side."""
    levels = len(config.vae_widths)
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        block_out_channels=config.vae_widths,
        layers_per_block=1,
        norm_num_groups=8,
        latent_channels=LATENTS,
        sample_size=config.size_px,
        mid_block_add_attention=False,
    )


def denoiser(config: LatentConfig) -> Any:
    """A fresh noise predictor with self- and cross-attention at every level but the finest."""
    deeper = len(config.widths) - 1
    return UNet2DConditionModel(
        sample_size=config.size_px // 2 ** (len(config.vae_widths) - 1),
        in_channels=LATENTS,
        out_channels=LATENTS,
        layers_per_block=config.layers,
        block_out_channels=config.widths,
        norm_num_groups=8,
        down_block_types=("DownBlock2D",) + ("CrossAttnDownBlock2D",) * deeper,
        up_block_types=("CrossAttnUpBlock2D",) * deeper + ("UpBlock2D",),
        cross_attention_dim=config.context,
        attention_head_dim=max(1, config.widths[-1] // 48),
    )


def schedule(config: LatentConfig) -> Any:
    """Stable Diffusion's noise levels, for training and for DDIM."""
    return DDIMScheduler(num_train_timesteps=config.levels, clip_sample=False, set_alpha_to_one=False, **BETAS)


class Reconstruction(nn.Module):
    """L1 + perceptual + KL of an autoencoder: `forward({"images": (B, 3, S, S)})` -> losses."""

    def __init__(self, vae: Any, config: LatentConfig, tower: Tower | None):
        super().__init__()
        self.vae, self.perceptual, self.kl = vae, config.perceptual, config.kl
        self._tower = (tower,)  # frozen, and no part of what is trained

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        images = batch["images"]
        posterior = self.vae.encode(images * 2 - 1).latent_dist
        made = self.vae.decode(posterior.sample()).sample.float() / 2 + 0.5  # resizing has no bfloat16 on a CPU
        losses = {"rebuilt/l1": F.l1_loss(made, images), "rebuilt/kl": posterior.kl().mean()}
        total = losses["rebuilt/l1"] + self.kl * losses["rebuilt/kl"]
        if self.perceptual:
            losses["rebuilt/perceptual"] = self._perceived(made, images)
            total = total + self.perceptual * losses["rebuilt/perceptual"]
        return {"loss": total, **losses}

    def _perceived(self, made: Tensor, images: Tensor) -> Tensor:
        tower = self._tower[0]
        assert tower is not None
        tower.to(images.device)
        side = images.shape[-1] // tower.patch_px * tower.patch_px
        one, other = (F.interpolate(x, side, mode="bilinear", antialias=True) for x in (made.clamp(0, 1), images))
        with torch.no_grad():
            wanted = tower(other).patches
        return 1 - F.cosine_similarity(tower(one).patches.float(), wanted.float(), dim=-1).mean()


class NoisePrediction(nn.Module):
    """Mean squared error in the noise: `forward({"latents": (B, 4, h, w)})` -> losses, at levels drawn evenly."""

    def __init__(self, unet: Any, levels: Any, context: int):
        super().__init__()
        self.unet, self.levels = unet, levels
        self.register_buffer("prompt", torch.zeros(1, 1, context), persistent=False)

    prompt: Tensor

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        latents = batch["latents"]
        noise = torch.randn_like(latents)
        t = torch.randint(self.levels.config["num_train_timesteps"], (len(latents),), device=latents.device)
        noisy = self.levels.add_noise(latents, noise, t)
        said = self.unet(noisy, t, self.prompt.expand(len(latents), -1, -1), return_dict=False)[0]
        return {"loss": F.mse_loss(said.float(), noise)}
