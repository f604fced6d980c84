"""Traits: plain numbers and names that say what a person is like; all else about a person is shape and chance.

`TRAITS` gives each one's range, unit and meaning, so that a page can draw sliders. What age does to a trait (grey
hair, wrinkles, a receding hairline) is no trait: it follows from `years`, see `ageing`.
"""

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

from engines.errors import BadConfig
from engines.faceworld.hairstyles import STYLES
from engines.faceworld.people.palette import HAIR_COLOURS, IRIS_COLOURS

ANCESTRIES = ("african", "asian", "european")
YEARS = (10.0, 80.0)


class Trait(NamedTuple):
    """A range with its unit, or the names to choose from."""

    what: str
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    choices: tuple[str, ...] = ()

    def checked(self, name: str, value: Any) -> float | str:
        """The value as a number within the range or a name of the choices.

        Raises:
            BadConfig: it is neither.
        """
        if self.choices:
            if value not in self.choices:
                raise BadConfig(f"{name} is one of {', '.join(self.choices)}, not {value!r}.")
            return str(value)
        try:
            number = float(value)
        except (TypeError, ValueError):
            raise BadConfig(f"{name} is a number, not {value!r}.") from None
        if not self.low <= number <= self.high or math.isnan(number):
            unit = f" {self.unit}" if self.unit else ""
            raise BadConfig(f"{name} is {self.low:g} to {self.high:g}{unit}, not {number:g}.")
        return number


@dataclass(frozen=True)
class Traits:
    """What a person is like; meanings, ranges and units are in `TRAITS`. Ancestry shares sum to 1."""

    african: float
    asian: float
    european: float
    sex: str
    years: float
    melanin: float
    undertone: float
    redness: float
    flush: float
    evenness: float
    pores: float
    freckles: float
    under_eye: float
    wrinkling: float
    lip_red: float
    lip_depth: float
    lipstick: float
    iris: str
    iris_shade: float
    iris_size: float
    brow_length: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    brow_droop: float
    brow_strength: float
    lashes: float
    hair_style: str
    hair_colour: str
    hair_shade: float
    grey_years: float
    receding: float
    beard: float
    beard_low: float
    glasses: float

    def changed(self, **changes: Any) -> "Traits":
        """The same but for named traits; the ancestries not named share what the named ones leave.

        Raises:
            BadConfig: an unknown trait, a value out of its range, ancestries of more than 1.
        """
        unknown = [name for name in changes if name not in TRAITS]
        if unknown:
            raise BadConfig(f"There is no trait {unknown[0]!r}; there are {', '.join(TRAITS)}.")
        values: dict[str, Any] = {name: TRAITS[name].checked(name, value) for name, value in changes.items()}
        return replace(self, **values, **self._left_over(values)) if values else self

    def _left_over(self, values: dict[str, Any]) -> dict[str, Any]:
        named = [values[name] for name in ANCESTRIES if name in values]
        others = [name for name in ANCESTRIES if name not in values]
        left = 1 - sum(named)
        if left < -1e-9 or (not others and left > 1e-9):
            raise BadConfig(f"Shares of ancestry sum to 1, not {1 - left:g}.")
        if not named:
            return {}
        whole = sum(getattr(self, name) for name in others)
        return {
            name: max(left, 0.0) * (getattr(self, name) / whole if whole > 0 else 1 / len(others)) for name in others
        }

    def to_dict(self) -> dict[str, float | str]:
        """Names and values, as JSON can hold them."""
        return asdict(self)


TRAITS: dict[str, Trait] = {
    "african": Trait("Share of African ancestry; the other shares follow"),
    "asian": Trait("Share of East Asian ancestry; the other shares follow"),
    "european": Trait("Share of European ancestry; the other shares follow"),
    "sex": Trait("Sex of the head", choices=("female", "male")),
    "years": Trait("Age", *YEARS, "years"),
    "melanin": Trait("Pigment of the skin: pale to dark"),
    "undertone": Trait("Olive (-1) to pink (1) skin", -1),
    "redness": Trait("Blood in the skin"),
    "flush": Trait("Redness of cheeks and nose", 0, 1.5),
    "evenness": Trait("Blotchy (0) to even (1) skin"),
    "pores": Trait("Fine relief of the skin"),
    "freckles": Trait("Freckles over nose and cheeks"),
    "under_eye": Trait("Shade under the eyes", 0, 0.5),
    "wrinkling": Trait("How strongly age lines the face"),
    "lip_red": Trait("Red of the lips against the skin"),
    "lip_depth": Trait("Darkness of the lips against the skin"),
    "lipstick": Trait("Lipstick"),
    "iris": Trait("Colour of the iris", choices=tuple(IRIS_COLOURS)),
    "iris_shade": Trait("Darker or lighter than that", -0.5, 0.5, "log"),
    "iris_size": Trait("Angle of the iris from the eyeball's centre", 0.34, 0.43, "rad"),
    "brow_length": Trait("Length of the eyebrows", 27, 41, "mm"),
    "brow_height": Trait("Height of the eyebrows above the eyes' middle", 15, 22, "mm"),
    "brow_arch": Trait("Arch of the eyebrows", 0, 6, "mm"),
    "brow_thickness": Trait("Thickness of the eyebrows", 1.6, 7, "mm"),
    "brow_droop": Trait("Fall of the eyebrows' outer ends", 0, 1.8),
    "brow_strength": Trait("How densely the eyebrows are grown", 0.3, 1.1),
    "lashes": Trait("Darkness of the lashes"),
    "hair_style": Trait(
        "Style of the hair; under 25 years none is shaved and receding is short", choices=tuple(STYLES)
    ),
    "hair_colour": Trait("Colour of the hair before it greys", choices=tuple(HAIR_COLOURS)),
    "hair_shade": Trait("Darker or lighter than that", -0.5, 0.5, "log"),
    "grey_years": Trait("Age at which half the hair is grey", 35, 110, "years"),
    "receding": Trait("How far the hairline will recede with age"),
    "beard": Trait("Density of the beard, once it grows: shaved (0), stubble (0.3), full (1)"),
    "beard_low": Trait("Height at which the beard begins, below the eyes' middle", 34, 50, "mm"),
    "glasses": Trait("How often glasses are worn"),
}
"""Trait -> its range or choices, unit and meaning."""

assert tuple(TRAITS) == tuple(field.name for field in fields(Traits))
