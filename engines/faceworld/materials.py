"""What surfaces are made of, in canonical coordinates (metres): `surface` picks the material by region.

A material is (albedo, specular strength, gloss exponent, bumped normal, share of hair). Here are the simple ones;
`skin`, `eyes` and `strands` have files of their own.
"""

import numpy as np

from engines.faceworld.basis import (
    CLOTH,
    EYE_CAVITY,
    FRAME,
    HAND,
    LEFT_EYE,
    LENS,
    MOUTH,
    RIGHT_EYE,
    SKIN,
    TEETH,
    TONGUE,
)
from engines.faceworld.blends import times
from engines.faceworld.compiled import njit
from engines.faceworld.eyes import eyeball
from engines.faceworld.light import Light
from engines.faceworld.looks import Look
from engines.faceworld.noise import noise, smoothstep
from engines.faceworld.people.palette import Colour
from engines.faceworld.skin import skin_and_scalp

LABELS = ("background", "skin", "eyes", "lips", "mouth", "hair", "accessory", "clothes", "occluder")
"""What a pixel shows; a pixel's label is its index."""
BACKGROUND, SKIN_LABEL, EYES, LIPS, MOUTH_LABEL, HAIR_LABEL, ACCESSORY, CLOTHES, OCCLUDER = range(len(LABELS))


@njit()
def surface(region: int, place: Colour, normal: Colour, scalars: Colour, look: Look, light: Light) -> tuple:
    """The material of a region at a place, the ambient light that reaches it, how much light scatters in it, and its
    label. Hair alone is not here: it reflects as strands do."""
    occlusion, lips, line = scalars
    if region == SKIN:
        material = skin_and_scalp(place, normal, lips, line, look)
        label = HAIR_LABEL if material[4] > 0.5 else (LIPS if lips > 0.35 else SKIN_LABEL)
        return material, occlusion, look.skin.scatter * (1 - material[4]), label
    if region in (LEFT_EYE, RIGHT_EYE):
        return eyeball(place, normal, 1.0 if region == LEFT_EYE else -1.0, look, light), 0.8, 0.0, EYES
    if region == TEETH:
        return tooth(normal, scalars), 0.55, 0.3, MOUTH_LABEL
    if region in (MOUTH, TONGUE):
        return mouth(place, normal, region == TONGUE), 0.5 * occlusion, 0.0, MOUTH_LABEL
    if region == EYE_CAVITY:
        cavity = times(look.skin.colour, 0.55, 0.45, 0.45)
        return (cavity, 0.1, 20.0, normal, 0.0), 0.7, 0.0, SKIN_LABEL
    return _worn(region, place, normal, scalars, look)


@njit()
def _worn(region: int, place: Colour, normal: Colour, scalars: Colour, look: Look) -> tuple:
    """`surface` of what is put on."""
    if region == CLOTH:
        return cloth(place, normal, look.garment), scalars[0], 0.0, CLOTHES
    if region == FRAME:
        return (look.frame, 0.6, 40.0, normal, 0.0), scalars[0], 0.0, ACCESSORY
    return occluder(region, place, normal, scalars), 0.95, 0.0, OCCLUDER


@njit()
def mouth(place: Colour, normal: Colour, tongue: bool) -> tuple:
    """The dark cavity, and the tongue with its furrow, darker towards the throat."""
    x, y, z = place
    light = 1 - 0.85 * smoothstep(y, -0.005, 0.03)
    if tongue:
        rough = 1 + 0.10 * noise(x * 900, y * 900, z * 900) - 0.25 * np.exp(-((x / 0.0025) ** 2))
        return times((0.40, 0.15, 0.14), light * rough, light * rough, light * rough), 0.22, 30.0, normal, 0.0
    return times((0.16, 0.045, 0.045), light, light, light), 0.05, 20.0, normal, 0.0


@njit()
def tooth(normal: Colour, scalars: Colour) -> tuple:
    """Teeth side by side, parted by dark seams, under scalloped gums; see `teeth` for the scalars."""
    along, down, _ = scalars
    middle = abs(along - np.floor(along) - 0.5)
    seam = smoothstep(middle, 0.40, 0.5)
    gum = 1 - smoothstep(down - 0.16 - 0.5 * middle * middle, -0.05, 0.05)
    level = (0.36 + 0.26 * down) * (1 - 0.55 * seam) * (1 - 0.10 * min(abs(along), 4.0))
    red, green, blue = level, level * 0.94, level * 0.83
    red, green, blue = red + gum * (0.38 - red), green + gum * (0.14 - green), blue + gum * (0.13 - blue)
    return (red, green, blue), 0.35, 60.0, (normal[0] + 0.5 * seam, normal[1], normal[2]), 0.0


@njit()
def cloth(place: Colour, normal: Colour, colour: Colour) -> tuple:
    """Woven cloth with folds."""
    fold = noise(place[0] * 25, place[1] * 25, place[2] * 40)
    weave = 1 + 0.10 * noise(place[0] * 700, place[1] * 700, place[2] * 700) + 0.15 * fold
    bent = (normal[0] + 0.3 * fold, normal[1], normal[2] + 0.2 * fold)
    return times(colour, weave, weave, weave), 0.02, 10.0, bent, 0.0


@njit()
def occluder(region: int, place: Colour, normal: Colour, colour: Colour) -> tuple:
    """What is before the face: dark glass that mirrors what is above it, skin of a hand, cloth."""
    x, y, z = place
    if region == LENS:
        sky = smoothstep(normal[2] + 0.25 * normal[0], -0.25, 0.55) * 0.07
        return (colour[0] + sky, colour[1] + sky, colour[2] + 1.15 * sky), 0.9, 120.0, normal, 0.0
    fine = noise(x * 900, y * 900, z * 900)
    coarse = noise(x * 120, y * 120, z * 120)
    tone = 1 + 0.05 * fine + 0.06 * coarse
    if region == HAND:
        bent = (normal[0] + 0.05 * fine, normal[1], normal[2] + 0.05 * coarse)
        return times(colour, tone, tone * (1 - 0.03 * coarse), tone), 0.10, 20.0, bent, 0.0
    bent = (normal[0] + 0.10 * coarse, normal[1], normal[2] + 0.10 * coarse)
    return times(colour, tone, tone, tone), 0.02, 10.0, bent, 0.0
