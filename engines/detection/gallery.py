"""A small set of pictures to look into detectors with, and what a detector makes of each: logits and features.

Of the face world it is made of people that no training saw, all forgery families among them; of a user's data it is
its test split, or all of it where it has no splits.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from engines.analysis.neighbours import stratified
from engines.backbones.device import pick_device
from engines.data.forgery_index import read_index
from engines.data.pixels import to_bytes
from engines.detection.detector import Detector
from engines.detection.folders import FolderSamples
from engines.detection.samples import Samples, WorldSamples
from engines.faceworld.dataset import FAMILIES, ForgerySet, ForgerySpec

WORLD = "world"
PEOPLE, REALS, FAKES = 40, 160, 24
"""People of the face world's set, real photographs, and forgeries of each family."""
MOST = 400
"""Pictures of a user's data, each family keeping its share."""
THUMB_PX = 64
_BATCH = 64

Progress = Callable[[float | None, str], None]


@dataclass(frozen=True, eq=False)
class Seen:
    """What one detector makes of N pictures: logits (N,) of "forged" and pooled features (N, F), both float32."""

    logits: np.ndarray
    features: np.ndarray


def gallery(source: str, crop_px: int, progress: Progress) -> Samples:
    """The set, as crops of a detector's size.

    Args:
        source: "world", or a folder or DeepfakeBench JSON, see `folders`.

    Raises:
        BadInput: the data cannot be read.
    """
    if source != WORLD:
        return _few(source, crop_px)
    spec = ForgerySpec("test", FAMILIES, PEOPLE, REALS, FAKES)
    return WorldSamples(ForgerySet.build(spec, lambda part: progress(part, "rendering the pictures")), crop_px)


def looked_at(detector: Detector, samples: Samples, progress: Progress) -> Seen:
    """Run a detector over the set, once for logits and features together."""
    device = pick_device("auto")
    detector = detector.to(device).eval()
    logits, features = [], []
    with torch.inference_mode():
        for start in range(0, len(samples), _BATCH):
            progress(start / len(samples), "features")
            crops = samples.centre(range(start, min(start + _BATCH, len(samples)))).to(device)
            found = detector.tower(crops).pooled
            features.append(found.float().cpu())
            logits.append(detector.of_features(found).float().cpu())
    return Seen(torch.cat(logits).numpy(), torch.cat(features).numpy())


def thumbnails(samples: Samples) -> np.ndarray:
    """(N, THUMB_PX, THUMB_PX, 3) uint8 RGB, of the test crops."""
    parts = []
    for start in range(0, len(samples), _BATCH):
        crops = to_bytes(samples.centre(range(start, min(start + _BATCH, len(samples)))))
        parts += [np.asarray(Image.fromarray(crop).resize((THUMB_PX, THUMB_PX))) for crop in crops]
    return np.stack(parts)


def described(samples: Samples) -> dict[str, np.ndarray]:
    """What is known of each picture: `label` (N,) 1 forged, `family`, `person` (or video), and, of the face world,
    `quality` (Q*, 1 for reals) and `source` (whose face was used)."""
    known = {"label": samples.labels, "family": samples.family, "person": samples.group}
    if isinstance(samples, WorldSamples):
        known |= {"quality": samples.pictures.quality, "source": samples.source_id}
    return known


def _few(source: str, crop_px: int) -> FolderSamples:
    whole = FolderSamples(read_index(source, "test"), "face", crop_px, frames=1)
    keep = stratified(whole.family, MOST)
    if len(keep) == len(whole):
        return whole
    return FolderSamples([whole.video(int(place)) for place in keep], "face", crop_px, frames=1)
