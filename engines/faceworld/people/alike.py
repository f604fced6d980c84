"""Look-alikes and identical twins: people made from other people."""

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.people.person import FARTHEST, Person, built, draw_marks, plain
from engines.faceworld.people.traits import TRAITS, Traits

TWINS_APART = 0.22
"""Standard deviation of each coefficient between identical twins; between strangers it is 1.4."""
_BLENDED = 1 << 40
"""Numbers of people between two others begin here; sampled people are far below."""


def between(one: Person, other: Person, share: float) -> Person:
    """A look-alike: `share` of the way from one person to the other. Numbers are mixed, names and marks are those of
    the nearer; codes keep their length, so that faces half way are no more average than others.

    Raises:
        BadConfig: a share outside [0, 1].
    """
    if not 0 <= share <= 1:
        raise BadConfig(f"A share is 0 to 1, not {share}.")
    nearer = one if share < 0.5 else other
    code = _arc(one.code.astype(np.float64), other.code.astype(np.float64), share)
    identity = one.identity if share == 0 else other.identity if share == 1 else _number(one, other, share)
    return built(identity, _mixed(one.traits, other.traits, share), plain(code), nearer.marks)


def twin(person: Person, number: int = 1) -> Person:
    """An identical twin: the same but for a slightly different shape, other moles, texture and strands.

    Raises:
        BadConfig: a negative number.
    """
    if number < 0:
        raise BadConfig(f"A twin's number is 0 or more, not {number}.")
    rng = np.random.default_rng([person.identity, number, 0x717])
    code = np.clip(person.code + rng.normal(0, TWINS_APART, len(person.code)), -FARTHEST, FARTHEST)
    changes: dict[str, Any] = {}
    for name in ("brow_thickness", "brow_arch", "flush", "under_eye", "evenness", "lip_red"):
        low, high = TRAITS[name].low, TRAITS[name].high
        shifted = getattr(person.traits, name) + rng.normal(0, 0.05) * (high - low)
        changes[name] = float(np.clip(shifted, low, high))
    identity = _number(person, person, 1 + number)
    return built(identity, replace(person.traits, **changes), plain(code), draw_marks(rng))


def _arc(one: np.ndarray, other: np.ndarray, share: float) -> np.ndarray:
    """Along the great circle between two codes, their lengths mixed."""
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    angle = np.arccos(np.clip(one @ other / (lengths[0] * lengths[1]), -1, 1))
    if angle < 1e-6:
        return one + share * (other - one)
    weights = np.sin([(1 - share) * angle, share * angle]) / np.sin(angle)
    mixed = weights[0] * one / lengths[0] + weights[1] * other / lengths[1]
    return mixed * ((1 - share) * lengths[0] + share * lengths[1])


def _mixed(one: Traits, other: Traits, share: float) -> Traits:
    values = {}
    for name, trait in TRAITS.items():
        a, b = getattr(one, name), getattr(other, name)
        values[name] = (a if share < 0.5 else b) if trait.choices else (1 - share) * a + share * b
    return Traits(**values)


def _number(one: Person, other: Person, share: float) -> int:
    digest = hashlib.sha256(f"{one.identity} {other.identity} {share!r}".encode()).digest()
    return _BLENDED + int.from_bytes(digest[:4], "big")
