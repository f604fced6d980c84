"""Demographic groups, and how the traits of a person are drawn from one.

Four ancestry mixes times two sexes. The head model has three ancestries; `indian` is a mix of them (0.55 European,
0.25 Asian, 0.20 African) with its own skin, hair and eyes. A person's own shares lie between the group's centre and a
random point of the simplex, up to the `spread` of the way, which keeps each person nearest to their group's centre.
Ages are 10 + 70 Beta(1.7, 2.6) years in every group: mean 38, one in twenty under 16, one in twenty over 65.
Where no group is named, each of the eight is as likely as any other.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.hairstyles import sample_style
from engines.faceworld.people.ageing import old
from engines.faceworld.people.palette import HAIR_COLOURS, IRIS_COLOURS
from engines.faceworld.people.traits import Traits


class Ancestry(NamedTuple):
    """A mix: its centre (african, asian, european), the spread of shares and skin about it, and its colours.

    melanin: mean and standard deviation. undertone: its mean. hair and iris: chances, in the order of the palette.
    beard: its chance to be grown rather than shaved.
    """

    centre: tuple[float, float, float]
    spread: float
    melanin: tuple[float, float]
    undertone: float
    hair: tuple[float, ...]
    iris: tuple[float, ...]
    beard: float


MIXES = {
    "african": Ancestry((1, 0, 0), 0.35, (0.70, 0.14), 0.0, (0.80, 0.20, 0, 0, 0, 0), (0.75, 0.25, 0, 0, 0, 0), 0.55),
    "asian": Ancestry((0, 1, 0), 0.33, (0.19, 0.07), -0.3, (0.70, 0.25, 0.05, 0, 0, 0), (0.60, 0.40, 0, 0, 0, 0), 0.35),
    "european": Ancestry(
        (0, 0, 1),
        *(0.22, (0.10, 0.05), 0.1),
        *((0.08, 0.20, 0.27, 0.22, 0.17, 0.06), (0.10, 0.22, 0.18, 0.14, 0.24, 0.12), 0.6),
    ),
    "indian": Ancestry(
        (0.2, 0.25, 0.55), 0.25, (0.45, 0.09), -0.4, (0.72, 0.25, 0.03, 0, 0, 0), (0.50, 0.42, 0.07, 0.01, 0, 0), 0.65
    ),
}
"""Name -> the mix."""
SEXES = ("female", "male")
GROUPS = {f"{mix}-{sex}": (mix, sex) for mix in MIXES for sex in SEXES}
"""Group name -> (ancestry mix, sex)."""


def mix_of(shares: tuple[float, float, float]) -> str:
    """The ancestry mix whose centre lies nearest."""
    return min(MIXES, key=lambda name: float(np.sum((np.array(MIXES[name].centre) - shares) ** 2)))


def balanced(count: int, seed: int = 0, groups: Sequence[str] = tuple(GROUPS)) -> list[tuple[int, str]]:
    """Numbers and groups, for `Person.sample`, of a sample with equal groups: the first ones have one person more where
    the count does not divide.

    Raises:
        BadConfig: a count below 1, a negative seed, no group or an unknown one.
    """
    if count < 1 or seed < 0:
        raise BadConfig(f"A sample has at least one person and begins at number 0 or more, not {count} from {seed}.")
    if not groups or not set(groups) <= set(GROUPS):
        raise BadConfig(f"Groups are some of {', '.join(GROUPS)}, not {', '.join(groups) or 'none'}.")
    return [(seed + number, groups[number % len(groups)]) for number in range(count)]


def draw_traits(rng: np.random.Generator, group: str | None) -> Traits:
    """Traits of a random person of a group, or of any."""
    any_group = list(GROUPS)[rng.integers(len(GROUPS))]
    name, sex = GROUPS[group or any_group]
    mix, male = MIXES[name], sex == "male"
    african, asian, european = (float(share) for share in _shares(rng, mix))
    years = float(10 + 70 * rng.beta(1.7, 2.6))
    melanin = float(np.clip(rng.normal(*mix.melanin), 0.01, 0.95))
    return Traits(
        african=african,
        asian=asian,
        european=european,
        sex=sex,
        years=years,
        melanin=melanin,
        **_skin(rng, mix, melanin, male),
        **_eyes(rng, mix, male),
        **_hair(rng, mix, male, years, african),
        **_beard(rng, mix, male),
        glasses=0.95 if rng.random() < 0.10 + 0.15 * old(years) else 0.0,
    )


def _shares(rng: np.random.Generator, mix: Ancestry) -> np.ndarray:
    towards = mix.spread * rng.random()
    return (1 - towards) * np.array(mix.centre) + towards * rng.dirichlet([1, 1, 1])


def _skin(rng: np.random.Generator, mix: Ancestry, melanin: float, male: bool) -> dict[str, Any]:
    freckled, painted = rng.random() < 0.45 * (1 - melanin / 0.22), rng.random() < 0.35 * (not male)
    return {
        "undertone": float(np.clip(rng.normal(mix.undertone, 0.45), -1, 1)),
        "redness": rng.random(),
        "flush": rng.uniform(0.1, 1.3),
        "evenness": rng.random(),
        "pores": rng.random(),
        "freckles": rng.uniform(0.3, 1) * freckled,
        "under_eye": 0.45 * rng.beta(1.2, 2.0),
        "wrinkling": rng.random(),
        "lip_red": rng.random(),
        "lip_depth": rng.random(),
        "lipstick": rng.uniform(0.4, 1) * painted,
    }


def _eyes(rng: np.random.Generator, mix: Ancestry, male: bool) -> dict[str, Any]:
    return {
        "iris": _name(rng, tuple(IRIS_COLOURS), mix.iris),
        "iris_shade": float(np.clip(rng.normal(0, 0.18), -0.5, 0.5)),
        "iris_size": rng.uniform(0.35, 0.42),
        "brow_length": rng.uniform(28.5, 40),
        "brow_height": rng.uniform(15.4, 21.2),
        "brow_arch": rng.uniform(0, 5.6),
        "brow_thickness": rng.uniform(2.6, 6.8) if male else rng.uniform(1.7, 4.6),
        "brow_droop": rng.uniform(0, 1.8),
        "brow_strength": rng.uniform(0.4, 1.1),
        "lashes": rng.uniform(0.25, 0.65) if male else rng.uniform(0.6, 1.0),
    }


def _hair(rng: np.random.Generator, mix: Ancestry, male: bool, years: float, african: float) -> dict[str, Any]:
    return {
        "hair_style": sample_style(rng, male, old(years), african).name,
        "hair_colour": _name(rng, tuple(HAIR_COLOURS), mix.hair),
        "hair_shade": float(np.clip(rng.normal(0, 0.15), -0.5, 0.5)),
        "grey_years": float(np.clip(rng.normal(58, 11), 36, 100)),
        "receding": float(male and rng.beta(0.8, 1.0)),
    }


def _beard(rng: np.random.Generator, mix: Ancestry, male: bool) -> dict[str, Any]:
    kind = rng.choice([0.15, 0.4, 0.95], p=[0.35, 0.3, 0.35]) if rng.random() < mix.beard else 0.0
    return {
        "beard": float(np.clip(male * kind * rng.uniform(0.7, 1.05), 0, 1)),
        "beard_low": rng.uniform(35, 49),
    }


def _name(rng: np.random.Generator, names: tuple[str, ...], chances: tuple[float, ...]) -> str:
    return names[rng.choice(len(names), p=chances)]
