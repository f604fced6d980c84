"""Sampling along the adjusted gradient field (ID³, section 3): the score of the denoiser plus a pull to the identity.

    score_adj = -ε̂ / sqrt(1 - ā)  +  g,        g = s λκ(t) ∇_{x_t} cos(y, f(x̂))

As noise this is ε_adj = ε̂ - sqrt(1 - ā) g, and any solver of the reverse process may follow it: DDPM, DDIM and
DPM-Solver++ (diffusers' schedulers) are offered. The gradient goes through the denoiser (`full`) or treats ε̂ as a
constant (`stop`, about half the cost).
Differs from the paper: its scale is s = 1; cosines of pictures have small gradients in latents, so s is a setting.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from torch import Tensor

from engines.backbones.precision import autocast
from engines.backbones.readers import IdentityReader
from engines.data.pixels import to_bytes
from engines.errors import Stopped
from engines.synthesis.id3.losses import WEIGHTS, Autoencoder, clean
from engines.synthesis.id3.model import LATENTS, ConditionalDenoiser

Heard = Callable[[float], None]
CHUNK, WIDE = 16, 128
"""Faces drawn at once: in a data set and on a CPU, and by `draw_many` on anything faster."""


@dataclass(frozen=True)
class Guidance:
    """How the pull is applied.

    Args:
        scale: s; 0 is none. weight: λκ by its name. through: "full" or "stop".
        every: guide each k-th step. low, high: t / T between which it is guided.
    """

    scale: float = 40.0
    weight: str = "falling"
    through: str = "full"
    every: int = 1
    low: float = 0.0
    high: float = 1.0

    def at(self, number: int, share: float) -> bool:
        """Whether step `number`, at t / T = share, is guided."""
        return self.scale > 0 and number % self.every == 0 and self.low <= share <= self.high


@dataclass(frozen=True)
class Pace:
    """Which solver, in how many steps, in which precision."""

    sampler: str = "dpm++"
    steps: int = 20
    precision: str = "auto"


@dataclass
class Trace:
    """What happened at each of S steps: level t (S,), cosine of the clean estimate to y (S, B), length of the change
    that guidance makes to the noise (S, B); where asked for, x_t and x̂ as pictures (S, B, 3, H, W) in [0, 1]."""

    t: list[int] = field(default_factory=list)
    cosine: list[Tensor] = field(default_factory=list)
    push: list[Tensor] = field(default_factory=list)
    noisy: list[Tensor] = field(default_factory=list)
    clean: list[Tensor] = field(default_factory=list)


@dataclass
class Drawn:
    """Pictures (B, 3, S, S) in [0, 1] on the CPU, their cosines to what was asked (B,), and the trace."""

    images: Tensor
    cosine: Tensor
    trace: Trace


class Generator:
    """A trained denoiser with what it needs to draw: autoencoder, identity reader and noise levels.

    Args:
        schedule: diffusers scheduler with the training's betas.
    """

    def __init__(self, model: ConditionalDenoiser, autoencoder: Autoencoder, reader: IdentityReader, schedule: Any):
        self.model, self.autoencoder, self.reader, self.schedule = model, autoencoder, reader, schedule
        model.eval().requires_grad_(False)
        self.kept: Tensor = schedule.alphas_cumprod

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return next(self.model.parameters()).device

    def draw(
        self,
        identity: Tensor,
        attributes: Tensor,
        seeds: Sequence[int],
        guidance: Guidance,
        pace: Pace,
        keep: bool = False,
        heard: Heard | None = None,
        stopping: Callable[[], bool] | None = None,
    ) -> Drawn:
        """Faces of identities (B, D) with encoded attributes (B, 4), each from the noise of its own seed.

        Args:
            keep: whether the trace keeps pictures. heard: told the share done. stopping: asked before each step.

        Raises:
            Stopped: `stopping` said so.
        """
        noises = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
        shape, device = (LATENTS, self.model.side, self.model.side), self.device
        x = torch.stack([torch.randn(shape, generator=noise) for noise in noises]).to(device)
        solver, trace = solver_of(self.schedule, pace), Trace()
        y, s = identity.to(device), attributes.to(device)
        more = {"generator": noises} if pace.sampler != "ddim" else {}
        for number, t in enumerate(solver.timesteps):
            if stopping and stopping():
                raise Stopped("Stopped while faces were drawn.")
            level = int(t)
            guided = guidance.at(number, (level + 1) / len(self.kept))
            noise = self._field(x, level, y, s, guidance if guided else None, pace, trace, keep)
            x = solver.step(noise, t, x, **more).prev_sample
            if heard:
                heard((number + 1) / len(solver.timesteps))
        with torch.no_grad():
            images = self.autoencoder.decode(x)
            cosine = (self.reader(images) * y).sum(1)
        return Drawn(images.cpu(), cosine.cpu(), trace)

    def _field(
        self, x: Tensor, level: int, y: Tensor, s: Tensor, guidance: Guidance | None, pace: Pace, trace: Trace,
        keep: bool,
    ) -> Tensor:  # fmt: skip
        """ε_adj at x, and a line in the trace."""
        kept, t = self.kept[level].to(x), torch.full((len(x),), level, device=x.device)
        needs = guidance is not None
        x = x.detach().requires_grad_(needs)
        with torch.set_grad_enabled(needs), autocast(x.device, pace.precision):
            with torch.set_grad_enabled(needs and guidance is not None and guidance.through == "full"):
                noise = self.model(x, t, y, s).float()
            pictures = self.autoencoder.decode(clean(x, noise, kept))
            cosine = (self.reader(pictures) * y).sum(1)
        change = torch.zeros_like(x)
        if guidance is not None:
            weight = WEIGHTS[guidance.weight](torch.tensor((level + 1) / len(self.kept)))
            change = guidance.scale * float(weight) * torch.autograd.grad(cosine.sum(), x)[0]
            change = -(1 - kept).sqrt() * change
        trace.t.append(level)
        trace.cosine.append(cosine.detach().cpu())
        trace.push.append(change.flatten(1).norm(dim=1).cpu())
        if keep:
            trace.clean.append(pictures.detach().cpu())
            with torch.no_grad():
                trace.noisy.append(self.autoencoder.decode(x.detach()).cpu())
        return noise.detach() + change


def solver_of(schedule: Any, pace: Pace) -> Any:
    """A fresh solver over the training's noise levels."""
    config = {k: schedule.config[k] for k in ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule")}
    if pace.sampler == "dpm++":
        solver: Any = DPMSolverMultistepScheduler(**config, algorithm_type="dpmsolver++", final_sigmas_type="sigma_min")
    elif pace.sampler == "ddim":
        solver = DDIMScheduler(**config, clip_sample=False, set_alpha_to_one=False)
    else:
        solver = DDPMScheduler(**config, clip_sample=False, variance_type="fixed_small")
    solver.set_timesteps(pace.steps)
    return solver


def draw_many(
    generator: Generator,
    identity: Tensor,
    attributes: Tensor,
    seeds: Sequence[int],
    guidance: Guidance,
    pace: Pace,
    heard: Heard | None = None,
    stopping: Callable[[], bool] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures (N, S, S, 3) uint8, their cosines (N,), and the cosine of each step's estimate (steps, N)."""
    pictures, cosines, steps = [], [], []
    chunk = CHUNK if generator.device.type == "cpu" else WIDE
    for start in range(0, len(identity), chunk):
        part = slice(start, start + chunk)

        def tell(share: float, done: int = start) -> None:
            if heard:
                heard(min(1.0, (done + share * chunk) / len(identity)))

        drawn = generator.draw(identity[part], attributes[part], seeds[part], guidance, pace, False, tell, stopping)
        pictures.append(to_bytes(drawn.images))
        cosines.append(drawn.cosine.numpy())
        steps.append(torch.stack(drawn.trace.cosine).numpy())
    return np.concatenate(pictures), np.concatenate(cosines), np.concatenate(steps, 1)
