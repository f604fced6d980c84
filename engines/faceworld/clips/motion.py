"""How a head, a hand and a lens move: smooth signals of time, each of them a sum of slow sines.

Head motion in conversation lies below about 1 Hz, with amplitudes that fall with frequency; a hand that holds a
camera sways at 0.3 to 2 Hz and trembles at 6 to 11 Hz. A sum of sines can be evaluated at any time by itself, so that
a frame depends on its time alone and a clip has no end.

Units: seconds, radians, px at 112.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

WAVES = 7
TURNING_PX, TILTING_PX = 51.0, 85.0
"""How far the eyes move in the picture for each radian of yaw or pitch, and of roll, px at 112: a head turns about an
axis 9 cm behind the eyes, and tilts about a point 15 cm below them."""
FOLLOWED = 0.6
"""Share of this that whoever holds a camera follows with it."""


@dataclass(frozen=True, eq=False)
class Sway:
    """Some signals as sums of sines: amplitudes, angular speeds (rad/s) and phases, (signals, waves) each."""

    amplitudes: np.ndarray
    speeds: np.ndarray
    phases: np.ndarray

    @classmethod
    def sample(cls, rng: np.random.Generator, sizes: np.ndarray, band_hz: tuple[float, float]) -> Self:
        """Signals of the given standard deviations, falling as 1/f over a band of frequencies."""
        shape = (len(sizes), WAVES)
        frequencies = np.exp(np.log(band_hz[0]) + rng.random(shape) * np.log(band_hz[1] / band_hz[0]))
        weights = rng.uniform(0.5, 1, shape) / frequencies
        weights *= (sizes * np.sqrt(2 / (weights**2).sum(1)))[:, None]
        return cls(weights, 2 * np.pi * frequencies, rng.uniform(0, 2 * np.pi, shape))

    def __call__(self, time_s: float) -> np.ndarray:
        """The signals (signals,) at a time."""
        return (self.amplitudes * np.sin(self.speeds * time_s + self.phases)).sum(1)


class Posture(NamedTuple):
    """How a head is turned (radians), where it is in the picture (px at 112), how much nearer than on average (as a
    share), and how far what is behind it has moved in the picture: changes from the base photograph."""

    yaw: float
    pitch: float
    roll: float
    right: float
    down: float
    nearer: float
    behind_right: float
    behind_down: float


@dataclass(frozen=True, eq=False)
class HeadMotion:
    """Turning (yaw, pitch, roll) and moving (right, down, nearer) of a head, and the shake of the camera (right, down,
    roll), unless it stands `still`."""

    turning: Sway
    moving: Sway
    shake: Sway
    tremor: Sway
    still: bool

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Self:
        """A head between calm and lively; every third camera stands still."""
        lively, held = rng.uniform(0.35, 1), rng.uniform(0.4, 1)
        return cls(
            turning=Sway.sample(rng, lively * np.radians([6.0, 3.5, 2.5]), (0.08, 0.9)),
            moving=Sway.sample(rng, lively * np.array([1.6, 1.0, 0.012]), (0.06, 0.7)),
            shake=Sway.sample(rng, held * np.array([0.7, 0.7, np.radians(0.35)]), (0.3, 2.0)),
            tremor=Sway.sample(rng, held * np.array([0.06, 0.06, np.radians(0.02)]), (6.0, 11.0)),
            still=bool(rng.random() < 1 / 3),
        )

    def posture(self, time_s: float, nod: float = 0.0) -> Posture:
        """Head and camera at a time; `nod` (radians) adds to the pitch."""
        yaw, pitch, roll = self.turning(time_s) + np.array([0, nod, 0])
        right, down, nearer = self.moving(time_s)
        right, down = right + TURNING_PX * yaw + TILTING_PX * roll, down + TURNING_PX * pitch
        shaken = np.zeros(3) if self.still else self.shake(time_s) + self.tremor(time_s)
        followed = 0 if self.still else FOLLOWED
        behind = shaken[0] - followed * right, shaken[1] - followed * down
        place = (right + behind[0], down + behind[1], nearer, *behind)
        return Posture(*(float(value) for value in (yaw, pitch, roll + shaken[2], *place)))
