"""Light on a person, tied to the place behind: a key light, a fill, and the ambient light of the whole sphere.

Ambient light is irradiance as spherical harmonics of order 2 (Ramamoorthi and Hanrahan, "An efficient representation
for irradiance environment maps", 2001). What differs: the environment is no photograph but made of the place's own
picture (behind the person; its sides to the sides), of what is above and below such a place, and of a wide glow about
the key light. Exposure and white balance follow the person, as a camera's do; a part of the cast stays.

Directions are unit vectors towards the light in camera axes (x to the picture's right, y away from the camera, z up).
"""

from typing import NamedTuple

import numpy as np

from engines.faceworld.compiled import njit
from engines.faceworld.noise import smoothstep
from engines.faceworld.people import Colour
from engines.faceworld.places import Place, background, sample_place

FRONT = (0.0, -0.97, 0.24)
"""Where a face looks."""
CAST = 0.4
"""Share of the light's cast that white balance leaves."""


class Light(NamedTuple):
    """Key light, fill from the other side (linear RGB), and ambient light: coefficients (9, 3) of `irradiance`.

    `wrap` softens the terminator, `softness` in [0, 1] is the size of the key light's source, `gloss` scales
    highlights; `gaze_x`, `gaze_z` and `pupil` are radians.
    """

    key_direction: Colour
    key: Colour
    fill_direction: Colour
    fill: Colour
    ambient: np.ndarray
    wrap: float
    softness: float
    gloss: float
    gaze_x: float
    gaze_z: float
    pupil: float


class Source(NamedTuple):
    """What lights people: ranges (low, high) of the key light's share of the light on the face, of its height
    (radians), of its warmth (log of red over green) and of its softness; how often it is behind; what is above and
    below, in linear RGB relative to the place."""

    share: tuple[float, float]
    height: tuple[float, float]
    warmth: tuple[float, float]
    softness: tuple[float, float]
    behind: float
    above: Colour
    below: Colour


SOURCES = {
    "window": Source((0.50, 0.75), (0.05, 0.5), (-0.14, 0.02), (0.6, 1.0), 0.08, (0.9, 0.9, 0.9), (0.5, 0.45, 0.4)),
    "lamp": Source((0.50, 0.75), (0.15, 0.8), (0.04, 0.24), (0.3, 0.7), 0.05, (1.0, 0.85, 0.65), (0.4, 0.3, 0.2)),
    "ceiling": Source((0.35, 0.60), (0.6, 1.1), (-0.06, 0.10), (0.6, 1.0), 0.0, (1.6, 1.6, 1.55), (0.5, 0.48, 0.45)),
    "sun": Source((0.62, 0.82), (0.35, 1.0), (0.0, 0.12), (0.0, 0.25), 0.12, (0.9, 1.05, 1.3), (0.4, 0.42, 0.3)),
    "overcast": Source((0.22, 0.42), (0.7, 1.2), (-0.08, 0.0), (0.9, 1.0), 0.0, (1.5, 1.6, 1.75), (0.4, 0.42, 0.35)),
    "golden hour": Source((0.60, 0.80), (0.1, 0.4), (0.14, 0.30), (0.1, 0.4), 0.16, (0.8, 0.85, 1.1), (0.5, 0.4, 0.3)),
    "softbox": Source((0.60, 0.80), (0.2, 0.7), (-0.03, 0.05), (0.6, 1.0), 0.0, (0.7, 0.7, 0.7), (0.6, 0.6, 0.6)),
    "street lamp": Source((0.50, 0.75), (0.3, 1.0), (-0.1, 0.30), (0.2, 0.6), 0.1, (0.6, 0.6, 0.8), (0.8, 0.7, 0.6)),
}
"""The bank of lights by name."""
_LIT_BY = {
    "room": ("window", "lamp", "ceiling"),
    "window": ("window",),
    "shelves": ("lamp", "ceiling", "window"),
    "kitchen": ("ceiling", "window", "lamp"),
    "office": ("ceiling", "window"),
    "park": ("sun", "overcast", "golden hour"),
    "street": ("overcast", "sun", "golden hour"),
    "evening": ("street lamp",),
    "studio": ("softbox",),
}


def source_at(place: Place, rng: np.random.Generator) -> str:
    """The name of a light such as a place has."""
    names = _LIT_BY[place.kind]
    return names[int(rng.integers(len(names)))]


def light_at(place: Place, name: str, rng: np.random.Generator, portrait: bool = False) -> Light:
    """A light of the bank in a place; for a portrait people turn to it, so that it comes from before them."""
    source, picture = SOURCES[name], background(place)
    share, height, warmth, softness = (low + (high - low) * rng.random() for low, high in source[:4])
    side = rng.normal(0, 0.5 if portrait else 0.65)
    if rng.random() < source.behind and not portrait:
        side = np.copysign(rng.uniform(1.7, 2.4), side)
    level, side_fill = np.cos(height), -np.sign(side)
    key = (level * np.sin(side), -level * np.cos(side), np.sin(height))
    fill = np.array([side_fill * rng.uniform(0.5, 1), rng.uniform(-0.4, 0.3), rng.uniform(-0.2, 0.5)])
    tint = np.exp(np.array([warmth, 0, -warmth]) + rng.normal(0, 0.012, 3))
    ambient = environment(picture, source.above, source.below, key, 0.25 + 0.5 * softness, tint)
    strength = float(np.exp(rng.normal(-0.06, 0.12)))
    ambient, keyed = _exposed(ambient, key, tint, share, strength)
    return Light(
        key_direction=key,
        key=triple(keyed),
        fill_direction=unit(fill),
        fill=triple(rng.uniform(0, 0.25) * strength * np.exp(rng.normal(0, 0.05, 3))),
        ambient=ambient,
        wrap=0.05 + 0.35 * softness,
        softness=softness,
        gloss=rng.uniform(0.4, 1.3),
        gaze_x=rng.normal(0, 0.09),
        gaze_z=rng.normal(-0.02, 0.04),
        pupil=rng.uniform(0.11, 0.19),
    )


def sample_light(rng: np.random.Generator) -> Light:
    """A light of any place."""
    place = sample_place(rng)
    return light_at(place, source_at(place, rng), rng)


def mix_lights(one: Light, other: Light, share: float) -> Light:
    """Between two lights; gaze and pupils are those of the first."""
    values = [(1 - share) * np.asarray(a) + share * np.asarray(b) for a, b in zip(one, other, strict=True)]
    mixed = Light._make(triple(value) if value.ndim == 1 else value for value in values)
    return mixed._replace(
        key_direction=unit(np.array(mixed.key_direction)),
        fill_direction=unit(np.array(mixed.fill_direction)),
        wrap=float(mixed.wrap),
        softness=float(mixed.softness),
        gloss=float(mixed.gloss),
        gaze_x=one.gaze_x,
        gaze_z=one.gaze_z,
        pupil=one.pupil,
    )


def _exposed(ambient: np.ndarray, key: Colour, tint: np.ndarray, share: float, strength: float) -> tuple:
    """Ambient and key light scaled so that together they give a face its usual brightness and nearly white light."""
    soft = np.array(irradiance(ambient, FRONT[0], FRONT[1], FRONT[2]))
    facing = max(float(np.dot(key, FRONT)), 0.42)
    ambient = ambient * ((1 - share) * strength / soft.mean())
    direct = tint * (share * strength / facing)
    whole = soft * ((1 - share) * strength / soft.mean()) + direct * facing
    balance = (whole.mean() / whole) ** (1 - CAST)
    return ambient * balance, direct * balance


@njit()
def irradiance(coefficients: np.ndarray, x: float, y: float, z: float) -> Colour:
    """Light on a surface that looks along the unit vector (x, y, z), over pi: 1 where all around is 1."""
    c = coefficients
    xy, yz, zz, xz, xx = x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y
    return (
        c[0, 0] + c[1, 0] * y + c[2, 0] * z + c[3, 0] * x + c[4, 0] * xy + c[5, 0] * yz + c[6, 0] * zz + c[7, 0] * xz
        + c[8, 0] * xx,
        c[0, 1] + c[1, 1] * y + c[2, 1] * z + c[3, 1] * x + c[4, 1] * xy + c[5, 1] * yz + c[6, 1] * zz + c[7, 1] * xz
        + c[8, 1] * xx,
        c[0, 2] + c[1, 2] * y + c[2, 2] * z + c[3, 2] * x + c[4, 2] * xy + c[5, 2] * yz + c[6, 2] * zz + c[7, 2] * xz
        + c[8, 2] * xx,
    )  # fmt: skip


@njit()
def environment(
    picture: np.ndarray, above: Colour, below: Colour, key: Colour, spread: float, tint: np.ndarray
) -> np.ndarray:
    """Coefficients (9, 3) of `irradiance` about a person before a place's picture (S, S, 3)."""
    left, right, high, low = _sides(picture)
    whole, coefficients = (left + right) / 2, np.zeros((9, 3))
    level = whole.mean() + 0.02
    rows, columns = 12, 24
    for i in range(rows):
        z = -1 + (2 * i + 1) / rows
        flat = np.sqrt(1 - z * z)
        for j in range(columns):
            angle = 2 * np.pi * (j + 0.5) / columns
            x, y = flat * np.cos(angle), flat * np.sin(angle)
            facing = x * key[0] + y * key[1] + z * key[2]
            glow = 1.2 * np.exp((facing - 1) / (0.05 + spread * 0.4))
            up, down = smoothstep(z, 0.0, 0.9), smoothstep(-z, 0.0, 0.9)
            behind = 0.5 + 0.5 * y
            for c in range(3):
                around = (left[c] * (1 - x) + right[c] * (1 + x)) / 2
                around = around * behind + (0.3 * whole[c] + 0.7 * level) * (1 - behind)
                colour = around * (1 - up - down) + up * (0.35 * high[c] + 0.65 * level * above[c])
                colour += down * (0.5 * low[c] + 0.5 * level * below[c]) + level * glow * tint[c]
                _add(coefficients, c, colour * (4 * np.pi / (rows * columns)), x, y, z)
    return coefficients


@njit(inline="always")
def _add(coefficients: np.ndarray, c: int, light: float, x: float, y: float, z: float) -> None:
    """Add light from a direction: its harmonics, convolved with the cosine lobe, over pi."""
    flat, linear, curved = light * 0.0795775, light * 0.1591549, light * 0.0795775
    coefficients[0, c] += flat
    coefficients[1, c] += linear * y
    coefficients[2, c] += linear * z
    coefficients[3, c] += linear * x
    coefficients[4, c] += curved * 3.75 * x * y
    coefficients[5, c] += curved * 3.75 * y * z
    coefficients[6, c] += curved * 0.3125 * (3 * z * z - 1)
    coefficients[7, c] += curved * 3.75 * x * z
    coefficients[8, c] += curved * 0.9375 * (x * x - y * y)


@njit()
def _sides(picture: np.ndarray) -> tuple:
    """Mean colours (3,) of the left and right half, the upper and the lower third."""
    size, third = picture.shape[0], picture.shape[0] // 3
    left, right, high, low = np.zeros(3), np.zeros(3), np.zeros(3), np.zeros(3)
    for i in range(size):
        for j in range(size):
            for c in range(3):
                value = float(picture[i, j, c])
                if j < size // 2:
                    left[c] += value
                else:
                    right[c] += value
                if i < third:
                    high[c] += value
                elif i >= size - third:
                    low[c] += value
    return left * 2 / size**2, right * 2 / size**2, high / (third * size), low / (third * size)


def unit(vector: np.ndarray) -> Colour:
    """Of length 1."""
    return triple(vector / np.linalg.norm(vector))


def triple(values: np.ndarray) -> Colour:
    """Three plain numbers."""
    red, green, blue = (float(value) for value in values)
    return red, green, blue
