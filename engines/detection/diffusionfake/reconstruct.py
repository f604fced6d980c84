"""What a trained guide lets the frozen denoiser see: the source's or the target's face, drawn from noise by DDIM."""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from engines.backbones.precision import autocast
from engines.detection.diffusionfake.learner import DiffusionFake


class Step(NamedTuple):
    """A drawing after a step: its latents, and those that the denoiser expects in the end; (B, C, h, w)."""

    latents: Tensor
    estimate: Tensor


@torch.inference_mode()
def drawing(
    model: DiffusionFake, images: Tensor, branch: str, seed: int = 0, steps: int = 50, guided: bool = True
) -> Iterator[Step]:
    """The drawing of one branch for pictures (B, 3, S, S) in [0, 1], step by step.

    Args:
        branch: "source" or "target".
        seed: of the noise that drawing begins with, the same for every picture.
        steps: of DDIM.
        guided: without the guide, the denoiser draws some face.
    """
    denoiser = model.denoiser
    images = images.to(next(model.parameters()).device)
    guide, weight = model.guides(images)[branch]
    schedule = copy.deepcopy(denoiser.schedule)
    schedule.set_timesteps(steps)
    shape = denoiser.encode(torch.zeros(1, 3, model.size_px, model.size_px, device=images.device)).shape[1:]
    noise = torch.randn(1, *shape, generator=torch.Generator().manual_seed(seed)).to(images.device)
    latents = noise.expand(len(images), -1, -1, -1).clone()
    for t in schedule.timesteps:
        level = t.expand(len(images)).to(images.device)
        with autocast(images.device):
            said = model.guide(denoiser, latents, level, guide, weight) if guided else denoiser(latents, level)
        made = schedule.step(said.float(), t, latents)
        latents = made.prev_sample
        yield Step(latents, made.pred_original_sample)


def reconstruct(
    model: DiffusionFake, images: Tensor, branch: str, seed: int = 0, steps: int = 50, guided: bool = True
) -> Tensor:
    """The finished `drawing` of each picture: (B, 3, size_px, size_px) in [0, 1]."""
    *_, last = drawing(model, images, branch, seed, steps, guided)
    return model.denoiser.decode(last.latents)


def psnr(made: Tensor, wanted: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of pictures in [0, 1], dB, (B,)."""
    return -10 * (made - wanted).square().mean((1, 2, 3)).clamp_min(1e-12).log10()
