"""What the two streams of a trained detector carry: its AUC without one of them, their balance, where they look.

Conditions: each stream switched off alone; the frames of a clip in a random order; its first frame shown throughout.
The last two tell whether time matters to the detector at all, whatever the streams are called.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engines.detection.sta.adapter import STREAMS, Mixer, using, watched
from engines.detection.sta.clips import Films
from engines.detection.sta.detector import ClipDetector, each_view

CONDITIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "whole": (STREAMS, "as filmed"),
    "without spatial": (("temporal",), "as filmed"),
    "without temporal": (("spatial",), "as filmed"),
    "frames shuffled": (STREAMS, "shuffled"),
    "one frame repeated": (STREAMS, "repeated"),
}
"""Name -> the streams that are on, and the order of the frames."""
Hear = Callable[[str, float], None]


def conditions(detector: ClipDetector, films: Films, precision: str, hear: Hear) -> dict[str, np.ndarray]:
    """Logits of the test films (N,) under each condition but the first."""
    found = {}
    for name, (streams, order) in list(CONDITIONS.items())[1:]:
        views, heard = partial(_ordered, films, order), partial(hear, name)
        with using(detector, streams):
            found[name] = each_view(detector, detector, views, len(films), precision, heard).mean(1)
    return found


def _ordered(films: Films, order: str, indices: list[int]) -> Tensor:
    views = films.views(indices)
    frames = views.shape[2]
    if order == "shuffled":
        return views[:, :, torch.randperm(frames, generator=torch.Generator().manual_seed(0))]
    return views[:, :, [0] * frames] if order == "repeated" else views


def examples(films: Films, each: int) -> np.ndarray:
    """Places of the first few films of each family, and of the reals."""
    return np.concatenate([np.flatnonzero(films.family == name)[:each] for name in sorted(set(films.family.tolist()))])


@torch.inference_mode()
def looked_into(detector: ClipDetector, films: Films, each: int = 8) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The balance of the streams by layer and family, as rows; and arrays of one film of each family.

    `spatial` and `temporal` are what a stream adds, relative to what it was given, as root mean squares. The arrays:
    frames (F, T, S, S, 3) uint8, family (F,), and for layer l `received-l` (F, 2, T, h, w) and `between-l`
    (F, 2, T, T), of the attention that hears the spatial and the temporal stream (see `streams.Looked`).
    """
    chosen = examples(films, each)
    family, device = films.family[chosen], next(detector.parameters()).device
    shares: list[np.ndarray] = []
    arrays: dict[str, Any] = {}
    first = [int(np.flatnonzero(family == name)[0]) for name in sorted(set(family.tolist()))]
    with watched(detector) as mixers:
        for place, index in enumerate(chosen.tolist()):
            clip = films.views([index])[:, 0]
            detector(clip.to(device))
            shares.append(np.array([_shares(mixer) for mixer in mixers]))
            if place in first:
                _keep(arrays, mixers, clip)
    stacked = np.stack(shares)  # (clips, layers, 2)
    rows = [
        {"layer": layer, "family": name, **dict(zip(STREAMS, mean[layer].tolist(), strict=True))}
        for name in sorted(set(family.tolist()))
        for mean in [stacked[family == name].mean(0)]
        for layer in range(stacked.shape[1])
    ]
    return rows, {"family": family[first], **{name: np.stack(parts) for name, parts in arrays.items()}}


def _shares(mixer: Mixer) -> list[float]:
    assert mixer.inside is not None
    return [float(getattr(mixer.inside, name)[0]) for name in STREAMS]


def _keep(arrays: dict[str, Any], mixers: list[Mixer], clip: Tensor) -> None:
    shown = (clip[0].permute(0, 2, 3, 1) * 255).round().to(torch.uint8).numpy()
    arrays.setdefault("frames", []).append(shown)
    for layer, mixer in enumerate(mixers):
        assert mixer.inside is not None
        if mixer.inside.looked:
            for name in ("received", "between"):
                both = [getattr(looked, name)[0].float().cpu().numpy() for looked in mixer.inside.looked]
                arrays.setdefault(f"{name}-{layer}", []).append(np.stack(both).astype(np.float32))
