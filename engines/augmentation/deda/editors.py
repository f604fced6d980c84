"""What edits pictures: SDEdit by a frozen denoiser, or, without weights, a smooth warp with a change of colour.

SDEdit (Meng et al., ICLR 2022): noise is added up to level ⌊s T⌋ and taken away again under the class's prompt, by
DPM-Solver++ through diffusers. An isolated object is put on a canvas of its own colours, carried outwards by the
pyramid fill, so that nothing of its surroundings can grow into it; its own alpha is kept (the light path; the paper's
is `layered`). Pictures (B, S, S, 3) and layers (B, S, S, 4), uint8; every picture has its own seed, so batches do not
matter.
"""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from diffusers import DPMSolverMultistepScheduler
from scipy.ndimage import gaussian_filter, map_coordinates
from torch import Tensor

from engines.augmentation.deda.layers import pyramid_fill
from engines.augmentation.deda.prompts import Prompts
from engines.backbones.denoiser import Denoiser
from engines.data.pixels import to_bytes, to_unit

LEAST_STEPS = 3
"""Solver steps that an edit has at least, however weak it is."""


class Editor(Protocol):
    """What makes variants. `calls` counts passes through a network, of one picture each."""

    name: str
    calls: int

    def pictures(
        self, pictures: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """Edit whole pictures towards classes; without labels the prompt names none."""
        ...

    def layers(
        self, layers: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """Edit isolated objects towards their classes."""
        ...


class Jitter:
    """A stand-in without weights: gain, contrast and tint, and a smooth warp of up to a twelfth of the side."""

    name, calls = "jitter", 0

    def pictures(
        self, pictures: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """See `Editor`."""
        return np.stack([_jittered(one, strength, seed) for one, seed in zip(pictures, seeds, strict=True)])

    def layers(
        self, layers: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """See `Editor`; the alpha is warped as the colour is."""
        padded = [np.dstack([pyramid_fill(one[..., :3], one[..., 3] / 255.0), one[..., 3]]) for one in layers]
        return self.pictures(np.stack(padded), labels, strength, seeds)


def _jittered(picture: np.ndarray, strength: float, seed: int) -> np.ndarray:
    rng, side = np.random.default_rng([seed, 0x717]), picture.shape[0]
    field = gaussian_filter(rng.normal(size=(2, side, side)), (0, side / 8, side / 8), mode="nearest")
    field *= strength * side / 12 / max(1e-9, float(np.abs(field).max()))
    where = np.mgrid[:side, :side] + field
    moved = np.stack(
        [map_coordinates(channel, where, order=1, mode="nearest") for channel in np.moveaxis(picture, -1, 0)], -1
    ).astype(np.float32)
    gain, contrast, tint = (np.exp(strength * rng.normal(0, scale)) for scale in (0.3, 0.3, [0.12] * 3))
    colour = moved[..., :3] / 255
    moved[..., :3] = 255 * np.clip((colour - 0.5) * contrast + 0.5, 0, 1) * gain * tint
    return (moved + 0.5).clip(0, 255).astype(np.uint8)


class Sdedit:
    """See the module.

    Args:
        prompts: of the classes. guidance: weight of the prompt against the empty one; 1 asks the prompt alone.
        steps: of the solver over all levels, of which an edit has its share.
    """

    name = "sdedit"

    def __init__(self, model: Denoiser, prompts: Prompts, guidance: float, steps: int):
        self.model, self.prompts, self.guidance, self.steps, self.calls = model, prompts, guidance, steps, 0

    @torch.inference_mode()
    def pictures(
        self, pictures: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """See `Editor`. The side must be a multiple of what the model shrinks by."""
        device = next(self.model.parameters()).device
        clean = torch.cat([self._encoded(one, seed) for one, seed in zip(pictures, seeds, strict=True)])
        told = self.prompts.plain(len(clean)) if labels is None else self.prompts(torch.tensor(labels, device=device))
        edited = self._denoised(clean, _noise(clean, seeds), told, strength)
        return to_bytes(self.model.decode(edited))

    def layers(
        self, layers: np.ndarray, labels: Sequence[int] | None, strength: float, seeds: Sequence[int]
    ) -> np.ndarray:
        """See `Editor`; the alpha is the layer's own."""
        canvases = np.stack([pyramid_fill(one[..., :3], one[..., 3] / 255.0) for one in layers])
        return np.concatenate([self.pictures(canvases, labels, strength, seeds), layers[..., 3:]], -1)

    def _encoded(self, picture: np.ndarray, seed: int) -> Tensor:
        device = next(self.model.parameters()).device
        return self.model.encode(to_unit(picture[None]).to(device), torch.Generator().manual_seed(seed))

    def _denoised(self, clean: Tensor, noise: Tensor, told: Tensor, strength: float) -> Tensor:
        solver, timesteps = schedule(self.model, strength, self.steps)
        latents = solver.add_noise(clean, noise, timesteps[:1].expand(len(clean)))
        for t in timesteps:
            said = self._said(latents, t.expand(len(latents)).to(latents.device), told)
            latents = solver.step(said, t, latents).prev_sample
        return latents

    def _said(self, latents: Tensor, t: Tensor, told: Tensor) -> Tensor:
        self.calls += len(latents) * (1 if self.guidance == 1 else 2)
        with_prompt = self.model.unet(latents, t, encoder_hidden_states=told, return_dict=False)[0]
        if self.guidance == 1:
            return with_prompt
        empty = self.model(latents, t)
        return empty + self.guidance * (with_prompt - empty)


def schedule(model: Denoiser, strength: float, steps: int) -> tuple[Any, Tensor]:
    """The solver and the levels that an edit of this strength visits, noisiest first, from about ⌊s T⌋."""
    steps = max(steps, math.ceil(LEAST_STEPS / strength))  # img2img takes int(steps · s): too few where s is small
    config = {key: value for key, value in model.schedule.config.items() if key in _SHARED}
    solver: Any = DPMSolverMultistepScheduler(**config)
    solver.set_timesteps(steps)
    first = steps - max(1, int(steps * strength))
    solver.set_begin_index(first)
    return solver, solver.timesteps[first:]


_SHARED = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "prediction_type")


def _noise(like: Tensor, seeds: Sequence[int]) -> Tensor:
    drawn = [torch.randn(like.shape[1:], generator=torch.Generator().manual_seed(seed ^ 0x5EED)) for seed in seeds]
    return torch.stack(drawn).to(like.device)
