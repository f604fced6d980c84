"""Train the autoencoder, encode the pictures once, train the denoiser on the latents, draw faces.

`mien train latent --preset full --wait`. It says the table `rebuilt` (how well held-out pictures are rebuilt) and the
pictures `rebuilt` and `samples`; it leaves vae/, unet/ and scheduler/.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.backbones import towers
from engines.backbones.denoiser import Denoiser
from engines.backbones.device import pick_device
from engines.backbones.precision import autocast
from engines.data.images import read_image
from engines.data.pixels import to_bytes, to_unit
from engines.errors import BadInput, Stopped
from engines.faceworld.dataset import ForgerySet, ForgerySpec
from engines.faceworld.sheets import sheet
from engines.synthesis.latent import learners
from engines.synthesis.latent.recipe import LatentConfig
from engines.training.journal import Journal
from engines.training.loop import Loop
from engines.training.sampling import Item, hash_seed

PART = 64


@dataclass
class Outcome:
    """The model, and how well it rebuilds."""

    model: Denoiser
    numbers: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Measures on held-out pictures."""
        return self.numbers

    def save(self, folder: Path) -> None:
        """vae/, unet/ and scheduler/ in diffusers' format."""
        for name, part in (("vae", self.model.vae), ("unet", self.model.unet), ("scheduler", self.model.schedule)):
            part.save_pretrained(folder / name)


def train(config: LatentConfig, journal: Journal) -> Outcome:
    """See the module."""
    device = pick_device(config.device)
    pictures, held_out = _pictures("train", config, journal), _pictures("val", config, journal)
    torch.manual_seed(config.seed)
    vae = learners.autoencoder(config)
    tower = towers.build(towers.DEFAULT).requires_grad_(False) if config.perceptual else None
    first = config.replace(
        steps=config.vae_steps, batch=config.vae_batch, lr=config.vae_lr, ema=0.0, schedule="cosine",
        warmup=min(100, config.vae_steps // 10), clip=1.0,
    )  # fmt: skip
    learner = learners.Reconstruction(vae, first, tower)
    Loop(learner, Pictures(pictures), first, journal, stage="autoencoder", prefix="autoencoder/").fit()
    vae.eval().requires_grad_(False)
    latents = _encoded(vae, pictures, config, journal)
    vae.register_to_config(scaling_factor=float(1 / latents.std()))
    unet, levels = learners.denoiser(config), learners.schedule(config)
    second = learners.NoisePrediction(unet, levels, config.context)
    Loop(second, _Latents(latents / latents.std()), config, journal, stage="denoiser").fit()
    model = Denoiser(vae, unet, levels, torch.zeros(1, 1, config.context)).to(device)
    numbers = _measured(model, held_out, journal)
    journal.image("samples", sheet(list(to_bytes(draw(model, config.samples, config))), 8), "faces drawn from noise")
    return Outcome(model, {"data": config.folder or "face world", "seed": config.seed, **numbers})


@torch.inference_mode()
def draw(model: Denoiser, count: int, config: LatentConfig, seed: int = 0) -> Tensor:
    """Faces from noise by DDIM, (count, 3, S, S) in [0, 1]."""
    device = next(model.parameters()).device
    levels = copy.deepcopy(model.schedule)
    levels.set_timesteps(config.sample_steps)
    side = int(model.unet.config["sample_size"])
    latents = torch.randn(count, learners.LATENTS, side, side, generator=torch.Generator().manual_seed(seed)).to(device)
    for t in levels.timesteps:
        with autocast(device, config.precision):
            said = model(latents, t.expand(count).to(device)).float()
        latents = levels.step(said, t, latents).prev_sample
    return model.decode(latents)


class Pictures:
    """Photographs, mirrored half of the time."""

    def __init__(self, pictures: np.ndarray):
        self.pictures = pictures

    def __len__(self) -> int:
        return len(self.pictures)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        rows = [self.pictures[index][:, :: -1 if hash_seed(seed, 1) % 2 else 1] for index, seed in items]
        return {"images": to_unit(np.stack(rows))}


class _Latents:
    def __init__(self, latents: Tensor):
        self.latents = latents

    def __len__(self) -> int:
        return len(self.latents)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        return {"latents": self.latents[[index for index, _ in items]]}


def _pictures(split: str, config: LatentConfig, journal: Journal) -> np.ndarray:
    """(N, S, S, 3) uint8: real photographs of the face world, or of a folder."""
    count, people = config.pictures, config.people
    if split == "val":
        count, people = max(8, count // 16), max(2, people // 16)
    if config.folder:
        return _folder(Path(config.folder), split, config)
    name = f"pictures-{split}"
    journal.phase(name, 0.0, f"rendering the {split} pictures; they are kept for the next run")
    spec = ForgerySpec(split, families=(), identities=people, reals=count, size_px=config.size_px)
    return ForgerySet.build(spec, progress=lambda part: journal.phase(name, part), stopping=journal.stopping).images


def _folder(folder: Path, split: str, config: LatentConfig) -> np.ndarray:
    """Every sixteenth photograph is held out."""
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"))
    chosen = [path for number, path in enumerate(found) if (number % 16 == 15) == (split == "val")][: config.pictures]
    if not chosen:
        raise BadInput(f"{folder} holds no photographs for {split}; give a folder of at least 16 aligned faces.")
    from PIL import Image

    side = (config.size_px, config.size_px)
    return np.stack(
        [np.asarray(Image.fromarray(read_image(path)).resize(side, Image.Resampling.BOX)) for path in chosen]
    )


@torch.inference_mode()
def _encoded(vae: Any, pictures: np.ndarray, config: LatentConfig, journal: Journal) -> Tensor:
    """A sample of each picture's latents and of its mirror image's, (2 N, 4, h, w) float32 on the CPU, unscaled."""
    device = pick_device(config.device)
    torch.manual_seed(config.seed)
    vae.to(device)
    parts = []
    for start in range(0, len(pictures), PART):
        images = to_unit(np.asarray(pictures[start : start + PART])).to(device)
        for view in (images, images.flip(-1)):
            with autocast(device, config.precision):
                parts.append(vae.encode(view * 2 - 1).latent_dist.sample().float().cpu())
        journal.phase("latents", start / len(pictures))
        if journal.stopping():
            raise Stopped("Stopped while pictures were encoded; resume it to go on.")
    return torch.cat(parts)


@torch.inference_mode()
def _measured(model: Denoiser, pictures: np.ndarray, journal: Journal) -> dict[str, Any]:
    device = next(model.parameters()).device
    wanted = to_unit(np.asarray(pictures[:PART]))
    made = model.decode(model.encode(wanted.to(device), torch.Generator().manual_seed(0))).cpu()
    error = (made - wanted).square().mean((1, 2, 3))
    numbers = {
        "rebuilt_psnr_db": float((-10 * error.log10()).mean()),
        "rebuilt_l1": float((made - wanted).abs().mean()),
        "pictures": len(wanted),
    }
    journal.table("rebuilt", [numbers])
    rows = [picture for pair in zip(wanted[:8], made[:8], strict=True) for picture in pair]
    journal.image(
        "rebuilt", sheet(list(to_bytes(torch.stack(rows))), 8), "held-out photographs, each beside its rebuilt self"
    )
    return numbers
