"""Drift over a set of face-world clips: how well one number tells forged clips from real ones, family by family.

Each clip is one person's, filmed once as it is and once forged by each family, so that real and forged differ in the
forgery alone. Drift is measured on the landmarks that are true, and on those that the bundled reader sees.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engines.analysis.drift import OrganDrift, organ_drift
from engines.analysis.face_tracks import read_landmarks
from engines.errors import BadConfig
from engines.faceworld.clips import FAMILIES, FPS, Clip, Film, film, forge_clip
from engines.faceworld.people import Person
from engines.training import metrics

REAL = "real"
SOURCES = ("true landmarks", "68 read")
Row = dict[str, Any]


def measure(
    families: Sequence[str] = FAMILIES,
    clips: int = 8,
    frames: int = 50,
    seed: int = 0,
    size_px: int = 112,
    progress: Callable[[float], None] = lambda done: None,
) -> list[Row]:
    """Film, forge and measure: a row a clip, kind and source of landmarks.

    Returns:
        Rows `{kind, clip, source, all, fast, <organ>, <organ> fast}`: `OrganDrift.number` and `rms`, in distances
        between the eyes.

    Raises:
        BadConfig: fewer than two clips, or an unknown family.
    """
    if clips < 2:
        raise BadConfig(f"A set has two clips or more, not {clips}.")
    rows: list[Row] = []
    kinds = (REAL, *families)
    for number in range(clips):
        asked = Clip.sample(seed * 1000 + number, 7 * number + seed, frames)
        for place, kind in enumerate(kinds):
            taken = _taken(kind, asked, number, seed, size_px)
            for source, found in _measured(taken):
                rows.append({"kind": kind, "clip": number, "source": source, **_numbers(found)})
            progress((number + (place + 1) / len(kinds)) / clips)
    return rows


def told_apart(rows: Sequence[Row], source: str, number: str, draws: int = 400) -> list[Row]:
    """How well a number tells each family from the real clips: `{kind, auc, low, high}`; clips are resampled whole.

    Args:
        source: of the landmarks. number: a column of `measure`'s rows, as "all" or "fast".
    """
    kept = [row for row in rows if row["source"] == source]
    found = []
    for kind in dict.fromkeys(row["kind"] for row in kept if row["kind"] != REAL):
        pair = [row for row in kept if row["kind"] in (REAL, kind)]
        labels, clips = [int(row["kind"] == kind) for row in pair], [row["clip"] for row in pair]
        interval = metrics.bootstrap(metrics.auc, [row[number] for row in pair], labels, clips, draws=draws)
        found.append({"kind": kind, "auc": interval.value, "low": interval.low, "high": interval.high})
    return found


def _taken(kind: str, asked: Clip, number: int, seed: int, size_px: int) -> Film:
    if kind == REAL:
        return film(asked, size_px)
    return forge_clip(kind, asked, Person.sample(7 * number + seed + 3), seed * 1000 + number, size_px=size_px).film


def _measured(taken: Film) -> Iterator[tuple[str, OrganDrift]]:
    times = np.arange(len(taken)) / FPS
    for source, points in zip(SOURCES, (taken.landmarks, read_landmarks(taken.frames)), strict=True):
        yield source, organ_drift(points, times)


def _numbers(found: OrganDrift) -> dict[str, float]:
    fast = {f"{organ} fast": value for organ, value in found.rms(fast=True).items()}
    return {"all": found.number(), "fast": found.number(fast=True), **found.rms(), **fast}
