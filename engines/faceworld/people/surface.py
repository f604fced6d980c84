"""What is drawn on a person, from traits: skin, brows, irises, hair colour, glasses; age included.

The shading kernels take these as plain numbers. Lengths are metres, colours linear RGB reflectances.
"""

from typing import NamedTuple

import numpy as np

from engines.faceworld.people.ageing import bearded, greyed, grown, old, wrinkled
from engines.faceworld.people.palette import GREY, HAIR_COLOURS, IRIS_COLOURS, Colour, skin_colour, triple
from engines.faceworld.people.traits import Traits


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
    grey: float


class Glasses(NamedTuple):
    """A person's glasses: how often they are worn (0 for never), and their shape; see `accessories.glasses`."""

    habit: float
    roundness: float
    size: float
    rim: float
    colour: Colour


def skin_of(traits: Traits) -> Skin:
    """The skin at the person's age."""
    adult, aged = grown(traits.years), old(traits.years)
    colour = skin_colour(traits.melanin, traits.redness, traits.undertone)
    return Skin(
        colour=triple(colour),
        fine=0.03 + 0.05 * traits.pores,
        blotch=(0.025 + 0.075 * (1 - traits.evenness)) * (0.7 + 0.3 * adult + 0.5 * aged),
        relief=(0.02 + 0.06 * traits.pores) * (0.45 + 0.55 * adult + 0.4 * aged),
        flush=traits.flush * (1 - traits.melanin * 0.7),
        under_eye=traits.under_eye * (0.6 + 0.4 * adult + 0.5 * aged),
        freckles=traits.freckles,
        beard=traits.beard * bearded(traits.years),
        beard_low=traits.beard_low / 1000,
        wrinkles=wrinkled(traits.years, traits.wrinkling),
        scatter=1 - 0.8 * traits.melanin,
        lip_colour=_lips(traits, colour),
        lip_strength=0.65 + 0.3 * traits.lipstick * adult,
    )


def _lips(traits: Traits, colour: np.ndarray) -> Colour:
    depth, lipstick = 1 - 0.3 * traits.lip_depth, traits.lipstick * grown(traits.years)
    bare = colour * np.array([0.92, 0.76 - 0.24 * traits.lip_red, 0.76 - 0.22 * traits.lip_red]) * depth
    painted = colour * 0.4 + np.array([0.30, 0.05, 0.065]) * (0.4 + 0.6 * traits.lip_red)
    return triple(bare * (1 - lipstick) + painted * lipstick)


def features_of(traits: Traits, scalp: float, strand: float) -> Features:
    """Brows, lashes, irises and hair colour at the person's age; `scalp` and `strand` are the hair style's."""
    child = 1 - grown(traits.years)
    return Features(
        brow_length=traits.brow_length / 1000,
        brow_height=traits.brow_height / 1000,
        brow_arch=traits.brow_arch / 1000,
        brow_thickness=traits.brow_thickness / 1000 * (1 - 0.2 * child),
        brow_droop=traits.brow_droop,
        brow_strength=traits.brow_strength * (1 - 0.12 * child),
        lashes=traits.lashes,
        iris_colour=triple(np.array(IRIS_COLOURS[traits.iris]) * np.exp(traits.iris_shade)),
        iris_radius=traits.iris_size,
        hair_colour=hair_colour(traits),
        scalp=scalp,
        strand=strand,
        grey=greyed(traits.years, traits.grey_years),
    )


def hair_colour(traits: Traits) -> Colour:
    """The colour of the hair, grey included."""
    grey = greyed(traits.years, traits.grey_years)
    own = np.array(HAIR_COLOURS[traits.hair_colour])
    return triple((own * (1 - grey) + GREY * grey) * np.exp(traits.hair_shade))


def glasses_of(habit: float, chance: np.random.Generator) -> Glasses:
    """Glasses of a random shape, worn that often."""
    dark, metal = np.full(3, chance.uniform(0.01, 0.05)), np.array([0.25, 0.22, 0.18]) * chance.uniform(0.3, 1)
    brown = np.array([0.10, 0.045, 0.02]) * chance.uniform(0.5, 1.5)
    return Glasses(
        habit=habit,
        roundness=chance.uniform(2.0, 4.0),
        size=chance.uniform(0.0215, 0.0265),
        rim=chance.uniform(0.0014, 0.0038),
        colour=triple((dark, metal, brown)[chance.choice(3, p=[0.5, 0.25, 0.25])]),
    )
