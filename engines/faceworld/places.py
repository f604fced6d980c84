"""Places behind people, out of focus: rooms, streets, parks, shelves, evening lights, studio paper.

Drawn small and enlarged, which is what a lens out of focus does to them. Linear RGB, muted.
"""

import numpy as np
from PIL import Image

from engines.faceworld.camera import blur, resize

SMALL = 48
Rows = np.ndarray


def background(seed: int) -> np.ndarray:
    """The place of that number as a small linear RGB picture (SMALL, SMALL, 3) float32, to be enlarged."""
    rng = np.random.default_rng([seed, 0xB6])
    v, u = np.mgrid[0:SMALL, 0:SMALL].astype(np.float32) / SMALL
    kind = rng.choice(len(_KINDS), p=_SHARES)
    picture = _KINDS[kind](u, v, rng).astype(np.float32)
    return np.maximum(blur(picture, rng.uniform(0.5, 1.6)), np.float32(0.004))


def _muted(rng: np.random.Generator, low: float, high: float, spread: float = 0.10) -> np.ndarray:
    """A colour near grey, a little warm or cold."""
    warmth = rng.normal(0, spread)
    return rng.uniform(low, high) * np.exp(np.array([warmth, 0, -warmth]) + rng.normal(0, spread / 3, 3))


def _fill(u: Rows, colour: np.ndarray) -> np.ndarray:
    return np.broadcast_to(colour, (*u.shape, 3)).copy()


def _paint(picture: np.ndarray, where: np.ndarray, colour: np.ndarray) -> None:
    picture[where] = colour


def _falloff(picture: np.ndarray, u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    """Light that fades across a wall."""
    x, y = rng.uniform(-0.3, 1.3), rng.uniform(-0.5, 0.6)
    return picture * (0.55 + 0.75 * np.exp(-((u - x) ** 2 + (v - y) ** 2) / rng.uniform(0.4, 1.5)))[..., None]


def _wall(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    picture = _fill(u, _muted(rng, 0.15, 0.65))
    for _ in range(rng.integers(0, 3)):  # pictures on the wall
        x, y, w, h = rng.uniform(-0.1, 1), rng.uniform(-0.1, 0.5), rng.uniform(0.12, 0.4), rng.uniform(0.12, 0.4)
        _paint(picture, (abs(u - x) < w / 2 + 0.02) & (abs(v - y) < h / 2 + 0.02), _muted(rng, 0.03, 0.3))
        _paint(picture, (abs(u - x) < w / 2) & (abs(v - y) < h / 2), _muted(rng, 0.1, 0.6, 0.25))
    return _falloff(picture, u, v, rng)


def _window(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    picture = _falloff(_fill(u, _muted(rng, 0.10, 0.4)), u, v, rng)
    x, w, panes = rng.uniform(-0.1, 1.1), rng.uniform(0.3, 0.6), rng.integers(1, 4)
    inside = (abs(u - x) < w / 2) & (v < rng.uniform(0.6, 1.2))
    sky = _muted(rng, 0.7, 1.1, 0.06) * [0.92, 1, 1.08]
    picture[inside] = (sky * (1.1 - 0.5 * v[..., None]))[inside]
    bars = (np.abs(((u - x) / w + 0.5) * panes % 1 - 0.5) > 0.46) | (np.abs(v * 3 % 1 - 0.5) > 0.46)
    _paint(picture, inside & bars, _muted(rng, 0.2, 0.6))
    return picture


def _shelves(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    wood, rows = _muted(rng, 0.05, 0.25, 0.2), rng.integers(2, 5)
    picture = _fill(u, wood * 0.5)
    shift = rng.random()
    for row in range(rows + 1):
        x = rng.uniform(-0.1, 0.0)
        while x < 1:
            w, h = rng.uniform(0.03, 0.09), rng.uniform(0.55, 0.9) / rows
            foot = (row + shift) / rows
            _paint(picture, (u >= x) & (u < x + w) & (v < foot) & (v > foot - h), _muted(rng, 0.03, 0.5, 0.35))
            x += w
    _paint(picture, np.abs((v * rows - shift + 0.5) % 1 - 0.5) < 0.05, wood)
    return picture


def _park(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    sky = rng.uniform(0.6, 1.0) * np.array([0.86, 0.97, 1.1])
    green = _muted(rng, 0.08, 0.25) * [0.75, 1.0, 0.45]
    picture = _fill(u, sky) * (1.05 - 0.25 * v[..., None])
    horizon = rng.uniform(0.25, 0.8)
    edge = horizon + 0.12 * _wave(u, rng)
    leaves = 0.55 + 0.9 * _clouds(rng)
    foliage = green * np.clip(leaves, 0.15, 1.6)[..., None]
    picture = np.where((v > edge)[..., None], foliage, picture)
    return np.where((v > rng.uniform(0.8, 1.1))[..., None], green * 1.6 + 0.02, picture)


def _street(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    picture = _fill(u, rng.uniform(0.5, 1.0) * np.array([0.9, 0.97, 1.06])) * (1.05 - 0.2 * v[..., None])
    x = rng.uniform(-0.2, 0.0)
    while x < 1:
        w, roof, wall = rng.uniform(0.18, 0.5), rng.uniform(-0.3, 0.5), _muted(rng, 0.08, 0.45, 0.15)
        inside = (u >= x) & (u < x + w) & (v > roof)
        _paint(picture, inside, wall)
        panes = (((u - x) * rng.uniform(9, 16)) % 1 > 0.45) & (((v - roof) * rng.uniform(7, 12)) % 1 > 0.45)
        _paint(picture, inside & panes, wall * rng.uniform(0.3, 0.6))
        x += w
    _paint(picture, v > rng.uniform(0.75, 1.1), _muted(rng, 0.1, 0.25))
    return picture


def _evening(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    picture = _fill(u, _muted(rng, 0.01, 0.06, 0.2)) * (0.7 + 0.6 * v[..., None])
    for _ in range(rng.integers(8, 22)):  # discs of confusion
        x, y, r = rng.random(), rng.random(), rng.uniform(0.02, 0.07)
        glow = np.exp(-((((u - x) ** 2 + (v - y) ** 2) / r**2) ** 3))[..., None]
        picture = picture + glow * _muted(rng, 0.05, 0.6, 0.35)
    return picture


def _studio(u: Rows, v: Rows, rng: np.random.Generator) -> np.ndarray:
    paper = _fill(u, _muted(rng, 0.06, 0.8, 0.07)) * (1 + 0.08 * _clouds(rng)[..., None])
    return _falloff(paper, u, v, rng)


def _wave(u: Rows, rng: np.random.Generator) -> np.ndarray:
    waves = [np.sin(u * f * 6.28 + rng.uniform(0, 6.28)) / f for f in (1.3, 3.1, 6.7)]
    return np.sum(waves, axis=0)


def _clouds(rng: np.random.Generator) -> np.ndarray:
    """Soft noise (SMALL, SMALL) around 0.5."""
    total = np.zeros((SMALL, SMALL), np.float32)
    for cells, weight in ((5, 0.5), (11, 0.3), (23, 0.2)):
        grid = rng.random((cells, cells, 1), dtype=np.float32)
        total += weight * resize(grid, SMALL, Image.Resampling.BICUBIC)[..., 0]
    return total


_KINDS = (_wall, _window, _shelves, _park, _street, _evening, _studio)
_SHARES = (0.27, 0.13, 0.12, 0.15, 0.12, 0.07, 0.14)
