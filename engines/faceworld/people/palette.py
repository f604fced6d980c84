"""Colours of people: linear RGB reflectances, measured by eye against photographs of known white balance."""

import numpy as np

Colour = tuple[float, float, float]

HAIR_COLOURS: dict[str, Colour] = {
    "black": (0.020, 0.016, 0.014),
    "dark_brown": (0.035, 0.024, 0.018),
    "brown": (0.09, 0.05, 0.028),
    "light_brown": (0.16, 0.09, 0.045),
    "blond": (0.33, 0.22, 0.11),
    "red": (0.22, 0.08, 0.03),
}
GREY = np.array([0.30, 0.29, 0.28])
IRIS_COLOURS: dict[str, Colour] = {
    "dark_brown": (0.10, 0.05, 0.025),
    "brown": (0.16, 0.09, 0.04),
    "hazel": (0.17, 0.15, 0.06),
    "green": (0.12, 0.19, 0.13),
    "blue": (0.14, 0.23, 0.34),
    "grey": (0.22, 0.28, 0.32),
}
_PALE, _TAN, _DARK = np.array([0.74, 0.505, 0.41]), np.array([0.50, 0.285, 0.185]), np.array([0.13, 0.068, 0.044])


def skin_colour(melanin: float, redness: float, undertone: float) -> np.ndarray:
    """Reflectance (3,) of skin from its two pigments and its undertone, each in the range of its trait."""
    pale = _PALE * (1 + np.array([0.02, -0.08, -0.08]) * (redness - 0.5) * 2)
    if melanin < 0.5:
        colour = pale * (1 - 2 * melanin) + _TAN * 2 * melanin
    else:
        colour = _TAN * (2 - 2 * melanin) + _DARK * (2 * melanin - 1)
    return colour * (1 + undertone * np.array([0.02, -0.035, 0.02]))


def triple(values: np.ndarray) -> Colour:
    """Three numbers as plain floats."""
    first, second, third = (float(value) for value in values)
    return first, second, third
