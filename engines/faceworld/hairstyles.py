"""Hair styles by name: how long, combed whither, how full; and who wears which.

Lengths are metres. A person's variation (parting, hairline, length) is drawn with the style.
"""

from typing import Any, NamedTuple

import numpy as np

from engines.errors import BadConfig


class HairStyle(NamedTuple):
    """How hair grows, lock by lock; a lock is a tapered band of many strands.

    Args:
        name: one of `STYLES`. locks: their number. segments: of each lock.
        length, fringe: of a lock, and of one at the front, in metres. width: of a lock, in metres; tip:
            at its end, as a share of that.
        volume: how far the outer locks stand off the inner ones, in metres. base: how far the scalp itself is raised.
        side, back, up: where locks are combed: from the parting, backwards, upwards. front_side, front_ahead,
            front_down: the same for the fringe.
        gravity: pull downwards against combing. cling: how closely locks follow the skull.
        curl: radius of curls in metres; turns: how many on a lock.
        apart: 0 where locks may fall into the face, 1 where they keep to the hairline and hang beside it.
        scalp: how much of the skin the hair's colour covers. ruffle: how much neighbours differ in direction.
        part: place of the parting. line, slope, peak: hairline over the brow, its fall to the ear, its corners.
    """

    name: str
    locks: int
    segments: int
    length: float
    fringe: float
    width: float
    tip: float
    volume: float
    base: float
    side: float
    back: float
    up: float
    front_side: float
    front_ahead: float
    front_down: float
    gravity: float
    cling: float
    curl: float
    turns: float
    apart: float
    scalp: float
    ruffle: float
    part: float = 0.01
    line: float = 0.074
    slope: float = 0.92
    peak: float = 0.0


_TABLE: tuple[tuple[Any, ...], ...] = (
    # locks, segments; length, fringe, width (mm), tip, volume, base (mm); side, back, up; front side, ahead, down;
    # gravity, cling, curl (mm), turns, apart, scalp, ruffle
    ("none", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1, 0),
    ("shaved", 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.62, 0),
    ("short", 430, 3, 20, 24, 7, 0.3, 3, 7, 0.3, 0.3, 0.1, 0.4, 0.3, 0.1, 0.5, 0.9, 0, 0, 0, 0.97, 0.5),
    ("receding", 340, 3, 18, 16, 6.5, 0.3, 2, 4, 0.3, 0.6, 0, 0.2, -0.4, 0, 0.5, 0.9, 0, 0, 0, 0.9, 0.4),
    ("brushed_up", 380, 4, 24, 44, 8, 0.35, 4, 8, 0.2, 0.7, 0.1, 0.3, 0.3, -1.6, 0.4, 0.35, 0, 0, 0, 0.97, 0.3),
    ("side_part", 380, 6, 42, 85, 9.5, 0.25, 5, 9, 0.9, 0.5, 0, 1.6, -0.1, 0, 0.7, 1, 0, 0, 0.9, 0.98, 0.2),
    ("swept_back", 380, 6, 65, 90, 9.5, 0.25, 5, 9, 0.2, 1.4, 0, 0.3, -1.4, -0.3, 0.4, 1, 0, 0, 0.9, 0.98, 0.15),
    ("fringe", 430, 5, 55, 50, 7.8, 0.2, 5, 9, 0.5, 0.4, 0, 0.3, 0.4, 0.9, 1.2, 1, 0, 0, 0, 0.98, 0.2),
    ("curly", 430, 8, 50, 34, 7.5, 0.4, 10, 14, 0.4, 0.2, 0.1, 0.4, 0.1, 0.1, 0.6, 0.6, 5, 1.5, 0.3, 0.98, 0.8),
    ("afro", 520, 4, 19, 16, 8, 0.5, 5, 42, 0, 0, 0, 0, 0, 0, 0, 0.8, 5, 1.2, 0, 0.99, 0.9),
    ("bob", 400, 9, 175, 185, 12.5, 0.5, 9, 10, 0.9, 0.2, 0, 1.4, -0.2, 0, 2, 1, 0, 0, 1, 0.98, 0.12),
    ("bob_fringe", 400, 9, 175, 51, 9.5, 0.25, 9, 10, 0.9, 0.2, 0, 0.15, 0.4, 0.9, 2, 1, 0, 0, 1, 0.98, 0.12),
    ("long", 400, 10, 300, 300, 13, 0.3, 9, 10, 0.9, 0.2, 0, 1.4, -0.2, 0, 2, 1, 0, 0, 1, 0.98, 0.12),
    ("wavy", 400, 12, 280, 280, 13, 0.3, 12, 12, 0.9, 0.2, 0, 1.4, -0.2, 0, 1.8, 0.9, 8, 2.4, 1, 0.98, 0.25),
    ("tied", 400, 6, 110, 120, 9.5, 0.3, 2, 6, 0.2, 1.4, 0.1, 0.3, -1.5, -0.3, 0.2, 1, 0, 0, 1, 0.98, 0.06),
    ("braids", 230, 9, 260, 260, 9.5, 0.8, 10, 6, 0.8, 0.4, 0, 1.2, -0.4, 0, 2, 1, 0, 0, 1, 0.85, 0.1),
)  # fmt: skip
_MILLIMETRES = ("length", "fringe", "width", "volume", "base", "curl")


def _in_metres(style: HairStyle) -> HairStyle:
    return style._replace(**{name: getattr(style, name) / 1000 for name in _MILLIMETRES})


_STYLES = {row[0]: _in_metres(HairStyle(*row)) for row in _TABLE}
STYLES = tuple(_STYLES)
_MALE = {
    "short": 5,
    "brushed_up": 3,
    "side_part": 4,
    "swept_back": 2,
    "fringe": 1.5,
    "curly": 1.5,
    "shaved": 2,
    "none": 0.4,
}
_FEMALE = {"long": 5, "wavy": 4, "bob": 3, "bob_fringe": 2, "tied": 4, "curly": 1.5, "side_part": 0.7, "short": 0.5}
_AFRICAN_MALE = {"short": 5, "afro": 3, "shaved": 3, "none": 1, "braids": 1}
_AFRICAN_FEMALE = {"afro": 4, "braids": 3.5, "curly": 2, "tied": 3, "short": 1, "long": 1}


def sample_style(
    rng: np.random.Generator,
    male: bool,
    old: float,
    african: float,
    name: str | None = None,
    receding: float | None = None,
) -> HairStyle:
    """A style by sex, age (`old` is 0 to about 30 years and 1 at about 65) and African ancestry's share; of that name
    and with its hairline so far back in [0, 1], if they are given.

    Raises:
        BadConfig: an unknown name.
    """
    shares = _shares(male, old, african)
    drawn = str(rng.choice(list(shares), p=np.array([*shares.values()]) / sum(shares.values())))
    thinning = float(male) * old * rng.random()
    return style_named(name or drawn, rng, thinning if receding is None else receding)


def _shares(male: bool, old: float, african: float) -> dict[str, float]:
    """How often each style is worn, relative to the others."""
    if male:  # men lose hair with age
        shares: dict[str, float] = dict(_AFRICAN_MALE if african > 0.5 else _MALE)
        return {**shares, "none": shares["none"] + 2.5 * old, "receding": 0.4 + 7 * old}
    if old > 0.5:  # older women wear it shorter
        return {**(_AFRICAN_FEMALE if african > 0.5 else _FEMALE), "bob": 5, "short": 2, "curly": 3}
    return dict(_AFRICAN_FEMALE if african > 0.5 else _FEMALE)


def style_named(name: str, rng: np.random.Generator, thinning: float = 0.0) -> HairStyle:
    """A style with one person's parting, hairline and length; `thinning` in [0, 1] raises the hairline's corners.

    Raises:
        BadConfig: an unknown name.
    """
    if name not in _STYLES:
        raise BadConfig(f"There is no hair style {name!r}; there are {', '.join(STYLES)}.")
    style, scale = _STYLES[name], float(np.exp(rng.normal(0, 0.13)))
    thinning = max(thinning, 0.75 if name == "receding" else 0.0)
    return style._replace(
        length=style.length * scale,
        fringe=style.fringe * (scale if style.apart > 0.5 else scale**0.5),
        part=float(rng.choice([-1, 1]) * rng.uniform(0.0, 0.030)),
        line=float(rng.uniform(0.064, 0.076) + 0.016 * thinning),
        slope=float(rng.uniform(0.82, 1.02)),
        peak=float(rng.uniform(-0.005, 0.006) - 0.020 * thinning),
    )
