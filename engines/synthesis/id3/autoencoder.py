"""Where latents come from: an own small autoencoder, the bundled one, or a folder of diffusers; encoded once."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor

from engines import ASSETS
from engines.backbones import towers
from engines.backbones.device import pick_device
from engines.backbones.precision import autocast
from engines.data.pixels import to_unit
from engines.errors import BadWeights, MissingWeights, Stopped
from engines.synthesis.id3.data import PART, Faces
from engines.synthesis.id3.losses import Autoencoder
from engines.synthesis.id3.recipe import Id3Config
from engines.synthesis.latent import learners
from engines.synthesis.latent.recipe import LatentConfig
from engines.synthesis.latent.train import Pictures
from engines.training.journal import Journal
from engines.training.loop import Loop

WORLD = ASSETS / "denoiser" / "vae"


def ready(config: Id3Config, faces: Faces, journal: Journal) -> Autoencoder:
    """The frozen autoencoder that the settings name, where they run, trained first if it is an own one.

    Raises:
        MissingWeights, BadWeights: as `load`.
    """
    device = pick_device(config.device)
    if config.autoencoder != "own":
        folder = WORLD if config.autoencoder == "world" else Path(config.autoencoder)
        return Autoencoder(load(folder)).to(device)
    settings = latent_settings(config)
    torch.manual_seed(config.seed)
    vae = learners.autoencoder(settings)
    tower = towers.build(towers.DEFAULT).requires_grad_(False) if config.perceptual else None
    learner = learners.Reconstruction(vae, settings, tower)
    Loop(learner, Pictures(faces.images), settings, journal, stage="autoencoder", prefix="autoencoder/").fit()
    return Autoencoder(vae).to(device)


def load(folder: Path) -> Any:
    """An autoencoder as diffusers saves it, or the folder of a model that has one in `vae/`.

    Raises:
        MissingWeights: there is none. BadWeights: it cannot be read.
    """
    folder = folder / "vae" if (folder / "vae").is_dir() else folder
    if not (folder / "config.json").is_file():
        raise MissingWeights(
            f"{folder} holds no autoencoder. Set autoencoder to own, or to the folder artifacts/model of a run of "
            "`mien train latent --preset full --wait`."
        )
    try:
        return AutoencoderKL.from_pretrained(folder, torch_dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise BadWeights(f"{folder} cannot be read as a diffusers autoencoder: {error}") from error


def latent_settings(config: Id3Config) -> LatentConfig:
    """The latent recipe's settings for an autoencoder of this run."""
    return LatentConfig.build({
        "seed": config.seed, "steps": config.vae_steps, "batch": config.vae_batch, "lr": config.vae_lr,
        "schedule": "cosine", "warmup": min(100, config.vae_steps // 10), "clip": 1.0, "device": config.device,
        "precision": config.precision, "vae_widths": config.vae_widths, "perceptual": config.perceptual,
        "size_px": config.size_px, "levels": config.levels,
    })  # fmt: skip


@torch.inference_mode()
def encoded(autoencoder: Autoencoder, faces: Faces, config: Id3Config, journal: Journal) -> Tensor:
    """A sample of the latents of each picture and, after it, of its mirror image: (2 N, 4, h, w) of unit variance."""
    device = pick_device(config.device)
    noise, parts = torch.Generator().manual_seed(config.seed), []
    for start in range(0, len(faces), PART):
        images = to_unit(np.asarray(faces.images[start : start + PART])).to(device) * 2 - 1
        views = torch.stack([images, images.flip(-1)], 1).flatten(0, 1)
        with autocast(device, config.precision):
            posterior = autoencoder.vae.encode(views).latent_dist
        mean, spread = posterior.mean.float().cpu(), posterior.std.float().cpu()
        parts.append(mean + spread * torch.randn(mean.shape, generator=noise))
        journal.phase("latents", start / len(faces))
        if journal.stopping():
            raise Stopped("Stopped while pictures were encoded; resume it to go on.")
    latents = torch.cat(parts)
    autoencoder.vae.register_to_config(scaling_factor=float(1 / latents.std()))
    return (latents / latents.std()).clone()
