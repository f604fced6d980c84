"""A generator whose answers can be computed by hand: latents are normal, and their first numbers are the identity.

The denoiser knows the best guess for normal latents, ε̂ = sqrt(1 - ā) x; pictures are the first three channels; the
reader's embedding is the direction of the picture's first three pixels.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from engines.synthesis.id3.sampling import Generator
from engines.synthesis.latent import learners
from engines.synthesis.latent.recipe import LatentConfig

SIDE, WIDTH = 4, 9


class Denoiser(nn.Module):
    """ε̂ = factor(t) x, by default the best guess."""

    side = SIDE

    def __init__(self, kept, factor=None):
        super().__init__()
        self.kept, self.factor = kept, factor
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x, t, identity, attributes):
        factor = (1 - self.kept[t].view(-1, 1, 1, 1)).sqrt() if self.factor is None else self.factor
        return self.weight * factor * x


class Autoencoder(nn.Module):
    def decode(self, latents):
        return torch.sigmoid(latents[:, :3])


class Reader(nn.Module):
    def forward(self, images):
        return F.normalize(images.flatten(1)[:, :WIDTH] - 0.5, dim=1)


class Readers:
    """Reads identities as the reader does; pose and age are what the corner says."""

    def read_arrays(self, images):
        pictures = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float() / 255
        corner = images[:, -1, -1].astype(np.float32) / 10
        return {"identity": Reader()(pictures).numpy(), "pose": corner, "years": corner[:, 0]}


def schedule(levels=1000):
    return learners.schedule(LatentConfig.build({"levels": levels}))


def generator(factor=None, levels=1000):
    steps = schedule(levels)
    return Generator(Denoiser(steps.alphas_cumprod, factor), Autoencoder(), Reader(), steps)


def wishes(count, seed=0):
    y = F.normalize(torch.randn(count, WIDTH, generator=torch.Generator().manual_seed(seed)), dim=1)
    return y, torch.zeros(count, 4)
