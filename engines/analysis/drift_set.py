"""Drift over a set of face-world clips: how well one number tells forged clips from real ones, family by family.

Each clip is one person's, filmed once as it is and once forged by each family, so that real and forged differ in the
forgery alone. Drift is measured on the landmarks that are true, and on those that the bundled reader sees; of what is
made of a real clip's pixels (video-level blending) only the latter are there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engines.analysis.drift import OrganDrift, organ_drift
from engines.analysis.face_tracks import read_landmarks
from engines.errors import BadConfig
from engines.faceworld.clips import FAMILIES, FPS, Clip, Film, film, forge_clip
from engines.faceworld.people import Person
from engines.training import metrics
from engines.training.bootstrap import bootstrap

REAL = "real"
TRUE, READ = "true landmarks", "68 read"
SOURCES = (TRUE, READ)
Row = dict[str, Any]
Made = Callable[[Film, int], np.ndarray]
"""A real film and a number -> pictures (T, H, W, 3) uint8 made of it."""


def measure(
    families: Sequence[str] = FAMILIES,
    clips: int = 8,
    frames: int = 50,
    seed: int = 0,
    size_px: int = 112,
    made: Mapping[str, Made] | None = None,
    progress: Callable[[float], None] = lambda done: None,
) -> list[Row]:
    """Film, forge and measure: a row a clip, kind and source of landmarks.

    Args:
        families: of `faceworld.clips`. clips, frames: how many, and how long. made: further kinds, from real films.

    Returns:
        Rows `{kind, clip, source, all, fast, <organ>, <organ> fast}`: `OrganDrift.number` and `rms`, in distances
        between the eyes.

    Raises:
        BadConfig: fewer than two clips, or an unknown family.
    """
    if clips < 2:
        raise BadConfig(f"A set has two clips or more, not {clips}.")
    rows: list[Row] = []
    more = made or {}
    for number in range(clips):
        asked = Clip.sample(seed * 1000 + number, 7 * number + seed, frames)
        real = film(asked, size_px)
        rows += _rows(REAL, number, real)
        for family in families:
            source = Person.sample(7 * number + seed + 3)
            forged = forge_clip(family, asked, source, seed * 1000 + number, size_px=size_px)
            rows += _rows(family, number, forged.film)
        for kind, make in more.items():
            points = read_landmarks(make(real, seed * 1000 + number))
            rows.append({"kind": kind, "clip": number, "source": READ, **_numbers(_drift(points))})
        progress((number + 1) / clips)
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
        interval = bootstrap(metrics.auc, [row[number] for row in pair], labels, clips, draws=draws)
        found.append({"kind": kind, "auc": interval.value, "low": interval.low, "high": interval.high})
    return found


def _rows(kind: str, number: int, taken: Film) -> Iterator[Row]:
    for source, points in ((TRUE, taken.landmarks), (READ, read_landmarks(taken.frames))):
        yield {"kind": kind, "clip": number, "source": source, **_numbers(_drift(points))}


def _drift(points: np.ndarray) -> OrganDrift:
    return organ_drift(points, np.arange(len(points)) / FPS)


def _numbers(found: OrganDrift) -> dict[str, float]:
    fast = {f"{organ} fast": value for organ, value in found.rms(fast=True).items()}
    return {"all": found.number(), "fast": found.number(fast=True), **found.rms(), **fast}
