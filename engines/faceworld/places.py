"""Places behind people, out of focus: rooms, windows, shelves, kitchens, offices, parks, streets, evenings, studios.

Drawn small as soft shapes and enlarged, which is what a lens out of focus does to them. Linear RGB, muted. A place
decides the light on the person, see `light`.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engines.faceworld.canvas import Canvas
from engines.faceworld.optics import softened, softening

SMALL = 64


class Place(NamedTuple):
    """A place: its kind, one of `KINDS`, and its number among them."""

    kind: str
    number: int


def sample_place(rng: np.random.Generator) -> Place:
    """A place drawn at random."""
    return Place(KINDS[int(np.searchsorted(_UP_TO, rng.random()))], int(rng.integers(1 << 31)))


@functools.lru_cache(maxsize=32)
def background(place: Place) -> np.ndarray:
    """A place as a small linear RGB picture (SMALL, SMALL, 3) float32, to be enlarged; not to be written to."""
    rng = np.random.default_rng([place.number, KINDS.index(place.kind), 0xB6])
    picture = _DRAWN[place.kind](rng).painted(SMALL)
    band = softening(SMALL, float(rng.uniform(0.4, 1.5)), SMALL)
    picture = np.maximum(softened(picture, band), np.float32(0.004))
    picture.flags.writeable = False
    return picture


def panned(picture: np.ndarray, right_px: float, down_px: float) -> np.ndarray:
    """A place as it is seen when the camera is turned: moved in the picture, by px at 112, its edges repeated."""
    if not (right_px or down_px):
        return picture
    from scipy.ndimage import shift  # a tenth of a second that a first picture need not wait

    moved = shift(picture, (down_px * SMALL / 112, right_px * SMALL / 112, 0), order=1, mode="nearest")
    moved.flags.writeable = False
    return moved


def _muted(rng: np.random.Generator, low: float, high: float, spread: float = 0.10) -> np.ndarray:
    """A colour near grey, a little warm or cold; warm more often."""
    warmth, *noise = rng.normal(0, spread, 4)
    warmth += 0.3 * spread
    return rng.uniform(low, high) * np.exp(np.array([warmth, 0, -warmth]) + np.array(noise) / 3)


def _walled(rng: np.random.Generator, low: float, high: float) -> tuple[Canvas, np.ndarray]:
    """A wall on which light fades, and its colour."""
    wall = _muted(rng, low, high)
    canvas = Canvas(wall)
    canvas.sheen(rng.uniform(-0.3, 1.3), rng.uniform(-0.5, 0.6), rng.uniform(0.5, 1.1), 0.55, 1.25)
    return canvas, wall


def _room(rng: np.random.Generator) -> Canvas:
    """A wall with pictures; a door or a cupboard, a sofa, a plant or a lamp."""
    canvas, wall = _walled(rng, 0.18, 0.62)
    for _ in range(rng.integers(0, 3)):
        u, v, w, h = rng.uniform((0, -0.1, 0.14, 0.14), (0.9, 0.4, 0.4, 0.4))
        canvas.rect(u, v, u + w, v + h, _muted(rng, 0.02, 0.35, 0.2))
        canvas.rect(u + 0.025, v + 0.025, u + w - 0.025, v + h - 0.025, _muted(rng, 0.10, 0.6, 0.25), 0.4)
    if rng.random() < 0.4:
        u, w, wood = rng.uniform(-0.2, 0.9), rng.uniform(0.25, 0.45), _muted(rng, 0.08, 0.6, 0.2)
        canvas.rect(u - 0.04, rng.uniform(-0.4, 0.2), u + w + 0.04, 2, wall * 1.25)
        canvas.rect(u, rng.uniform(-0.3, 0.2), u + w, 2, wood, 0.2)
        canvas.rect(u + 0.06, 0.3, u + w - 0.06, 0.75, wood * 0.85)
    if rng.random() < 0.5:
        u, v, cloth = rng.uniform(-0.4, 0.5), rng.uniform(0.62, 0.9), _muted(rng, 0.04, 0.4, 0.25)
        canvas.rect(u, v, u + rng.uniform(0.6, 1.1), 2, cloth, -0.2)
        canvas.rect(u + 0.05, v + 0.05, u + 0.5, v + 0.25, cloth * 1.25)
    if rng.random() < 0.35:
        _plant(canvas, rng)
    if rng.random() < 0.25:
        u, v = rng.uniform(0.05, 0.95), rng.uniform(0.1, 0.6)
        canvas.rect(u - 0.10, v - 0.12, u + 0.10, v + 0.08, [0.95, 0.72, 0.42])
        canvas.rect(u - 0.012, v + 0.08, u + 0.012, 2, wall * 0.25)
        canvas.sheen(u, v, 0.35, 0.9, 1.5)
    return canvas


def _plant(canvas: Canvas, rng: np.random.Generator) -> None:
    u, v, green = rng.choice([0.08, 0.92]), rng.uniform(0.35, 0.8), _muted(rng, 0.06, 0.16) * [0.7, 1.0, 0.45]
    for du, dv, radius in rng.uniform((-0.12, -0.2, 0.05), (0.12, 0.15, 0.10), (9, 3)):
        canvas.disc(u + du, v + dv, radius, green * rng.uniform(0.6, 1.5))
    canvas.rect(u - 0.07, v + 0.15, u + 0.07, 2, _muted(rng, 0.1, 0.5, 0.2))


def _window(rng: np.random.Generator) -> Canvas:
    """A window with sky, what stands under it, bars, and curtains."""
    canvas, wall = _walled(rng, 0.12, 0.4)
    left, width, foot = rng.uniform(-0.3, 0.5), rng.uniform(0.45, 0.8), rng.uniform(0.55, 1.2)
    right, frame = left + width, _muted(rng, 0.35, 0.65, 0.05)
    canvas.rect(left - 0.04, -1, right + 0.04, foot + 0.04, frame)
    canvas.rect(left, -1, right, foot, _muted(rng, 0.75, 1.1, 0.05) * [0.92, 1, 1.10], 0.25)
    if rng.random() < 0.5:
        skyline = foot - rng.uniform(0.12, 0.5)
        for u in np.arange(left, right, 0.12):
            roof = skyline + rng.uniform(-0.15, 0.1)
            canvas.rect(u, roof, min(u + 0.12, right), foot, _muted(rng, 0.25, 0.55, 0.08))
    else:
        canvas.leaves(foot - rng.uniform(0.2, 0.5), foot, 0.12, rng.uniform(0, 99), [0.13, 0.22, 0.09])
        canvas.rect(-1, foot, 2, 2, wall * 0.8)
        canvas.rect(left - 0.06, foot, right + 0.06, foot + 0.05, frame)
        canvas.rect(-1, -1, left - 0.04, foot + 0.05, wall)
        canvas.rect(right + 0.04, -1, 2, foot + 0.05, wall)
    for k in range(1, int(rng.integers(2, 4))):
        u = left + width * k / 2
        canvas.rect(u - 0.015, -1, u + 0.015, foot, frame * 0.85)
    canvas.rect(left, 0.18, right, 0.21, frame * 0.85)
    if rng.random() < 0.6:
        cloth = _muted(rng, 0.25, 0.6, 0.15)
        for edge, inward in ((left, 1), (right, -1)):
            for k in range(4):
                u = edge - 0.08 * inward + 0.05 * k * inward
                canvas.rect(min(u, u + 0.05 * inward), -1, max(u, u + 0.05 * inward), 2, cloth * (0.8, 1.1)[k % 2])
    return canvas


def _shelves(rng: np.random.Generator) -> Canvas:
    """Books and things on boards."""
    wood, rows, shift = _muted(rng, 0.06, 0.28, 0.2), int(rng.integers(2, 5)), rng.random()
    canvas = Canvas(wood * 0.35)
    for row in range(rows + 1):
        foot, u = (row + shift) / rows, rng.uniform(-0.1, 0.0)
        while u < 1:
            kind, w = rng.random(), rng.uniform(0.03, 0.085)
            if kind < 0.85:
                height, colour = rng.uniform(0.55, 0.85) / rows, _muted(rng, 0.03, 0.45, 0.30)
                canvas.rect(u, foot - height, u + w - 0.006, foot, colour)
                canvas.rect(u, foot - 0.8 * height, u + w - 0.006, foot - 0.7 * height, colour * 1.5 + 0.05)
            elif kind < 0.92:
                w = 0.14
                canvas.disc(u + 0.07, foot - 0.07, 0.065, _muted(rng, 0.1, 0.5, 0.25))
            u += w
        canvas.rect(-1, foot - 0.01, 2, foot + 0.035, wood * 1.15)
    canvas.sheen(rng.uniform(0, 1), rng.uniform(-0.3, 0.5), 0.9, 0.6, 1.25)
    return canvas


def _kitchen(rng: np.random.Generator) -> Canvas:
    """Cupboards above, tiles, things on a counter."""
    canvas, wall = _walled(rng, 0.3, 0.65)
    front, above, counter = _muted(rng, 0.15, 0.65, 0.15), rng.uniform(0.1, 0.4), rng.uniform(0.65, 0.95)
    for k in range(7):
        canvas.rect(-1, above + 0.09 * k, 2, above + 0.09 * k + 0.008, wall * 0.75)
    u, width = rng.uniform(-0.3, 0), rng.uniform(0.28, 0.45)
    while u < 1:
        canvas.rect(u, -1, u + width - 0.015, above, front, 0.15)
        canvas.rect(u + width - 0.06, above - 0.12, u + width - 0.045, above - 0.03, front * 0.3)
        canvas.rect(u, counter + 0.06, u + width - 0.015, 2, front * 0.85)
        u += width
    canvas.rect(-1, counter, 2, counter + 0.05, _muted(rng, 0.05, 0.5, 0.15))
    for u in rng.uniform(0, 1, rng.integers(1, 5)):
        w, h = rng.uniform(0.04, 0.15), rng.uniform(0.08, 0.25)
        canvas.rect(u, counter - h, u + w, counter, _muted(rng, 0.04, 0.5, 0.3), 0.3)
    return canvas


def _office(rng: np.random.Generator) -> Canvas:
    """A far wall, panels of light above, glass, desks and screens."""
    canvas = Canvas(_muted(rng, 0.3, 0.6, 0.05))
    ceiling = rng.uniform(0.05, 0.35)
    canvas.rect(-1, -1, 2, ceiling, _muted(rng, 0.4, 0.65, 0.04))
    for k, u in enumerate(np.arange(rng.uniform(-0.3, 0.1), 1, 0.38)):
        canvas.rect(u, ceiling - 0.16 + 0.03 * (k % 2), u + 0.22, ceiling - 0.10 + 0.03 * (k % 2), [1.3, 1.3, 1.3])
    for u in np.arange(rng.uniform(-0.2, 0.1), 1, rng.uniform(0.22, 0.4)):
        canvas.rect(u, ceiling, u + 0.02, 2, _muted(rng, 0.05, 0.3, 0.05))
    desks = rng.uniform(0.6, 0.85)
    canvas.rect(-1, desks, 2, 2, _muted(rng, 0.12, 0.4, 0.15), 0.3)
    for u in np.arange(rng.uniform(-0.1, 0.2), 1, 0.36):
        canvas.rect(u, desks - 0.17, u + 0.25, desks - 0.01, [0.03, 0.03, 0.035])
        if rng.random() < 0.6:
            canvas.rect(
                u + 0.015, desks - 0.155, u + 0.235, desks - 0.03, _muted(rng, 0.25, 0.7, 0.12) * [0.85, 1, 1.2]
            )
    return canvas


def _park(rng: np.random.Generator) -> Canvas:
    """Sky, far and near trees, grass and a path."""
    canvas = Canvas(rng.uniform(0.65, 1.0) * np.array([0.84, 0.97, 1.12]))
    green, horizon = _muted(rng, 0.09, 0.2) * [0.75, 1.0, 0.42], rng.uniform(0.6, 0.95)
    canvas.leaves(rng.uniform(0.0, 0.6), horizon, 0.22, rng.uniform(0, 99), green * 1.2 + 0.06)
    for u in rng.uniform(-0.05, 1.0, rng.integers(0, 4)):
        canvas.rect(
            u, rng.uniform(-0.2, 0.4), u + rng.uniform(0.02, 0.06), horizon + 0.04, _muted(rng, 0.03, 0.10, 0.2)
        )
    canvas.rect(-1, horizon, 2, 2, green * 1.9 + 0.03, 0.3)
    if rng.random() < 0.3:
        canvas.rect(-1, horizon + 0.06, 2, horizon + 0.12, _muted(rng, 0.3, 0.5))
    if rng.random() < 0.6:
        canvas.leaves(rng.uniform(0.55, 1.0), 2, 0.13, rng.uniform(0, 99), green * 0.7)
    for u, v in rng.uniform((0, 0), (1, horizon), (rng.integers(0, 9), 2)):
        canvas.glow(u, v, rng.uniform(0.02, 0.05), [0.16, 0.18, 0.12])
    return canvas


def _street(rng: np.random.Generator) -> Canvas:
    """Houses with windows, a row of shops, cars, the road."""
    canvas = Canvas(rng.uniform(0.55, 1.0) * np.array([0.9, 0.97, 1.06]))
    u, ground = rng.uniform(-0.3, 0.0), rng.uniform(0.72, 1.05)
    while u < 1:
        w, roof, wall = rng.uniform(0.25, 0.6), rng.uniform(-0.4, 0.45), _muted(rng, 0.10, 0.45, 0.14)
        canvas.rect(u, roof, u + w, ground, wall, 0.2)
        across, down = int(rng.integers(2, 5)), rng.uniform(0.14, 0.2)
        for v in np.arange(max(roof, -0.1) + 0.05, ground - 0.25, down):
            for k in range(across):
                left = u + w * (k + 0.25) / across
                canvas.rect(left, v, left + 0.5 * w / across, v + 0.6 * down, wall * rng.uniform(0.25, 0.7))
        canvas.rect(u, ground - 0.2, u + w, ground - 0.02, _muted(rng, 0.04, 0.5, 0.25))
        u += w
    canvas.rect(-1, ground, 2, 2, _muted(rng, 0.12, 0.3, 0.05))
    for u in rng.uniform(-0.2, 1, rng.integers(0, 3)):
        paint = _muted(rng, 0.02, 0.5, 0.25)
        canvas.rect(u, ground - 0.08, u + 0.35, ground + 0.03, paint)
        canvas.rect(u + 0.07, ground - 0.14, u + 0.27, ground - 0.07, paint * 0.4 + 0.04)
    return canvas


def _evening(rng: np.random.Generator) -> Canvas:
    """Dark houses with lit windows, and lamps as discs of confusion."""
    canvas = Canvas(_muted(rng, 0.015, 0.07, 0.2) * [0.9, 1.0, 1.2])
    u = rng.uniform(-0.3, 0.0)
    while u < 1:
        w, roof = rng.uniform(0.2, 0.5), rng.uniform(-0.2, 0.6)
        canvas.rect(u, roof, u + w, 2, _muted(rng, 0.008, 0.04, 0.2))
        for left, top in rng.uniform((u, max(roof, 0)), (u + w, 1), (rng.integers(1, 6), 2)):
            canvas.rect(left, top, left + 0.05, top + 0.07, np.array([0.55, 0.36, 0.16]) * rng.uniform(0.2, 1))
        u += w
    for u, v, radius in rng.uniform((0, 0, 0.02), (1, 1, 0.075), (rng.integers(6, 20), 3)):
        canvas.glow(u, v, radius, _muted(rng, 0.05, 0.5, 0.4))
    return canvas


def _studio(rng: np.random.Generator) -> Canvas:
    """Paper, lit from a side."""
    canvas = Canvas(_muted(rng, 0.06, 0.8, 0.07))
    canvas.sheen(rng.uniform(0, 1), rng.uniform(0, 0.8), rng.uniform(0.4, 0.9), 0.5, 1.2)
    return canvas


_DRAWN: dict[str, Callable[[np.random.Generator], Canvas]] = {
    "room": _room,
    "window": _window,
    "shelves": _shelves,
    "kitchen": _kitchen,
    "office": _office,
    "park": _park,
    "street": _street,
    "evening": _evening,
    "studio": _studio,
}
KINDS = tuple(_DRAWN)
_UP_TO = np.cumsum([0.22, 0.11, 0.10, 0.08, 0.10, 0.13, 0.11, 0.06])
"""Up to which draw each kind but the last is chosen."""
