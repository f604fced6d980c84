"""A detector: a vision tower, a linear head, and a calibration; what is trained, saved, shipped and asked.

Saved as a folder: `detector.safetensors` with only what training changed, and `detector.json`, the card that says how
to build the rest: tower, method, rank, crop, calibration, held-out figures.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engines import ASSETS
from engines.backbones import towers
from engines.backbones.precision import autocast
from engines.backbones.weights import Card, inspect
from engines.data.pixels import to_unit
from engines.detection import methods
from engines.detection.novelty import Novelty
from engines.detection.samples import Samples, centre_crop
from engines.errors import BadWeights
from engines.training.calibration import Calibration
from engines.training.snapshot import load_trainable, trainable_state

WEIGHTS, CARD = "detector.safetensors", "detector.json"
BUNDLED = ASSETS / "detectors"


class Detector(nn.Module):
    """(B, 3, S, S), RGB float in [0, 1] -> logit of "forged" (B,).

    Args:
        tower: any `engines.backbones` tower, tuned in place by `methods.prepare`.
        head: Linear(feature_width, 2) read as softmax, or Linear(feature_width, 1) read as sigmoid.
        card: what `detector.json` holds.
    """

    def __init__(self, tower: towers.Tower, head: nn.Linear, card: dict[str, Any]):
        super().__init__()
        self.tower, self.head, self.card = tower, head, card
        self.novelty = Novelty(tower.feature_width)

    def class_logits(self, images: Tensor) -> Tensor:
        """Logits of (real, forged), (B, 2); a one-way head reads as (0, logit)."""
        return self.two_way(self.tower(images).pooled)

    def forward(self, images: Tensor) -> Tensor:
        """Logit of "forged", (B,)."""
        return self.of_features(self.tower(images).pooled)

    def of_features(self, features: Tensor) -> Tensor:
        """Logit of "forged" from pooled features (B, F) -> (B,)."""
        logits = self.two_way(features)
        return logits[:, 1] - logits[:, 0]

    def two_way(self, features: Tensor) -> Tensor:
        """Logits of (real, forged) from pooled features (B, F) -> (B, 2)."""
        logits = self.head(features)
        return logits if logits.shape[1] == 2 else torch.cat([torch.zeros_like(logits), logits], 1)

    def train(self, mode: bool = True) -> Self:
        """As of any module, but a frozen tower stays in evaluation mode, so that its batch norms stay frozen too."""
        super().train(mode)
        if not any(parameter.requires_grad for parameter in self.tower.parameters()):
            self.tower.eval()
        return self

    @property
    def crop_px(self) -> int:
        """Side of the crops it was trained on."""
        return int(self.card["crop_px"])

    @property
    def calibration(self) -> Calibration:
        """Logit -> probability, fitted on held-out identities."""
        return Calibration.from_dict(self.card["calibration"])

    @torch.inference_mode()
    def assess(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Aligned pictures (N, 112, 112, 3) uint8 -> calibrated P(forged) (N,), and novelty (N,), see `Novelty`."""
        device = next(self.parameters()).device
        logits, novelty = [], []
        for crops in to_unit(centre_crop(images, self.crop_px)).split(64):
            with autocast(device):
                features = self.tower(crops.to(device)).pooled
            logits.append(self.of_features(features.float()).cpu())
            novelty.append(self.novelty(features).cpu())
        return self.calibration(torch.cat(logits).numpy()), torch.cat(novelty).double().numpy()

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        """Calibrated P(forged) of aligned pictures (N, 112, 112, 3) uint8 -> (N,) float64."""
        return self.assess(images)[0]

    def logit_model(self) -> nn.Module:
        """The network from crops (B, 3, S, S) in [0, 1] to the logit (B,), for attribution."""
        return self

    def save(self, folder: Path) -> None:
        """Write the detector into an existing folder."""
        state = {name: value.contiguous().cpu() for name, value in trainable_state(self).items()}
        save_file(state, folder / WEIGHTS)
        (folder / CARD).write_text(json.dumps(self.card, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> "Detector":
        """Read a saved detector.

        Raises:
            BadWeights: the folder is not a detector, or its file is damaged or not the one its card names.
        """
        if not (folder / CARD).is_file():
            raise BadWeights(f"{folder} holds no {CARD}. Choose the folder artifacts/model of a finished run.")
        card = json.loads((folder / CARD).read_text())
        inspect(folder / WEIGHTS)
        digest = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
        if card.get("sha256", digest) != digest:
            raise BadWeights(
                f"{folder / WEIGHTS} has SHA-256 {digest}, but its card names {card['sha256']}; it was changed or "
                "damaged. Install Mien again."
            )
        detector = build(card)
        load_trainable(detector, load_file(folder / WEIGHTS))
        methods.after_load(detector.tower)
        return detector.eval()


def build(card: dict[str, Any]) -> Detector:
    """An untrained detector as its card describes it."""
    tower = towers.build(card["tower"], card.get("pretrained", True))
    methods.prepare(tower, card["method"], **card["options"])
    head = nn.Linear(tower.feature_width, 2 if card["head"] == "softmax2" else 1)
    return Detector(tower, head, card)


def bundled_detectors() -> dict[str, Path]:
    """Detectors that ship, by name."""
    return {folder.parent.name: folder.parent for folder in sorted(BUNDLED.glob(f"*/{CARD}"))}


def cards() -> list[Card]:
    """Cards of the bundled detectors, in the form that all bundled weights have."""
    return [
        _common(name, folder, json.loads((folder / CARD).read_text())) for name, folder in bundled_detectors().items()
    ]


def _common(name: str, folder: Path, card: dict[str, Any]) -> Card:
    pools = {row["family"]: [row["auc"], row["low"], row["high"]] for row in card["held_out"]}
    return Card(
        name=f"detectors/{name}",
        title=f"Detector {card['name']} on {card['tower']}",
        origin="trained by the recipe effort",
        licence=card["licence"],
        command=card["recipe"],
        config=card["config"],
        seed=card["seed"],
        data=card["data"],
        held_out={f"auc of {family}, with its 95 % interval": numbers for family, numbers in pools.items()},
        sha256=card["sha256"],
        size_bytes=(folder / WEIGHTS).stat().st_size,
    )


def over(samples: Samples, batch: int = 64) -> Iterator[Tensor]:
    """The test crops of a data set, in batches."""
    for start in range(0, len(samples), batch):
        yield samples.centre(range(start, min(start + batch, len(samples))))


@torch.inference_mode()
def score(
    model: Callable[[Tensor], Tensor],
    samples: Samples,
    precision: str = "auto",
    progress: Callable[[float], None] = lambda done: None,
) -> np.ndarray:
    """What a model says of each test crop, (N,) or (N, F) float32; `progress` hears the part done."""
    device, parts, done = _device(model), [], 0
    for crops in over(samples):
        with autocast(device, precision):
            parts.append(model(crops.to(device)).float().cpu())
        done += len(crops)
        progress(done / len(samples))
    return torch.cat(parts).numpy()


def _device(model: Callable[[Tensor], Tensor]) -> torch.device:
    owner = model if isinstance(model, nn.Module) else getattr(model, "__self__", None)
    return next(owner.parameters()).device if isinstance(owner, nn.Module) else torch.device("cpu")
