"""Who is drawn, as the shading kernels take it: numbers alone, no arrays."""

from typing import NamedTuple

from engines.faceworld.people import Colour, Features, Skin


class Look(NamedTuple):
    """Who is drawn; eye (4,): centre of the left eyeball and its radius; offset into the noise volume; texel: metres
    a pixel covers at the face, below which patterns fade to their mean."""

    skin: Skin
    features: Features
    moles: tuple[Colour, ...]
    offset: Colour
    eye: tuple[float, float, float, float]
    garment: Colour
    frame: Colour
    texel: float
