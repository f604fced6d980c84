"""A detector of forged clips: a body, a head on the mean of its features, and a calibration.

Since the head is linear, a clip's logit is the mean of its frames' logits wherever the body gives features by frame.
Saved as `engines.detection.detector` saves those of pictures: `clips.safetensors` with what training changed, and
`clips.json`, the card that says how to build the rest.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engines.backbones import towers
from engines.backbones.precision import autocast
from engines.backbones.weights import inspect
from engines.detection.learner import classified
from engines.detection.sta import bodies
from engines.errors import BadInput, BadWeights
from engines.training.calibration import Calibration
from engines.training.snapshot import load_trainable, trainable_state

WEIGHTS, CARD = "clips.safetensors", "clips.json"


class ClipDetector(nn.Module):
    """(B, T, 3, S, S), RGB float in [0, 1] -> logit of "forged" (B,).

    Args:
        body: see `bodies`. dropout: before the head, in training. card: what `clips.json` holds.
    """

    body: Any

    def __init__(self, body: nn.Module, dropout: float, card: dict[str, Any]):
        super().__init__()
        self.body = body
        self.dropout, self.head = nn.Dropout(dropout), nn.Linear(int(self.body.width), 2)
        self.card = card

    def class_logits(self, clips: Tensor) -> Tensor:
        """Logits of (real, forged), (B, 2)."""
        return self.head(self.dropout(self.body(clips).mean(1)))

    def forward(self, clips: Tensor) -> Tensor:
        """Logit of "forged", (B,)."""
        return self.frame_logits(clips).mean(1)

    def frame_logits(self, clips: Tensor) -> Tensor:
        """Logit of each frame (B, T), or of the clip (B, 1) where frames have none."""
        features = self.body(clips)
        with torch.autocast(features.device.type, enabled=False):  # in bfloat16, close scores would tie
            logits = self.head(features.float())
        return logits[..., 1] - logits[..., 0]

    @property
    def calibration(self) -> Calibration:
        """Logit -> probability, fitted on held-out people."""
        return Calibration.from_dict(self.card["calibration"])

    @torch.inference_mode()
    def assess(self, clips: np.ndarray, batch: int = 8) -> np.ndarray:
        """Calibrated P(forged) (N,) of clips (N, T, H, W, 3) uint8, faces as in training; any T.

        Raises:
            BadInput: it is no such array, or smaller than the crop.
        """
        side = int(self.card["crop_px"])
        if clips.ndim != 5 or clips.dtype != np.uint8 or clips.shape[-1] != 3 or min(clips.shape[2:4]) < side:
            raise BadInput(
                f"Clips are (N, T, H, W, 3) uint8 of {side} px or more, not {clips.shape} {clips.dtype}; align the "
                "faces first, each clip in one frame of reference."
            )
        top, left = (clips.shape[2] - side) // 2, (clips.shape[3] - side) // 2
        crops = torch.from_numpy(np.ascontiguousarray(clips[:, :, top : top + side, left : left + side]))
        device = next(self.parameters()).device
        parts = [
            self(part.to(device).permute(0, 1, 4, 2, 3).float() / 255).float().cpu() for part in crops.split(batch)
        ]
        return self.calibration(torch.cat(parts).numpy())

    def save(self, folder: Path) -> None:
        """Write the detector into an existing folder."""
        save_file({name: value.contiguous().cpu() for name, value in trainable_state(self).items()}, folder / WEIGHTS)
        (folder / CARD).write_text(json.dumps(self.card, indent=1, sort_keys=True))

    @classmethod
    def load(cls, folder: Path) -> "ClipDetector":
        """Read a saved detector.

        Raises:
            BadWeights: the folder is not a detector of clips, or its file is damaged.
        """
        if not (folder / CARD).is_file():
            raise BadWeights(f"{folder} holds no {CARD}. Choose the folder artifacts/model of a finished run of video.")
        inspect(folder / WEIGHTS)
        detector = build(json.loads((folder / CARD).read_text()))
        load_trainable(detector, load_file(folder / WEIGHTS))
        return detector.eval()


def build(card: dict[str, Any]) -> ClipDetector:
    """An untrained detector as its card describes it.

    Raises:
        BadConfig, MissingWeights, BadWeights: see `towers.build`, `bodies.truncate` and `bodies.adapt`.
    """
    if card["kind"] == "r2plus1d":
        return ClipDetector(bodies.R2Plus1D(card["width"]), card["dropout"], card)
    tower = towers.build(card["tower"], card["pretrained"])
    bodies.truncate(tower, card["layers"])
    if card["kind"] == "tall":
        return ClipDetector(bodies.Thumbnail(tower, card["scale"]), card["dropout"], card)
    if card["kind"] == "sta":
        bodies.adapt(
            tower, card["frames"], card["bottleneck"], tuple(card["kernels"]), card["heads"], tuple(card["streams"]),
            card["cross"],
        )  # fmt: skip
    trained = {"sta": "adapters", "average": "none", "full": "all"}[card["kind"]]
    return ClipDetector(bodies.FrameTower(tower, trained), card["dropout"], card)


class ClipLearner(nn.Module):
    """What the loop trains: `forward({"clips": (B, T, 3, S, S), "labels": (B,)})` -> losses, by class besides."""

    def __init__(self, detector: ClipDetector):
        super().__init__()
        self.detector = detector

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        return classified(self.detector.class_logits(batch["clips"]), batch["labels"])


@torch.inference_mode()
def each_view(
    detector: nn.Module,
    of: Callable[[Tensor], Tensor],
    clips: Callable[[list[int]], Tensor],
    count: int,
    precision: str,
    progress: Callable[[float], None],
    batch: int = 8,
) -> np.ndarray:
    """What `of` says of every test view, (N, views, ...) float32.

    Args:
        clips: numbers of test clips -> their views (B, views, T, 3, S, S).
    """
    device, parts = next(detector.parameters()).device, []
    for start in range(0, count, batch):
        views = clips(list(range(start, min(start + batch, count))))
        with autocast(device, precision):
            said = of(views.flatten(0, 1).to(device)).float().cpu()
        parts.append(said.unflatten(0, views.shape[:2]))
        progress(min(1.0, (start + batch) / count))
    return torch.cat(parts).numpy()
