"""What should make one look up: a fall of an old session's accuracy, and rows of a head that were thrown away.

Plain rules over a record's probes, so that they can be read: no test of significance. A probe has few pictures; a fall
that its own sampling would explain is not called one.
"""

from dataclasses import dataclass

import numpy as np

THROWN = 1e3
"""Norm of a head's row above which it no longer turns (see `heads`)."""


@dataclass(frozen=True)
class Alarm:
    """What, in which session (from 0) and how far through it, in words."""

    kind: str
    session: int
    part: float
    words: str


def alarms(probes: np.ndarray, points: float = 20.0, within: int = 5, pictures: int = 0) -> list[Alarm]:
    """All alarms of a record's probes (P, 3 + J), in order; each old session and each session's rows once.

    Args:
        points: fall in accuracy, in points. within: probes over which it falls. pictures: of a session in a probe;
            where given, a fall must also exceed twice the standard error of a difference of two such shares.
    """
    found: list[Alarm] = []
    for session in np.unique(probes[:, 0]).astype(int) if len(probes) else ():
        mine = probes[probes[:, 0] == session]
        found += _thrown(mine, session) + _falls(mine, session, points, within, pictures)
    return found


def _falls(mine: np.ndarray, session: int, points: float, within: int, pictures: int) -> list[Alarm]:
    found = []
    for old in range(session):
        column = mine[:, 3 + old] * 100
        for at in range(len(column)):
            before = column[max(0, at - within) : at + 1]
            fall = before.max() - column[at]
            if fall > max(points, _noise(before.max(), column[at], pictures)):
                part = float(mine[at, 1])
                words = f"Session {old + 1} fell by {fall:.0f} points while session {session + 1} was learned"
                found.append(Alarm("fall", session, part, f"{words}, {part:.0%} of the way through."))
                break
    return found


def _thrown(mine: np.ndarray, session: int) -> list[Alarm]:
    norms = mine[:, 2]
    if not (norms > THROWN).any():
        return []
    at = int(np.argmax(norms > THROWN))
    words = (
        f"A row of the training head has norm {norms[at]:.1e} in session {session + 1}: it was thrown away by its "
        "first step and turns no more. Rows that start at 0 do this; set new_rows to class_mean."
    )
    return [Alarm("row", session, float(mine[at, 1]), words)]


def _noise(first: float, second: float, pictures: int) -> float:
    if not pictures:
        return 0.0
    spread = sum(share * (100 - share) for share in (first, second)) / pictures
    return 2 * float(np.sqrt(spread))
