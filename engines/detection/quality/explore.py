"""One forgery and the real frame it was painted on, FreDA between them, and the spectra of all three.

Pictures are (S, S, 3) uint8 RGB as training sees them before they are cropped. Power is |F|², the mean over the three
channels, with F divided by the number of pixels; log power is its log₁₀. `spectra` (S, S) have zero frequency in the
middle, `power` (S // 2 + 1,) is the mean over rings one cycle a picture wide.

Differs from the paper: it is not known whether the paper shows spectra; these are our own.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from engines.data.pixels import to_bytes, to_unit
from engines.detection.quality import freda
from engines.faceworld.dataset import ForgerySpec

PEOPLE = 12
"""Of whom target and source are chosen, by the seed."""
_FLOOR = 1e-12
"""Added to power before its logarithm: far below the rounding of a uint8 picture."""


@dataclass(frozen=True, eq=False)
class Forged:
    """A forgery, the real frame behind it, and its quality Q*, known by construction."""

    fake: np.ndarray
    real: np.ndarray
    known: float


@dataclass(frozen=True, eq=False)
class Explored:
    """FreDA of one forgery: `pictures` and `spectra` by name (fake, real, upgraded), `difference` (S, S, upgraded less
    fake in levels of 255, mean over channels), `mask` (S, S) in [0, 1], and `power` over rings by name."""

    pictures: dict[str, np.ndarray]
    difference: np.ndarray
    mask: np.ndarray
    spectra: dict[str, np.ndarray]
    power: dict[str, np.ndarray]


@lru_cache(maxsize=32)
def forged(family: str, seed: int) -> Forged:
    """A forgery of a family by its number; people of the validation split, whom no training has seen.

    Raises:
        BadConfig: there is no such family.
    """
    spec = ForgerySpec("val", (family,), PEOPLE, reals=0, fakes_per_family=1, seed=seed, partners=True)
    row, _ = spec.row(0)
    return Forged(row["images"], row["targets"], float(row["quality"]))


def explore(
    fake: np.ndarray, real: np.ndarray, cutoff: float, shape: str = "gaussian", amplitude_only: bool = False
) -> Explored:
    """FreDA at one cut-off, a share of the side.

    Raises:
        BadConfig: there is no such mask.
    """
    height, width = fake.shape[:2]
    pair = to_unit(np.stack([fake, real]))
    half = freda.low_pass(height, width, torch.tensor([cutoff]), shape)
    mixed = freda.mix(pair[:1], pair[1:], half, amplitude_only)
    shown = dict(zip(("fake", "real", "upgraded"), torch.cat([pair, mixed]), strict=True))
    log = {name: _power(image) for name, image in shown.items()}
    return Explored(
        pictures={"fake": fake, "real": real, "upgraded": to_bytes(mixed)[0]},
        difference=((mixed - pair[:1])[0].mean(0) * 255).numpy(),
        mask=_whole(half[0], width).numpy(),
        spectra={name: torch.log10(power + _FLOOR).numpy() for name, power in log.items()},
        power={name: radial(power.numpy()) for name, power in log.items()},
    )


def radial(power: np.ndarray) -> np.ndarray:
    """Mean of centred power (H, W) over rings: entry k is at k cycles a picture, to within half a cycle."""
    rows, columns = (np.arange(size) - size // 2 for size in power.shape)
    ring = np.rint(np.hypot(rows[:, None], columns[None, :])).astype(int)
    total, count = np.bincount(ring.ravel(), power.ravel()), np.bincount(ring.ravel())
    return (total / count)[: min(power.shape) // 2 + 1]


def _power(image: Tensor) -> Tensor:
    """(3, H, W) -> centred (H, W)."""
    spectrum = torch.fft.fft2(image.double(), norm="forward")
    return torch.fft.fftshift(spectrum.abs().square().mean(0))


def _whole(half: Tensor, width: int) -> Tensor:
    """A mask over the half-plane (H, W // 2 + 1), symmetric as `freda` makes them, as a centred one (H, W)."""
    columns = (torch.fft.fftfreq(width) * width).round().abs().long()
    return torch.fft.fftshift(half[:, columns])
