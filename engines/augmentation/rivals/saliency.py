"""Where a picture draws the eye: the spectral residual (Hou and Zhang, CVPR 2007).

The logarithm of the amplitude less its own local mean, with the phase kept, back in the picture and smoothed.
"""

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.v2.functional import gaussian_blur

SMALL_PX = 64
WINDOW = 3
LEAST = 1e-3
"""Amplitudes below this share of their mean are not looked into: in drawn pictures they are zeros of no meaning."""


def saliency(images: Tensor) -> Tensor:
    """(B, 3, H, W) in [0, 1] -> (B, H, W), 0 or more, the largest 1."""
    grey = F.interpolate(images.mean(1, keepdim=True), (SMALL_PX, SMALL_PX), mode="bilinear", antialias=True)
    spectrum = torch.fft.fft2(grey)
    size = spectrum.abs()
    log = size.clamp_min(LEAST * float(size.mean())).log()
    mean = F.avg_pool2d(F.pad(log, [WINDOW // 2] * 4, mode="circular"), WINDOW, 1)
    back = torch.fft.ifft2(torch.polar((log - mean).exp(), spectrum.angle())).abs().square()
    smooth = gaussian_blur(back, [9, 9], [2.5, 2.5])
    maps = F.interpolate(smooth, images.shape[-2:], mode="bilinear", align_corners=False)[:, 0].clamp_min(0)
    return maps / maps.amax((1, 2), keepdim=True).clamp_min(1e-12)
