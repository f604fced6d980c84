"""Facial feature drift: how far each organ of a face strays from its place, frame by frame.

Yan et al., "Generalizing Deepfake Video Detection with Plug-and-Play" (CVPR 2025, arXiv 2408.17065), name the wobble of
organs between frames that generators leave which work frame by frame. Differs from the paper, which shows the wobble
and does not measure it; the measure is this:

1. The landmarks of each frame are brought onto the clip's mean face by the similarity of least absolute distance. Parts
   count alike, and since distances are not squared, a part that strays does not drag the others with it.
2. A part's displacement is its mean landmark less the mean of that over the clip, in distances between the eyes.
3. An organ's displacement is the root mean square of its parts'. What a similarity cannot undo stays in: a head that
   turns sideways, speech, a blink; these are slow, so the share of the movement above `FAST_HZ` is told apart.

Landmarks are (..., T, P, 2) px with P = 68 (iBUG) or 5 (eyes, nose tip, mouth corners); frames that are not a number
stand for frames without a face. All clips of a batch are measured together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engines.errors import BadInput

Floats = NDArray[np.float64]
Parts = Mapping[str, tuple[tuple[int, ...], ...]]

OF_68: Parts = {
    "brows": (tuple(range(17, 22)), tuple(range(22, 27))),
    "eyes": (tuple(range(36, 42)), tuple(range(42, 48))),
    "nose": (tuple(range(27, 36)),),
    "mouth": (tuple(range(48, 68)),),
    "jaw": (tuple(range(17)),),
}
OF_5: Parts = {"eyes": ((0,), (1,)), "nose": ((2,),), "mouth": ((3, 4),)}
"""Organ -> its parts, lists of landmarks; eyes and brows have two."""

STILL = ("brows", "eyes", "nose")
"""Organs that speech moves little: the clip's one number is theirs."""
FAST_HZ = 4.0
"""Heads turn below about 1 Hz and syllables follow each other at 3 to 5: what an organ does faster, it does alone."""
_ROUNDS, _NEAR = 30, 1e-5
"""Of the reweighting, and the distance, in distances between the eyes, below which points no longer pull harder."""


@dataclass(frozen=True)
class OrganDrift:
    """What the organs of one clip do.

    Attributes:
        organs: their names, K of them.
        times: of the frames (T,), seconds.
        parts: displacement of each part (T, Q, 2), right and down, in distances between the eyes; not a number where
            there was no face.
        owner: organ of each part (Q,).
    """

    organs: tuple[str, ...]
    times: Floats
    parts: Floats
    owner: NDArray[np.int64]

    @property
    def size(self) -> Floats:
        """How far each organ is from its place in each frame (T, K), in distances between the eyes."""
        return np.sqrt(_pooled((self.parts**2).sum(-1), self.owner))

    def spectrum(self) -> tuple[Floats, Floats]:
        """Frequencies (F,) Hz, and how much of each organ's mean square lies at each (F, K), see `spectrum`."""
        frequencies, power = spectrum(self.parts, self.times)
        return frequencies, _pooled(power, self.owner)

    def rms(self, fast: bool = False) -> dict[str, float]:
        """Organ -> root mean square of its displacement; with `fast`, of what lies above `FAST_HZ`."""
        if fast:
            frequencies, power = self.spectrum()
            values = np.sqrt(power[frequencies > FAST_HZ].sum(0))
        else:
            values = np.sqrt(np.nanmean(self.size**2, axis=0))
        return dict(zip(self.organs, values.tolist(), strict=True))

    def peak_hz(self) -> dict[str, float]:
        """Organ -> the frequency at which it moves most."""
        frequencies, power = self.spectrum()
        return dict(zip(self.organs, frequencies[power.argmax(0)].tolist(), strict=True))

    def number(self, fast: bool = False) -> float:
        """The clip's one number: root mean square over the organs that stand still in speech."""
        return float(np.sqrt(np.mean([value**2 for organ, value in self.rms(fast).items() if organ in STILL])))


def organ_drift(landmarks: ArrayLike, times: ArrayLike) -> OrganDrift:
    """The drift of one clip's landmarks (T, P, 2).

    Raises:
        BadInput: fewer than two frames with a face, another number of landmarks, or times that do not fit or do not
            rise.
    """
    points, seconds = np.asarray(landmarks, np.float64), np.asarray(times, np.float64)
    if points.ndim != 3 or seconds.shape != points.shape[:1] or (np.diff(seconds) <= 0).any():
        raise BadInput(f"A clip has landmarks (T, P, 2) and T rising times, not {points.shape} and {seconds.shape}.")
    parts, owner = displacement(points)
    return OrganDrift(tuple(_organs(points)), seconds, parts, owner)


def displacement(landmarks: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    """How each part of the face is displaced: (..., T, Q, 2) in distances between the eyes, and its organ (Q,).

    Args:
        landmarks: (..., T, P, 2) px, a clip or a batch of them.

    Raises:
        BadInput: P is neither 68 nor 5, or a clip has fewer than two frames with a face.
    """
    points = np.asarray(landmarks, np.float64)
    organs = _organs(points)
    parts, owner = _listed(organs)
    placed, apart = aligned(points)
    centres = np.stack([placed[..., list(part), :].mean(-2) for part in parts], -2)
    centres -= np.nanmean(centres, axis=-3, keepdims=True)
    return centres / apart[..., None, None, None], owner


def aligned(landmarks: ArrayLike) -> tuple[Floats, Floats]:
    """Each frame's landmarks brought onto its clip's mean face: (..., T, P, 2) px, and the distance between the mean
    face's eyes (...).

    Raises:
        BadInput: as for `displacement`.
    """
    points = np.asarray(landmarks, np.float64)
    organs = _organs(points)
    parts, _ = _listed(organs)
    share = np.zeros(points.shape[-2])
    for part in parts:
        share[list(part)] += 1 / (len(part) * len(parts))
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(points).all((-1, -2)))
    if (seen.sum(-1) < 2).any():
        raise BadInput("Drift needs a face in two frames at least; take a longer clip, or one that shows a face.")
    flat = points[..., 0] + 1j * points[..., 1]  # (..., T, P)
    first = np.take_along_axis(flat, seen.argmax(-1)[..., None, None], -2)
    flat = np.where(seen[..., None], flat, first)
    reference = first[..., 0, :]
    for _ in range(2):
        reference = _mean_seen(_onto(flat, reference, share), seen)
    placed = _onto(flat, reference, share)
    marks = np.where(seen[..., None, None], np.stack([placed.real, placed.imag], -1), np.nan)
    return marks, _eye_distance(reference, organs)


def spectrum(signal: ArrayLike, times: ArrayLike) -> tuple[Floats, Floats]:
    """Frequencies (F,) Hz, and the share of a signal's mean square at each, (F, ...), summed over its two axes.

    The signal (T, ..., 2) is laid onto even times of the clip's median rate, gaps and uneven frames by straight lines;
    mean and slope are taken out, and a Hann window is put over it. The shares sum to about its mean square.
    """
    values, seconds = np.asarray(signal, np.float64), np.asarray(times, np.float64)
    even, step = _even(values.reshape(len(values), -1), seconds)
    count = len(even)
    line = np.linspace(-1, 1, count)[:, None]
    even = even - even.mean(0) - line * (line * even).sum(0) / max(float((line**2).sum()), 1e-12)
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(count) / count))[:, None]
    power = np.abs(np.fft.rfft(window * even, axis=0)) ** 2 / (count * (window**2).sum())
    power[1 : (count + 1) // 2] *= 2  # the negative frequencies; the highest of an even count has none
    shares: Floats = np.asarray(power.reshape(-1, *values.shape[1:]).sum(-1), np.float64)
    return np.fft.rfftfreq(count, step).astype(np.float64), shares


def _even(values: Floats, seconds: Floats) -> tuple[Floats, float]:
    step = float(np.median(np.diff(seconds)))
    grid = np.arange(round((seconds[-1] - seconds[0]) / step) + 1) * step + seconds[0]
    columns = []
    for column in values.T:
        known = np.isfinite(column)
        columns.append(np.interp(grid, seconds[known], column[known]))
    return np.stack(columns, 1), step


def _onto(points: NDArray[np.complex128], reference: NDArray[np.complex128], share: Floats) -> NDArray[np.complex128]:
    """Frames (..., T, P) under the similarities of least absolute distance to a face (..., P): least squares again and
    again, each point weighing as the inverse of what it missed by."""
    wanted = reference[..., None, :]
    near = _NEAR * np.abs(reference - reference.mean(-1, keepdims=True)).max(-1)[..., None, None]
    weight = np.broadcast_to(share, points.shape)
    placed = points
    for _ in range(_ROUNDS):
        weight = weight / weight.sum(-1, keepdims=True)
        middle, target = (weight * points).sum(-1, keepdims=True), (weight * wanted).sum(-1, keepdims=True)
        centred = points - middle
        turn = (weight * centred.conj() * (wanted - target)).sum(-1, keepdims=True)
        size = (weight * np.abs(centred) ** 2).sum(-1, keepdims=True)
        placed = centred * turn / np.maximum(size, 1e-12) + target
        weight = share / np.maximum(np.abs(placed - wanted), near)
    return placed


def _mean_seen(placed: NDArray[np.complex128], seen: NDArray[np.bool_]) -> NDArray[np.complex128]:
    return (placed * seen[..., None]).sum(-2) / seen.sum(-1)[..., None]


def _eye_distance(face: NDArray[np.complex128], organs: Parts) -> Floats:
    left, right = (face[..., list(part)].mean(-1) for part in organs["eyes"])
    return np.maximum(np.abs(right - left), 1e-9)


def _organs(points: Floats) -> Parts:
    if points.ndim < 3 or points.shape[-1] != 2 or points.shape[-2] not in (68, 5):
        raise BadInput(f"Drift is measured on landmarks (..., T, 68, 2) or (..., T, 5, 2), not {points.shape}.")
    return OF_68 if points.shape[-2] == 68 else OF_5


def _listed(organs: Parts) -> tuple[list[tuple[int, ...]], NDArray[np.int64]]:
    pairs = [(part, number) for number, parts in enumerate(organs.values()) for part in parts]
    return [part for part, _ in pairs], np.array([number for _, number in pairs])


def _pooled(values: Floats, owner: NDArray[np.int64]) -> Floats:
    """Means over the parts of each organ: (..., Q) -> (..., K)."""
    return np.stack([values[..., owner == number].mean(-1) for number in range(owner.max() + 1)], -1)
