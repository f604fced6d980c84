"""The guide module: a trainable copy of the frozen denoiser's encoder whose outputs enter it through zero convolutions.

ControlNet (Zhang et al., ICCV 2023) as diffusers has it, but for its picture encoder: the guide map already lies on
the latent grid, and is added once, after the first convolution. One copy serves both branches.
"""

from typing import Any

from diffusers import ControlNetModel
from torch import Tensor, nn

from engines.backbones.attend import plain
from engines.backbones.denoiser import Denoiser


class Guide(nn.Module):
    """Guided noise prediction; the denoiser is given to each call and stays frozen."""

    def __init__(self, denoiser: Denoiser):
        super().__init__()
        self.copy: Any = ControlNetModel.from_unet(denoiser.unet)
        self.copy.controlnet_cond_embedding = nn.Identity()
        self.copy.requires_grad_(True)

    def forward(self, denoiser: Denoiser, noisy: Tensor, t: Tensor, guide: Tensor, weight: Tensor) -> Tensor:
        """The noise predicted in `noisy` (B, C, h, w) at levels t (B,).

        Args:
            guide: (B, D, h, w) map of one branch. weight: (B,) by which all its residuals are multiplied.
        """
        prompt = denoiser.prompt.expand(len(noisy), -1, -1)
        with plain(noisy.device):
            down, mid = self.copy(noisy, t, prompt, guide, return_dict=False)
        share = weight[:, None, None, None]
        return denoiser(
            noisy,
            t,
            down_block_additional_residuals=[share * one for one in down],
            mid_block_additional_residual=share * mid,
        )
