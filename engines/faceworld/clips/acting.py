"""What a face does in a clip: events to strengths of the head model's 52 actions, and to a direction of gaze.

Three ways to behave: "speak", "listen" (nods) and "smile" (in silence). Mouth shapes of neighbouring syllables
overlap, as they do in speech; a mood leaves the mouth to speech; a blink closes what is open.
"""

import functools
from dataclasses import dataclass
from typing import Self

import numpy as np

from engines.faceworld.basis import load_basis
from engines.faceworld.clips.events import (
    Event,
    blinks,
    glances,
    moods,
    nods,
    raised_brows,
    smiles,
    syllables,
    until,
)

MANNERS = {"speak": 0.6, "listen": 0.2, "smile": 0.2}
"""Ways to behave, and how often they are drawn."""
_STREAMS = (blinks, glances, moods, raised_brows, syllables, nods, smiles)


@dataclass(frozen=True, eq=False)
class Acting:
    """All events of a face up to the end of a clip."""

    manner: str
    blinks: tuple[Event, ...]
    glances: tuple[Event, ...]
    moods: tuple[Event, ...]
    brows: tuple[Event, ...]
    syllables: tuple[Event, ...]
    nods: tuple[Event, ...]
    smiles: tuple[Event, ...]

    @classmethod
    def sample(cls, seed: int, end_s: float, manner: str | None = None) -> Self:
        """A face's acting for a time; each kind of event has a generator of its own."""
        drawn = np.random.default_rng([seed, 0xAC7]).choice(list(MANNERS), p=list(MANNERS.values()))
        manner = manner or str(drawn)
        events = [
            until(stream, np.random.default_rng([seed, number, 0xAC7]), end_s)
            for number, stream in enumerate(_STREAMS, 1)
        ]
        for number, owner in ((4, "speak"), (5, "listen"), (6, "smile")):
            if manner != owner:
                events[number] = ()
        return cls(manner, *events)

    def expression(self, time_s: float) -> np.ndarray:
        """Strengths (52,) float32 at a time."""
        strengths = self._mood(time_s)
        for event in _during(self.syllables, time_s):
            strengths += np.float32(event.size * _swell(event, time_s)) * np.array(event.what, np.float32)
        for event in _during(self.smiles + self.brows, time_s):
            strengths += np.float32(event.size * _plateau(event, time_s)) * np.array(event.what, np.float32)
        np.clip(strengths, 0, 0.9, out=strengths)
        lids = _lids()
        closed = self.closed(time_s)
        strengths[lids] += np.float32(closed) * (1 - strengths[lids])
        strengths[_wide()] *= np.float32(1 - closed)
        return strengths

    def closed(self, time_s: float) -> float:
        """How far a blink has closed the lids, from 0 to 1: shut after a third of it, then opening slowly."""
        amount = 0.0
        for event in _during(self.blinks, time_s):
            passed = event.passed(time_s)
            part = passed * 3 if passed < 1 / 3 else (1 - passed) * 1.5
            amount = max(amount, event.size * _smooth(part))
        return amount

    def gaze(self, time_s: float) -> np.ndarray:
        """Where the eyes point (x, z) in radians, relative to their average direction."""
        before, at, share = np.zeros(2), np.zeros(2), 1.0
        for event in self.glances:
            if event.start > time_s:
                break
            before, at = at, np.array(event.what)
            share = _smooth(event.passed(time_s))
        return before + share * (at - before)

    def nod(self, time_s: float) -> float:
        """What nods add to the pitch, in radians: twice down and up, fading."""
        return sum(
            event.size * (1 - 0.5 * event.passed(time_s)) * np.sin(2 * np.pi * event.passed(time_s)) ** 2
            for event in _during(self.nods, time_s)
        )

    def _mood(self, time_s: float) -> np.ndarray:
        strengths = np.zeros(len(load_basis().actions), np.float32)
        for event in self.moods:
            if event.start > time_s:
                break
            strengths += np.float32(_smooth(event.passed(time_s))) * (np.array(event.what, np.float32) - strengths)
        strengths[_lids()] = np.minimum(strengths[_lids()], 0.1)
        if self.manner == "speak":
            strengths[_mouth()] *= np.float32(0.35)
        return strengths


def _during(events: tuple[Event, ...], time_s: float) -> list[Event]:
    return [event for event in events if event.start <= time_s < event.end]


def _smooth(share: float) -> float:
    return share * share * (3 - 2 * share)


def _swell(event: Event, time_s: float) -> float:
    """Up and down again."""
    return float(np.sin(np.pi * event.passed(time_s)) ** 2)


def _plateau(event: Event, time_s: float) -> float:
    """Up within 0.35 s (or half of it), down again at the end."""
    ramp = min(0.35, (event.end - event.start) / 2)
    return _smooth(min(1.0, (time_s - event.start) / ramp, (event.end - time_s) / ramp))


@functools.cache
def _numbers(*beginnings: str) -> np.ndarray:
    return np.array([i for i, name in enumerate(load_basis().actions) if name.startswith(beginnings)])


def _lids() -> np.ndarray:
    return _numbers("eyeBlink")


def _wide() -> np.ndarray:
    return _numbers("eyeWide")


def _mouth() -> np.ndarray:
    return _numbers("mouth", "jaw")
