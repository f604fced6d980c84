"""Take the latent model of a finished run into `assets/denoiser`, in half precision, where every installation finds it.

`python -m engines.synthesis.latent.bundle RUN_FOLDER`. The cards hold the run's own settings, seed, data and figures.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from engines.backbones import denoiser
from engines.backbones.cards import Card
from engines.errors import BadInput

CAP_BYTES = 16_000_000
"""What autoencoder and denoiser together may weigh."""
TITLES = {"vae": "Autoencoder of rendered faces, four latents for 16 pixels", "unet": "Denoiser of their latents"}


def bundle(run: Path, to: Path = denoiser.BUNDLED) -> list[Card]:
    """Copy the model of a run, replacing the bundled one.

    Raises:
        BadInput: it was trained on something else than the face world, or is larger than `CAP_BYTES`.
        MissingWeights, BadWeights: as `denoiser.load`.
    """
    model = denoiser.load(run / "artifacts" / "model")
    told, spec = (json.loads((run / f"{name}.json").read_text()) for name in ("result", "spec"))
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        draft = Path(folder) / to.name
        for name, part in (("vae", model.vae), ("unet", model.unet)):
            part.to(torch.float16).save_pretrained(draft / name)
        model.schedule.save_pretrained(draft / "scheduler")
        cards = [_card(name, draft / denoiser.WEIGHTS[name], spec, told) for name in TITLES]
        check(cards)
        (draft / denoiser.CARDS).write_text(json.dumps([asdict(card) for card in cards], indent=1))
        if to.is_dir():
            shutil.rmtree(to)
        draft.replace(to)
    return cards


def check(cards: list[Card]) -> None:
    """Whether a model with these cards may ship.

    Raises:
        BadInput: see `bundle`.
    """
    size = sum(card.size_bytes for card in cards)
    if any(card.data != "face world" for card in cards) or size > CAP_BYTES:
        raise BadInput(
            f"A latent model of {cards[0].data} with {size / 1e6:.1f} MB cannot ship: it must be of the face world and "
            f"at most {CAP_BYTES / 1e6:g} MB."
        )


def _card(name: str, file: Path, spec: dict[str, Any], told: dict[str, Any]) -> Card:
    measured = {key: told[key] for key in ("rebuilt_psnr_db", "rebuilt_l1", "pictures")} if name == "vae" else {}
    return Card(
        name=f"denoiser/{name}",
        title=TITLES[name],
        origin="trained by the recipe latent",
        licence="Apache-2.0",
        command=f"mien train latent --preset {spec['preset']} --wait",
        config=spec["config"],
        seed=int(told["seed"]),
        data=str(told["data"]),
        held_out=measured,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        size_bytes=file.stat().st_size,
    )


if __name__ == "__main__":
    kept = bundle(Path(sys.argv[1]))
    sys.stdout.writelines(f"{card.name}  {card.size_bytes:,} bytes  {card.sha256}\n" for card in kept)
