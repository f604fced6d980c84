"""What a photograph may put before a face: sunglasses, masks, hats, a hand. Plain numbers; `worn` makes the meshes.

Colours are linear RGB reflectances; kinds and variants are names, so that a page can list them.
"""

from typing import NamedTuple

import numpy as np

from engines.errors import BadConfig

Colour = tuple[float, float, float]
VARIANTS = {
    "none": ("",),
    "sunglasses": ("round", "square", "wide"),
    "surgical": ("plain",),
    "cloth": ("plain", "stripes", "checks", "dots"),
    "hat": ("cap", "beanie", "brimmed"),
    "hand": ("chin", "cheek", "mouth", "eye"),
}
KINDS = tuple(VARIANTS)
BARE = 0.85
"""Share of photographs in which nothing is before the face."""
_SURGICAL = ((0.28, 0.52, 0.68), (0.45, 0.68, 0.72), (0.72, 0.74, 0.75), (0.03, 0.03, 0.035), (0.70, 0.45, 0.50))
_LENSES = ((0.006, 0.006, 0.007), (0.014, 0.008, 0.004), (0.006, 0.010, 0.016), (0.008, 0.012, 0.007))


class Occluder(NamedTuple):
    """What is before the face.

    Args:
        kind: one of `KINDS`. variant: one of `VARIANTS[kind]`.
        colour: of the whole; of a lens; ignored for a hand, which has its owner's skin. accent: of a pattern, a
            band, a frame.
        size: relative to the usual one. height: shift upwards in metres. side: -1 or 1, the person's right or left.
        tilt: radians about the line of sight.
    """

    kind: str = "none"
    variant: str = ""
    colour: Colour = (0.5, 0.5, 0.5)
    accent: Colour = (0.1, 0.1, 0.1)
    size: float = 1.0
    height: float = 0.0
    side: float = 1.0
    tilt: float = 0.0


NONE = Occluder()


def sample_occluder(rng: np.random.Generator, kind: str | None = None) -> Occluder:
    """An occluder drawn at random: none at `BARE`, the other kinds alike; or one of a kind.

    Raises:
        BadConfig: an unknown kind.
    """
    if kind is not None and kind not in KINDS:
        raise BadConfig(f"There is no occluder {kind!r}; there are {', '.join(KINDS)}.")
    draw, other = rng.random(), KINDS[1 + rng.integers(len(KINDS) - 1)]
    kind = kind or ("none" if draw < BARE else other)
    if kind == "none":
        return NONE
    colour, accent = _colours(rng, kind)
    return Occluder(
        kind=kind,
        variant=str(rng.choice(VARIANTS[kind])),
        colour=colour,
        accent=accent,
        size=float(np.exp(rng.normal(0, 0.04))),
        height=float(rng.normal(0, 0.0015)),
        side=float(rng.choice([-1, 1])),
        tilt=float(rng.normal(0, 0.12)),
    )


def _colours(rng: np.random.Generator, kind: str) -> tuple[Colour, Colour]:
    """Colour and accent: surgical masks and lenses come in a few, cloth in any."""
    if kind == "surgical":
        colour = np.array(_SURGICAL[rng.choice(5, p=[0.4, 0.2, 0.2, 0.15, 0.05])])
        return _triple(colour * np.exp(rng.normal(0, 0.05))), _triple(np.minimum(colour * 1.25, 0.78))
    if kind == "sunglasses":
        frame = np.array(((0.012, 0.012, 0.012), (0.10, 0.045, 0.02), (0.30, 0.27, 0.22))[rng.choice(3)])
        return _LENSES[rng.choice(len(_LENSES))], _triple(frame * np.exp(rng.normal(0, 0.2)))
    return _dye(rng), _dye(rng)


def _dye(rng: np.random.Generator) -> Colour:
    """Any colour of cloth: a quarter nearly black or white, the others dyed."""
    level = rng.choice([0.03, 0.6, rng.uniform(0.06, 0.4)], p=[0.2, 0.1, 0.7])
    return _triple(np.clip(level * np.exp(rng.normal(0, 0.45, 3)), 0.01, 0.75))


def _triple(values: np.ndarray) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
