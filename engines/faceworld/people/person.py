"""A person: an identity is what does not change between photographs.

Kept apart: `traits` (named numbers), `code` (64 coefficients of the head model that no attribute explains) and
`marks` (what is drawn by chance: moles, the place in the noise, the growth of strands, the shape of the glasses).
A person at another age, or with other traits, has the same code and marks.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.hair import Hair, grow_hair, thickened
from engines.faceworld.hairstyles import HairStyle, sample_style
from engines.faceworld.people.ageing import corner_shares, head_age, old, receded
from engines.faceworld.people.groups import GROUPS, draw_traits, mix_of
from engines.faceworld.people.palette import Colour, triple
from engines.faceworld.people.surface import Features, Glasses, Skin, features_of, glasses_of, skin_of
from engines.faceworld.people.traits import Traits

FARTHEST = 2.4
"""Largest coefficient of a code, in standard deviations: beyond, faces look drawn rather than born."""
_UNTHINNED = {"none": "shaved", "receding": "short"}
"""What those who will lose their hair wear before they are 25."""


@dataclass(frozen=True)
class Attributes:
    """What the head model knows of a person: ancestry shares (sum 1), sex and age in years."""

    african: float
    asian: float
    european: float
    male: bool
    years: float

    @property
    def age(self) -> float:
        """The head model's age in [0, 1], see `ageing`."""
        return head_age(self.years)

    @property
    def ancestry(self) -> str:
        """The ancestry mix: the nearest of `MIXES`."""
        return mix_of((self.african, self.asian, self.european))

    @property
    def group(self) -> str:
        """The demographic group, one of `GROUPS`."""
        return f"{self.ancestry}-{'male' if self.male else 'female'}"

    def corners(self) -> np.ndarray:
        """Shares (18,) of the head model's corners."""
        return corner_shares(np.array([self.african, self.asian, self.european]), float(self.male), self.years)


@dataclass(frozen=True)
class Marks:
    """What chance draws on a person: moles (x, z, radius) in metres, the place in the noise, and the seed of the
    strands and the glasses."""

    moles: tuple[Colour, ...]
    offset: Colour
    growth: int


@dataclass(frozen=True, eq=False)
class Person:
    """An identity: number, traits, code (64,), marks, and everything that follows from them.

    `vertices` (V, 3) float32 is the neutral head, its scalp raised under the hair; `offset` places this person's
    texture in the noise.
    """

    identity: int
    traits: Traits
    attributes: Attributes
    code: np.ndarray
    marks: Marks
    vertices: np.ndarray
    skin: Skin
    features: Features
    style: HairStyle
    hair: Hair
    glasses: Glasses

    @property
    def moles(self) -> tuple[Colour, ...]:
        """Moles (x, z, radius), canonical metres."""
        return self.marks.moles

    @property
    def offset(self) -> Colour:
        """Place of this person's texture in the noise."""
        return self.marks.offset

    @classmethod
    def sample(cls, seed: int, group: str | None = None) -> "Person":
        """The person of that number; of a demographic group of `GROUPS`, if one is named.

        Raises:
            BadConfig: a negative number or an unknown group.
        """
        return cls.of(seed, group)

    @classmethod
    def of(cls, seed: int, group: str | None = None, **changes: Any) -> "Person":
        """The person of that number with some of `TRAITS` changed; code, marks and all other traits stay.

        Raises:
            BadConfig: a negative number, an unknown group or trait, or a value out of its range.
        """
        if seed < 0:
            raise BadConfig(f"A person's number is 0 or more, not {seed}.")
        if group is not None and group not in GROUPS:
            raise BadConfig(f"There is no group {group!r}; there are {', '.join(GROUPS)}.")
        traits, code, marks = drawn(int(seed), group)
        return built(int(seed), traits.changed(**changes), code, marks)

    def changed(self, **changes: Any) -> "Person":
        """The same person with some of `TRAITS` changed; code, marks and all other traits stay.

        Raises:
            BadConfig: an unknown trait, or a value out of its range.
        """
        return built(self.identity, self.traits.changed(**changes), plain(self.code), self.marks)

    def at_age(self, years: float) -> "Person":
        """The same person, younger or older.

        Raises:
            BadConfig: years outside the range of `TRAITS`.
        """
        return built(self.identity, self.traits.changed(years=years), plain(self.code), self.marks)


@functools.lru_cache(maxsize=1024)
def drawn(seed: int, group: str | None) -> tuple[Traits, tuple[float, ...], Marks]:
    """What chance gives a person; each part has its own stream, so that a change of one leaves the others."""
    traits, shape, marks = (np.random.default_rng([seed, 0xFACE, part]) for part in range(3))
    code = np.clip(shape.normal(0, 1, len(load_basis().identity)), -FARTHEST, FARTHEST)
    return draw_traits(traits, group), plain(code), draw_marks(marks)


def draw_marks(rng: np.random.Generator) -> Marks:
    """Random marks."""
    count = 1 + int(rng.integers(5))
    x, z, radius = (
        rng.uniform(-0.055, 0.055, count),
        rng.uniform(-0.1, 0.06, count),
        4e-4 + 1.3e-3 * rng.random(count) ** 2,
    )
    moles = np.zeros((7, 3))
    moles[:count] = np.column_stack([x, z, radius])
    return Marks(tuple(triple(mole) for mole in moles), triple(rng.uniform(0, 32, 3)), int(rng.integers(1 << 40)))


@functools.lru_cache(maxsize=64)
def built(identity: int, traits: Traits, code: tuple[float, ...], marks: Marks) -> Person:
    """All that follows from who a person is; kept for the last 64 asked for."""
    basis, aged = load_basis(), old(traits.years)
    male = traits.sex == "male"
    attributes = Attributes(traits.african, traits.asian, traits.european, male, traits.years)
    coefficients = np.array(code, np.float32)
    head = basis.head(attributes.corners(), coefficients)
    rng = np.random.default_rng(marks.growth)
    back = receded(traits.years, traits.receding)
    name = _UNTHINNED.get(traits.hair_style, traits.hair_style) if traits.years < 25 else traits.hair_style
    style = sample_style(rng, male, aged, traits.african, name, back)
    hair = grow_hair(style, head, rng)
    strand = float(rng.uniform(0.7, 1.3))
    return Person(
        identity=identity,
        traits=traits,
        attributes=attributes,
        code=coefficients,
        marks=marks,
        vertices=thickened(head, basis.faces, hair, style.base, basis.ears),
        skin=skin_of(traits),
        features=features_of(traits, style.scalp, strand),
        style=style,
        hair=hair,
        glasses=glasses_of(traits.glasses, np.random.default_rng([marks.growth, 1])),
    )


def plain(code: np.ndarray) -> tuple[float, ...]:
    """A code as it is kept: single precision, hashable."""
    return tuple(code.astype(np.float32).tolist())
