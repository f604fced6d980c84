"""People: an identity is what does not change between photographs.

Shape comes from the head model's regression on ancestry, sex and age plus what they leave open; skin from two
pigments (melanin darkens from pale over tan to dark, haemoglobin reddens); iris, brows, hair, beard, freckles and
moles are drawn in canonical coordinates, so that they stay on the surface. Colours are linear RGB reflectances.

Ages are the head model's: 0.5 is about 14 years, 0.67 about 25, 1 about 70.
"""

import functools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.hair import Hair, HairStyle, grow_hair, sample_style, thickened

Colour = tuple[float, float, float]
GROUPS = {
    f"{ancestry}-{sex}": (index, male)
    for index, ancestry in enumerate(("african", "asian", "european"))
    for male, sex in enumerate(("female", "male"))
}
"""Group name -> (ancestry that prevails, male)."""
HAIR_COLOURS = (
    *((0.020, 0.016, 0.014), (0.035, 0.024, 0.018), (0.09, 0.05, 0.028), (0.16, 0.09, 0.045)),
    *((0.33, 0.22, 0.11), (0.22, 0.08, 0.03)),
)
GREY = np.array([0.30, 0.29, 0.28])
IRIS_COLOURS = (
    *((0.10, 0.05, 0.025), (0.16, 0.09, 0.04), (0.17, 0.15, 0.06)),
    *((0.12, 0.19, 0.13), (0.14, 0.23, 0.34), (0.22, 0.28, 0.32)),
)


class Skin(NamedTuple):
    """Skin of one person. Strengths are in [0, 1] or relative; lengths in metres."""

    colour: Colour
    fine: float
    blotch: float
    relief: float
    flush: float
    under_eye: float
    freckles: float
    beard: float
    beard_low: float
    wrinkles: float
    scatter: float
    lip_colour: Colour
    lip_strength: float


class Features(NamedTuple):
    """Brows, lashes, irises and the colour of hair; lengths in metres, canonical."""

    brow_length: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    brow_droop: float
    brow_strength: float
    lashes: float
    iris_colour: Colour
    iris_radius: float
    hair_colour: Colour
    scalp: float
    strand: float


class Glasses(NamedTuple):
    """A person's glasses: how often they are worn (0 for never), and their shape; see `accessories.glasses`."""

    habit: float
    roundness: float
    size: float
    rim: float
    colour: Colour


@dataclass(frozen=True)
class Attributes:
    """What the head model knows of a person: ancestry shares (sum 1), sex and age."""

    african: float
    asian: float
    european: float
    male: bool
    age: float

    @property
    def group(self) -> str:
        """The demographic group: the ancestry that prevails, and the sex."""
        shares = {"african": self.african, "asian": self.asian, "european": self.european}
        return f"{max(shares, key=shares.__getitem__)}-{'male' if self.male else 'female'}"

    def vector(self) -> np.ndarray:
        """(5,) in the order of the head model's regression."""
        return np.array([self.african, self.asian, self.european, float(self.male), self.age])


@dataclass(frozen=True, eq=False)
class Person:
    """An identity: number, attributes, code (64 shape coefficients), and everything drawn on it.

    `vertices` (V, 3) float32 is the neutral head, its scalp raised under the hair; `offset` places this person's
    texture in the noise.
    """

    identity: int
    attributes: Attributes
    code: np.ndarray
    vertices: np.ndarray
    skin: Skin
    features: Features
    moles: tuple[Colour, ...]
    offset: Colour
    style: HairStyle
    hair: Hair
    glasses: Glasses

    @classmethod
    def sample(cls, seed: int, group: str | None = None) -> "Person":
        """The person of that number; of a demographic group of `GROUPS`, if one is named.

        Raises:
            BadConfig: a negative number or an unknown group.
        """
        if seed < 0:
            raise BadConfig(f"A person's number is 0 or more, not {seed}.")
        if group is not None and group not in GROUPS:
            raise BadConfig(f"There is no group {group!r}; there are {', '.join(GROUPS)}.")
        return _sample(int(seed), group)


@functools.lru_cache(maxsize=64)
def _sample(seed: int, group: str | None) -> Person:
    rng = np.random.default_rng([seed, 0xFACE])
    basis = load_basis()
    attributes = _attributes(rng, group)
    code = np.append(attributes.vector(), 1) @ basis.regression + basis.residual @ rng.normal(0, 1, len(basis.residual))
    vertices = basis.mean + (code.astype(np.float32) @ basis.identity).reshape(-1, 3)
    melanin, skin = _skin(rng, attributes)
    style = sample_style(rng, attributes.male, _old(attributes), attributes.african)
    features = _features(rng, attributes, style)
    hair = grow_hair(style, vertices, rng)
    moles = np.column_stack([rng.uniform(-0.055, 0.055, 3), rng.uniform(-0.1, 0.06, 3), rng.uniform(4e-4, 1.7e-3, 3)])
    return Person(
        identity=seed,
        attributes=attributes,
        code=code.astype(np.float32),
        vertices=thickened(vertices.astype(np.float32), basis.faces, hair, style.base, basis.ears),
        skin=skin._replace(scatter=1 - 0.8 * melanin),
        features=features,
        moles=tuple(_triple(mole) for mole in moles),
        offset=_triple(rng.uniform(0, 32, 3)),
        style=style,
        hair=hair,
        glasses=_glasses(rng, attributes),
    )


def _attributes(rng: np.random.Generator, group: str | None) -> Attributes:
    shares, male = rng.dirichlet([0.35] * 3), rng.random() > 0.5
    age = 0.58 + 0.37 * rng.beta(1.3, 2.2)
    if group is not None:
        prevailing, sex = GROUPS[group]
        largest = int(shares.argmax())
        shares[[largest, prevailing]] = shares[[prevailing, largest]]
        male = bool(sex)
    african, asian, european = (float(share) for share in shares)
    return Attributes(african, asian, european, bool(male), float(age))


def _old(attributes: Attributes) -> float:
    """0 up to about 30 years, 1 at about 65."""
    return max(0.0, (attributes.age - 0.69) / 0.27)


def _skin(rng: np.random.Generator, who: Attributes) -> tuple[float, Skin]:
    melanin = 0.05 + 0.72 * who.african + 0.20 * who.asian * rng.random() + 0.12 * rng.random()
    melanin = float(np.clip(melanin, 0, 0.92))
    colour = _skin_colour(melanin, rng.random()) * (1 + rng.normal(0, 0.02, 3))
    natural = who.male or rng.random() < 0.55
    lips = (
        colour * [0.86, 0.52, 0.52] if natural else colour * 0.4 + np.array([0.30, 0.05, 0.065]) * rng.uniform(0.4, 1)
    )
    beard = rng.choice([0, 0.15, 0.35, 0.95], p=[0.35, 0.3, 0.2, 0.15]) * rng.uniform(0.7, 1.1) if who.male else 0.0
    skin = Skin(
        colour=_triple(colour),
        fine=rng.uniform(0.03, 0.09),
        blotch=rng.uniform(0.03, 0.10),
        relief=rng.uniform(0.02, 0.08),
        flush=rng.uniform(0.2, 1.3) * (1 - melanin * 0.7),
        under_eye=rng.uniform(0.05, 0.32),
        freckles=rng.uniform(0.5, 1) if melanin < 0.2 and rng.random() < 0.3 else 0.0,
        beard=float(beard),
        beard_low=rng.uniform(0.036, 0.048),
        wrinkles=min(_old(who), 1.0) * rng.uniform(0.3, 1),
        scatter=0.0,
        lip_colour=_triple(lips),
        lip_strength=rng.uniform(0.6, 0.95),
    )
    return melanin, skin


def _skin_colour(melanin: float, haemoglobin: float) -> np.ndarray:
    pale = np.array([0.74, 0.505, 0.41]) * (1 + np.array([0.02, -0.08, -0.08]) * (haemoglobin - 0.5) * 2)
    tan, dark = np.array([0.50, 0.285, 0.185]), np.array([0.13, 0.068, 0.044])
    if melanin < 0.5:
        return pale * (1 - 2 * melanin) + tan * 2 * melanin
    return tan * (2 - 2 * melanin) + dark * (2 * melanin - 1)


def _features(rng: np.random.Generator, who: Attributes, style: HairStyle) -> Features:
    european = who.european > 0.5
    hair = np.array(HAIR_COLOURS[rng.choice(6, p=[0.15, 0.2, 0.25, 0.2, 0.15, 0.05]) if european else rng.choice(2)])
    grey = min(0.9, _old(who)) * rng.random()
    hair = (hair * (1 - grey) + GREY * grey) * np.exp(rng.normal(0, 0.12))
    iris = IRIS_COLOURS[rng.choice(6, p=[0.15, 0.25, 0.2, 0.12, 0.18, 0.1]) if european else rng.choice(2)]
    return Features(
        brow_length=rng.uniform(0.031, 0.038),
        brow_height=rng.uniform(0.0165, 0.0205),
        brow_arch=rng.uniform(0.0005, 0.0045),
        brow_thickness=rng.uniform(0.0034, 0.0056) if who.male else rng.uniform(0.0024, 0.0040),
        brow_droop=rng.uniform(0.4, 1.3),
        brow_strength=rng.uniform(0.75, 1.05),
        lashes=rng.uniform(0.4, 0.7) if who.male else rng.uniform(0.65, 0.95),
        iris_colour=_triple(np.array(iris) * np.exp(rng.normal(0, 0.15))),
        iris_radius=rng.uniform(0.36, 0.41),
        hair_colour=_triple(hair),
        scalp=style.scalp,
        strand=rng.uniform(0.7, 1.3),
    )


def _glasses(rng: np.random.Generator, who: Attributes) -> Glasses:
    dark, metal = np.full(3, rng.uniform(0.01, 0.05)), np.array([0.25, 0.22, 0.18]) * rng.uniform(0.3, 1)
    brown = np.array([0.10, 0.045, 0.02]) * rng.uniform(0.5, 1.5)
    return Glasses(
        habit=0.85 if rng.random() < 0.12 + 0.15 * min(_old(who), 1) else 0.0,
        roundness=rng.uniform(2.0, 4.0),
        size=rng.uniform(0.0215, 0.0265),
        rim=rng.uniform(0.0014, 0.0038),
        colour=_triple((dark, metal, brown)[rng.choice(3, p=[0.5, 0.25, 0.25])]),
    )


def _triple(values: np.ndarray) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
