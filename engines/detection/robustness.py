"""How a detector stands when pictures suffer: five kinds of damage at five severities, on real and forged alike.

The kinds are the field's (block-wise occlusion, contrast, JPEG, blur, lower resolution); the strengths are ours, as the
papers' are not public, and lengths are for pictures of 112 px. Severity 0 is the picture as it is.
Pictures are (N, H, W, 3) uint8 RGB; everything random follows from a seed and the picture's place.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from engines.detection.detector import Detector
from engines.errors import BadConfig
from engines.training.bootstrap import bootstrap
from engines.training.metrics import auc

STRENGTHS: dict[str, tuple[float, ...]] = {
    "jpeg": (85, 70, 55, 40, 25),
    "blur": (0.4, 0.8, 1.2, 1.8, 2.6),
    "contrast": (0.85, 0.7, 0.55, 0.4, 0.25),
    "block": (1, 2, 4, 8, 16),
    "resize": (0.85, 0.7, 0.55, 0.4, 0.25),
}
"""JPEG quality; standard deviation in px; factor on contrast; number of grey blocks; factor on the side."""
SEVERITIES = range(1, 6)
BLOCK_SHARE = 0.125
"""Side of a block as a share of the picture's."""
PART = 256


def damage(pictures: np.ndarray, kind: str, severity: int, seed: int = 0) -> np.ndarray:
    """Pictures (N, H, W, 3) with one kind of damage.

    Raises:
        BadConfig: there is no such kind or severity.
    """
    if kind not in STRENGTHS:
        raise BadConfig(f"There is no damage {kind!r}; there are {', '.join(STRENGTHS)}.")
    if severity not in (0, *SEVERITIES):
        raise BadConfig(f"Severity is 0 to {len(STRENGTHS[kind])}, not {severity}.")
    if severity == 0:
        return pictures
    strength = STRENGTHS[kind][severity - 1]
    one = _KINDS[kind]
    return np.stack([one(picture, strength, np.random.default_rng([seed, n])) for n, picture in enumerate(pictures)])


def rows(
    detectors: dict[str, Detector],
    pictures: np.ndarray,
    labels: np.ndarray,
    group: np.ndarray,
    kinds: Sequence[str] = tuple(STRENGTHS),
    draws: int = 200,
    progress: Callable[[float], None] = lambda done: None,
    severities: Sequence[int] = SEVERITIES,
    seed: int = 0,
) -> Iterator[dict[str, Any]]:
    """One row a detector, kind and severity, as it is found: AUC with a 95 % interval over groups.

    Severity 0 comes once a detector, under the kind "none". Pictures are damaged a part at a time, so that memory does
    not grow with their number.
    """
    wanted = [("none", 0), *((kind, severity) for kind in kinds for severity in severities)]
    for number, (kind, severity) in enumerate(wanted):
        scores = _scores(detectors, pictures, kind, severity, seed)
        for name, values in scores.items():
            area = bootstrap(auc, values, labels, group.tolist(), draws=draws, seed=seed)
            yield {"method": name, "kind": kind, "severity": severity, "auc": area.value, "low": area.low,
                   "high": area.high}  # fmt: skip
        progress((number + 1) / len(wanted))


def _scores(
    detectors: dict[str, Detector], pictures: np.ndarray, kind: str, severity: int, seed: int
) -> dict[str, np.ndarray]:
    found: dict[str, list[np.ndarray]] = {name: [] for name in detectors}
    for start in range(0, len(pictures), PART):
        part = np.asarray(pictures[start : start + PART])
        part = part if kind == "none" else damage(part, kind, severity, seed + start)
        for name, detector in detectors.items():
            found[name].append(detector.probabilities(part))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _jpeg(picture: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=int(quality))
    return np.asarray(Image.open(buffer))


def _blur(picture: np.ndarray, sigma_px: float, rng: np.random.Generator) -> np.ndarray:
    sigma = sigma_px * picture.shape[0] / 112
    return np.rint(gaussian_filter(picture.astype(np.float32), (sigma, sigma, 0), mode="nearest")).astype(np.uint8)


def _contrast(picture: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    mean = picture.mean((0, 1))
    return np.clip(np.rint(mean + factor * (picture - mean)), 0, 255).astype(np.uint8)


def _block(picture: np.ndarray, count: float, rng: np.random.Generator) -> np.ndarray:
    hidden, side = picture.copy(), max(1, round(BLOCK_SHARE * picture.shape[0]))
    for _ in range(int(count)):
        top, left = (int(rng.integers(0, length - side + 1)) for length in picture.shape[:2])
        hidden[top : top + side, left : left + side] = 128
    return hidden


def _resize(picture: np.ndarray, factor: float, rng: np.random.Generator) -> np.ndarray:
    height, width = picture.shape[:2]
    small = Image.fromarray(picture).resize((round(width * factor), round(height * factor)), Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


_KINDS: dict[str, Callable[[np.ndarray, float, np.random.Generator], np.ndarray]] = {
    "jpeg": _jpeg, "blur": _blur, "contrast": _contrast, "block": _block, "resize": _resize,
}  # fmt: skip
