"""What happens on a face at moments drawn at random: blinks, glances, syllables, smiles, nods, changes of mood.

Each kind is an endless stream, drawn in the order of time from a generator of its own: what happens up to a time
never depends on how much more is drawn.

Blinks: 8 to 26 a minute (15 on average; Bentivoglio et al., 1997: 17 at rest, more in talk), 0.15 to 0.3 s long.
Glances: fixations of 0.25 to 3 s between saccades that last 21 ms and 2.2 ms a degree (Bahill et al., 1975). Speech:
phrases of 0.8 to 3.5 s with pauses between them; syllables at 3 to 7 Hz. Times in seconds.
"""

import functools
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from engines.faceworld.basis import load_basis
from engines.faceworld.photo import sample_expression

Rng = np.random.Generator
FACES: dict[str, dict[str, float]] = {
    "a": {"jawOpen": 0.28, "mouthLowerDown": 0.12, "mouthUpperUp": 0.08},
    "e": {"jawOpen": 0.18, "mouthStretch": 0.16, "mouthLowerDown": 0.12},
    "i": {"jawOpen": 0.08, "mouthStretch": 0.26, "mouthSmile": 0.10},
    "o": {"jawOpen": 0.19, "mouthFunnel": 0.36},
    "u": {"jawOpen": 0.09, "mouthPucker": 0.42},
    "m": {"mouthPress": 0.34, "mouthRollLower": 0.22},
    "smile": {"mouthSmile": 1.0, "cheekSquint": 0.6, "eyeSquint": 0.3},
    "brows": {"browInnerUp": 1.0, "browOuterUp": 0.8},
}
"""Strengths of actions, of both sides where an action has two: mouths of syllables, a smile, raised brows."""
VOWELS = {"a": 0.26, "e": 0.22, "i": 0.14, "o": 0.14, "u": 0.10, "m": 0.14}
"""Syllables by how often they come."""


@functools.cache
def face(name: str) -> tuple[float, ...]:
    """Strengths (52,) of one of `FACES`."""
    actions = load_basis().actions
    strengths = [0.0] * len(actions)
    for action, strength in FACES[name].items():
        for side in [action] if action in actions else [action + "Left", action + "Right"]:
            strengths[actions.index(side)] = strength
    return tuple(strengths)


class Event(NamedTuple):
    """From `start` to `end`, how strong, and what: a direction (radians) or strengths of actions (52,)."""

    start: float
    end: float
    size: float = 1.0
    what: tuple[float, ...] = ()

    def passed(self, time_s: float) -> float:
        """The share of it that is over, from 0 to 1."""
        return min(max((time_s - self.start) / (self.end - self.start), 0.0), 1.0)


Stream = Callable[[Rng], Iterator[Event]]


def until(stream: Stream, rng: Rng, end_s: float) -> tuple[Event, ...]:
    """The events of a stream that begin before a time."""
    return tuple(takewhile(lambda event: event.start < end_s, stream(rng)))


def blinks(rng: Rng) -> Iterator[Event]:
    """Blinks of one person; the first may be under way when the clip begins."""
    mean = 60 / np.clip(rng.lognormal(np.log(15), 0.3), 8, 26)
    time = -rng.uniform(0, mean)
    while True:
        duration = rng.uniform(0.15, 0.30)
        yield Event(time, time + duration, rng.uniform(0.85, 1.0))
        time += duration + 0.5 + rng.gamma(2.0, (mean - duration - 0.5) / 2)


def glances(rng: Rng) -> Iterator[Event]:
    """Saccades to new directions (x, z) relative to where the person looks on average; most return near to it."""
    time, x, z = -1.0, 0.0, 0.0
    while True:
        spread = rng.choice([0.02, 0.16], p=[0.65, 0.35])
        to_x, to_z = rng.normal(0, spread), rng.normal(0, 0.5 * spread)
        duration = 0.021 + 0.0022 * float(np.degrees(np.hypot(to_x - x, to_z - z)))
        yield Event(time, time + duration, 1.0, (to_x, to_z))
        x, z = to_x, to_z
        time += duration + float(np.clip(rng.gamma(2.0, 0.5), 0.25, 3.0))


def syllables(rng: Rng) -> Iterator[Event]:
    """Speech: one event a syllable, each reaching into its neighbours, in phrases with pauses between them."""
    rate, loud = rng.uniform(3.6, 5.8), rng.uniform(0.7, 1.15)
    time = -rng.uniform(0, 2)
    while True:
        phrase_end = time + rng.uniform(0.8, 3.5)
        while time < phrase_end:
            length = 1 / float(np.clip(rate * rng.lognormal(0, 0.2), 3, 7))
            vowel = str(rng.choice(list(VOWELS), p=list(VOWELS.values())))
            yield Event(time - 0.2 * length, time + 1.2 * length, loud * rng.uniform(0.55, 1.1), face(vowel))
            time += length
        time += rng.gamma(2.0, 0.3) + 0.15


def smiles(rng: Rng) -> Iterator[Event]:
    """Smiles that come, stay and go."""
    time = rng.uniform(-2, 1)
    while True:
        duration = rng.uniform(1.6, 5.0)
        yield Event(time, time + duration, rng.uniform(0.25, 0.6), face("smile"))
        time += duration + rng.gamma(2.0, 1.0)


def nods(rng: Rng) -> Iterator[Event]:
    """Nods of someone who listens; the size is the depth in radians."""
    time = rng.uniform(-1, 3)
    while True:
        duration = rng.uniform(0.7, 1.3)
        yield Event(time, time + duration, rng.uniform(0.03, 0.08))
        time += duration + rng.gamma(2.0, 1.5)


def raised_brows(rng: Rng) -> Iterator[Event]:
    """Brows that go up with a stressed word or at something heard."""
    time = rng.uniform(-1, 4)
    while True:
        duration = rng.uniform(0.4, 1.2)
        yield Event(time, time + duration, rng.uniform(0.15, 0.5), face("brows"))
        time += duration + rng.gamma(2.0, 1.8)


def moods(rng: Rng) -> Iterator[Event]:
    """Expressions (52,) that last; half of all people keep theirs, the others change it every few seconds."""
    changes, time = bool(rng.random() < 0.5), -10.0
    while True:
        yield Event(time, time + rng.uniform(0.5, 1.0), 1.0, tuple(sample_expression(rng, 0.5).tolist()))
        time = max(time, 0.0) + (rng.uniform(2.0, 7.0) if changes else 1e9)
