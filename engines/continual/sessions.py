"""Sessions: which classes, or which domain, arrive when.

An order is a seed: 0 keeps the stream's own, any other is numpy's legacy permutation under that seed, as the field
draws its order 1993. Classes are renumbered as they arrive, so that after session t the classes seen are 0 ... K_t - 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engines.continual.stream import Part, Stream
from engines.errors import BadConfig


@dataclass(frozen=True)
class Session:
    """One session: its place from 0, its name, the classes that are new in it (as they arrive), how many classes have
    been seen at its end, and its domain or None."""

    number: int
    name: str
    new: tuple[int, ...]
    seen: int
    domain: int | None = None

    @property
    def present(self) -> tuple[int, ...]:
        """The classes whose pictures it has: the new ones, or all of a domain's."""
        return self.new if self.domain is None else tuple(range(self.seen))


@dataclass(frozen=True)
class Plan:
    """A stream in an order. `arrival` (C,) renumbers the stream's labels."""

    stream: Stream
    arrival: np.ndarray
    sessions: tuple[Session, ...]

    def labels(self, part: Part) -> np.ndarray:
        """Labels (N,) as classes arrive."""
        return self.arrival[part.labels]

    def rows(self, part: Part, session: Session) -> np.ndarray:
        """Which pictures of a part belong to a session."""
        if session.domain is not None:
            return np.flatnonzero(part.domains == session.domain)
        return np.flatnonzero(np.isin(self.labels(part), session.new))

    @property
    def by_domain(self) -> bool:
        """Whether all classes are there from the first session on."""
        return self.sessions[0].domain is not None


def order_of(count: int, seed: int) -> np.ndarray:
    """The order (count,) of a seed."""
    return np.arange(count) if seed == 0 else np.random.RandomState(seed).permutation(count)


def plan(stream: Stream, first: int, increment: int, seed: int) -> Plan:
    """Cut a stream into sessions.

    Args:
        first, increment: classes of the first and of each later session; a domain stream has no use for them.
        seed: of the order; a stream that is not to be shuffled keeps its own.

    Raises:
        BadConfig: a session would hold a single class, or the first more classes than there are.
    """
    seed = seed if stream.shuffled else 0
    if stream.domains:
        return _by_domain(stream, seed)
    count = len(stream.classes)
    if not 2 <= first <= count or increment < 2:
        raise BadConfig(
            f"Sessions of {first} and then {increment} classes cannot be cut from {count}: a session needs at "
            "least two classes, as one alone is always right."
        )
    edges = [0, *range(first, count, increment), count]
    return from_groups(stream, [order_of(count, seed)[a:b].tolist() for a, b in pairwise(edges)])


def from_groups(stream: Stream, groups: Sequence[Sequence[int]]) -> Plan:
    """Sessions named one by one, each as the stream's class numbers.

    Raises:
        BadConfig: a session has a single class, a class comes twice, is unknown, or never comes.
    """
    named = [number for group in groups for number in group]
    for place, group in enumerate(groups, start=1):
        if len(group) < 2:
            raise BadConfig(
                f"Session {place} would hold {len(group)} class; a session needs at least two, as one alone is always "
                "right. Change the increment, or the number of classes."
            )
    unknown = [number for number in named if not 0 <= number < len(stream.classes)]
    if unknown:
        raise BadConfig(f"There is no class {unknown[0]}; the stream has classes 0 to {len(stream.classes) - 1}.")
    if len(set(named)) != len(named):
        twice = next(number for number in named if named.count(number) > 1)
        raise BadConfig(f"The class {stream.classes[twice]!r} would arrive twice; name it in one session.")
    if len(named) < len(stream.classes):
        left = next(number for number in range(len(stream.classes)) if number not in named)
        raise BadConfig(f"The class {stream.classes[left]!r} is in no session; name it in one.")
    arrival = np.empty(len(named), np.int64)
    arrival[named] = np.arange(len(named))
    return Plan(stream, arrival, tuple(_in_turn(stream, groups)))


def _in_turn(stream: Stream, groups: Sequence[Sequence[int]]) -> list[Session]:
    sessions, seen = [], 0
    for number, group in enumerate(groups):
        new = tuple(range(seen, seen + len(group)))
        seen += len(group)
        sessions.append(Session(number, _name([stream.classes[one] for one in group]), new, seen))
    return sessions


def _by_domain(stream: Stream, seed: int) -> Plan:
    classes, order = len(stream.classes), order_of(len(stream.domains), seed)
    if classes < 2:
        raise BadConfig(f"{stream.label} has a single class, which is always right; a stream needs two.")
    new = tuple(range(classes))
    sessions = [
        Session(number, stream.domains[domain], () if number else new, classes, int(domain))
        for number, domain in enumerate(order)
    ]
    return Plan(stream, np.arange(classes), tuple(sessions))


def _name(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} … {names[-1]}"
