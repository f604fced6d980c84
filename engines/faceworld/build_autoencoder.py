"""Trains the autoencoder of the forgery family and writes its weights and card (about a minute).

    python -m engines.faceworld.build_autoencoder

Adam on the mean absolute error of real photographs of the training split, before the camera.
"""

import hashlib
import json
import logging
import time
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from engines import ASSETS
from engines.faceworld.forgery.autoencoder import FILE, SLOPE
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.faceworld.splits import identities
from engines.faceworld.version import NUMBER

SEED, PICTURES, HELD_OUT, STEPS, BATCH, CROP_PX, RATE = 0, 480, 80, 1500, 8, 48, 4e-3
log = logging.getLogger(__name__)


class Autoencoder(nn.Module):
    """(B, 3, H, W) in [0, 1] to the same, through 16 channels at a quarter of the size."""

    def __init__(self) -> None:
        super().__init__()
        self.encode = nn.ModuleList([nn.Conv2d(3, 24, 3, 2, 1), nn.Conv2d(24, 48, 3, 2, 1), nn.Conv2d(48, 16, 3, 1, 1)])
        self.decode = nn.ModuleList(
            [
                nn.Conv2d(16, 48, 3, 1, 1),
                nn.ConvTranspose2d(48, 24, 4, 2, 1),
                nn.ConvTranspose2d(24, 16, 4, 2, 1),
                nn.Conv2d(16, 3, 3, 1, 1),
            ]
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode and decode."""
        for half in (self.encode, self.decode):
            for layer in half[:-1]:
                x = nn.functional.leaky_relu(layer(x), SLOPE)
            x = half[-1](x)
        return x


def main() -> None:
    """Train, and write weights and card to `assets/world`."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model, error = train(photographs("train", PICTURES), photographs("val", HELD_OUT))
    path = ASSETS / "world" / FILE
    save_file(model.state_dict(), path)
    path.chmod(0o644)
    path.with_suffix(".json").write_text(json.dumps(_card(model, error), indent=2) + "\n")
    log.info("held-out error %.4f", error)


def photographs(split: str, count: int) -> torch.Tensor:
    """Real photographs of a split before the camera, (N, 3, 112, 112)."""
    people = identities(split, max(count // 8, 1), SEED)
    pictures = [render(Person.sample(people[i // 8 % len(people)]), Photo.sample(i)).image for i in range(count)]
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous()


def train(pictures: torch.Tensor, held_out: torch.Tensor) -> tuple[Autoencoder, float]:
    """The trained network and its mean absolute error on held-out people."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # the same weights on any machine; the network is too small to share out
    model, started = Autoencoder(), time.monotonic()
    optimiser = torch.optim.Adam(model.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=STEPS, pct_start=0.1)
    draw = torch.Generator().manual_seed(SEED)
    for step in range(STEPS):
        batch = _crops(pictures, draw)
        loss = (model(batch) - batch).abs().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 100 == 0:
            log.info("step %d loss %.4f after %.0f s", step, loss.item(), time.monotonic() - started)
    with torch.no_grad():
        return model, float((model(held_out) - held_out).abs().mean())


def _crops(pictures: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    """A batch of the same square from random pictures; the network is convolutional and learns as well from parts."""
    chosen = torch.randint(len(pictures), (BATCH,), generator=draw)
    top, left = torch.randint(pictures.shape[2] - CROP_PX + 1, (2,), generator=draw).tolist()
    return pictures[chosen, :, top : top + CROP_PX, left : left + CROP_PX]


def _card(model: Autoencoder, error: float) -> dict[str, Any]:
    path = ASSETS / "world" / FILE
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "what": "Convolutional autoencoder of the forgery family 'autoencoder'",
        "made_by": "python -m engines.faceworld.build_autoencoder",
        "seed": SEED,
        "config": {
            "pictures": PICTURES,
            "steps": STEPS,
            "batch": BATCH,
            "crop_px": CROP_PX,
            "learning_rate": RATE,
            "loss": "L1",
        },
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "data": f"{PICTURES} real photographs of the training split, world number {NUMBER}",
        "held_out_mean_absolute_error": round(error, 5),
        "held_out": f"{HELD_OUT} photographs of validation people",
        "licence": "Apache-2.0",
    }


if __name__ == "__main__":
    main()
