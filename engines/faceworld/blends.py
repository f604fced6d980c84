"""Arithmetic of colours for the shading kernels."""

from engines.faceworld.compiled import njit
from engines.faceworld.people.palette import Colour


@njit(inline="always")
def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the other colour."""
    rest = 1 - share
    return one[0] * rest + other[0] * share, one[1] * rest + other[1] * share, one[2] * rest + other[2] * share


@njit(inline="always")
def times(one: Colour, red: float, green: float, blue: float) -> Colour:
    """Channel by channel."""
    return one[0] * red, one[1] * green, one[2] * blue
