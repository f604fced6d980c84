"""FreDA, frequency data augmentation: a forgery with the low frequencies of the real frame it was made from.

F_a = F_r M + F_f (1 − M) and x_a = iFFT(F_a), channel by channel, where M is a low-pass mask (arXiv 2411.05335): what
remains of the forgery are its fine traces, without the coarse ones that give it away. The paper's mask is not known to
us: a Gaussian or a disc about zero frequency, both symmetric, so that the result is real. `amplitude_only` mixes
magnitudes and keeps the forgery's phase (an ablation).

Images (B, 3, H, W), RGB float in [0, 1]. The real frame must be the same frame and crop as the forgery's target.
"""

import torch
from torch import Tensor

from engines.detection.quality.pacing import SHAPES
from engines.errors import BadConfig


def low_pass(height: int, width: int, cutoff: Tensor, shape: str = "gaussian") -> Tensor:
    """The mask M over the half-plane of `torch.fft.rfft2`, (B, H, W // 2 + 1) in [0, 1].

    Args:
        cutoff: (B,) radius as a share of the side: the standard deviation of the Gaussian, or the disc's radius.

    Raises:
        BadConfig: there is no such shape.
    """
    if shape not in SHAPES:
        raise BadConfig(f"There is no mask {shape!r}; there are {', '.join(SHAPES)}.")
    rows = torch.fft.fftfreq(height, device=cutoff.device)[:, None]
    columns = torch.fft.rfftfreq(width, device=cutoff.device)[None, :]
    squared = (rows**2 + columns**2)[None]  # (cycles a pixel)²: a share of the side, squared
    limit = cutoff[:, None, None] ** 2
    if shape == "disc":
        return (squared <= limit).float()
    return torch.exp(-squared / (2 * limit.clamp_min(1e-12)))


def mix(fake: Tensor, real: Tensor, mask: Tensor, amplitude_only: bool = False) -> Tensor:
    """`mask` (B, H, W // 2 + 1) of the real's spectrum and the rest of the fake's -> (B, 3, H, W), clipped to [0, 1].

    A mask of 1 gives the real frame, of 0 the fake.
    """
    share = mask[:, None]
    of_fake, of_real = torch.fft.rfft2(fake), torch.fft.rfft2(real)
    if amplitude_only:
        size = share * of_real.abs() + (1 - share) * of_fake.abs()
        mixed = torch.polar(size, of_fake.angle())
    else:
        mixed = share * of_real + (1 - share) * of_fake
    return torch.fft.irfft2(mixed, s=fake.shape[-2:]).clamp(0, 1)


def upgrade(
    fake: Tensor, real: Tensor, cutoff: Tensor, shape: str = "gaussian", amplitude_only: bool = False
) -> Tensor:
    """FreDA of a batch, each picture at its own cut-off (B,)."""
    return mix(fake, real, low_pass(fake.shape[-2], fake.shape[-1], cutoff, shape), amplitude_only)
