"""Photographs: everything that changes between two pictures of one person.

Pose (radians), gaze, expression, light, place, framing and camera. A photograph does not know who is in it.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.camera import Camera
from engines.faceworld.people import Colour, _triple


class Light(NamedTuple):
    """A key light, a fill from the other side, and an ambient brighter from above. Directions are unit vectors
    towards the light; colours are linear RGB; `wrap` softens the terminator; `pupil` and gaze are radians."""

    key_direction: Colour
    key: Colour
    fill_direction: Colour
    fill: Colour
    ambient: Colour
    wrap: float
    softness: float
    gloss: float
    gaze_x: float
    gaze_z: float
    pupil: float


@dataclass(frozen=True, eq=False)
class Photo:
    """One photograph to be taken.

    Args:
        yaw, pitch, roll: radians; yaw > 0 turns to the person's left. expression: strengths (52,).
        place: number of the background. garment: its colour. glasses: in [0, 1]; those who wear theirs more often
            than that wear them here. distance: of the camera, in metres. shift: of the framing, px at 112.
    """

    seed: int
    yaw: float
    pitch: float
    roll: float
    expression: np.ndarray
    light: Light
    place: int
    garment: Colour
    glasses: float
    distance: float
    shift: tuple[float, float]
    zoom: float
    camera: Camera

    @classmethod
    def sample(cls, seed: int, frontal: bool = False) -> "Photo":
        """The photograph of that number; near-frontal with calmer faces on request.

        Raises:
            BadConfig: a negative number.
        """
        if seed < 0:
            raise BadConfig(f"A photograph's number is 0 or more, not {seed}.")
        rng = np.random.default_rng([seed, 0x70])
        return cls(
            seed=int(seed),
            yaw=rng.normal(0, 0.10 if frontal else 0.26),
            pitch=rng.normal(0, 0.06 if frontal else 0.11),
            roll=rng.normal(0, 0.03),
            expression=sample_expression(rng, 0.4 if frontal else 1.0),
            light=sample_light(rng),
            place=int(rng.integers(1 << 31)),
            garment=_triple(rng.uniform(0.02, 0.55) * np.exp(rng.normal(0, 0.35, 3))),
            glasses=rng.random(),
            distance=rng.uniform(0.5, 1.2),
            shift=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
            zoom=float(np.exp(rng.normal(0, 0.025))),
            camera=Camera.sample(rng),
        )

    def turned(self, yaw: float = 0.0, pitch: float = 0.0) -> "Photo":
        """The same photograph with the head turned a little more (radians)."""
        return replace(self, yaw=self.yaw + yaw, pitch=self.pitch + pitch)

    def lit(self, other: Light, share: float) -> "Photo":
        """The same photograph with its light moved a share of the way to another; gaze and pupils stay."""
        return replace(self, light=mix_lights(self.light, other, share))


def mix_lights(one: Light, other: Light, share: float) -> Light:
    """Between two lights; gaze and pupils are those of the first."""
    values = [(1 - share) * np.asarray(a) + share * np.asarray(b) for a, b in zip(one, other, strict=True)]
    mixed = Light._make(_triple(value) if value.ndim else float(value) for value in values)
    return mixed._replace(
        key_direction=_unit(np.array(mixed.key_direction)),
        fill_direction=_unit(np.array(mixed.fill_direction)),
        **{name: getattr(one, name) for name in ("gaze_x", "gaze_z", "pupil")},
    )


def sample_light(rng: np.random.Generator) -> Light:
    """A key light before and above the face, from any side."""
    key = np.array([rng.normal(0, 0.6), -1, rng.uniform(0.05, 0.9)])
    fill = np.array([-np.sign(key[0]) * rng.uniform(0.5, 1), rng.uniform(-0.4, 0.3), rng.uniform(-0.2, 0.5)])
    white, tint = _white(rng, 0.07), _white(rng, 0.05)
    return Light(
        key_direction=_unit(key),
        key=_triple(rng.uniform(0.65, 1.15) * white),
        fill_direction=_unit(fill),
        fill=_triple(rng.uniform(0, 0.4) * _white(rng, 0.12)),
        ambient=_triple(rng.uniform(0.18, 0.5) * white * tint),
        wrap=rng.uniform(0.1, 0.4),
        softness=rng.random(),
        gloss=rng.uniform(0.4, 1.3),
        gaze_x=rng.normal(0, 0.10),
        gaze_z=rng.normal(0, 0.05),
        pupil=rng.uniform(0.11, 0.19),
    )


def sample_expression(rng: np.random.Generator, amount: float = 1.0) -> np.ndarray:
    """Strengths (52,) of one of: calm, smile, open mouth, frown, pucker, raised brows."""
    weights: dict[str, float] = {}

    def both(name: str, strength: float) -> None:
        for side in ("Left", "Right"):
            weights[name + side] = strength * rng.uniform(0.85, 1)

    kind = rng.random()
    both("eyeBlink", rng.uniform(0, 0.1) if rng.random() < 0.95 else rng.uniform(0.3, 0.9))
    both("eyeWide", rng.uniform(0, 0.5))
    if kind < 0.35:
        both("mouthSmile", rng.uniform(0.15, 0.6) * amount)
        both("cheekSquint", rng.uniform(0, 0.4) * amount)
        weights["jawOpen"] = rng.uniform(0, 0.18) * amount
    elif kind < 0.47:
        weights["jawOpen"] = rng.uniform(0.08, 0.4) * amount
        weights["mouthFunnel"] = rng.uniform(0, 0.25) * amount
    elif kind < 0.54:
        both("mouthFrown", rng.uniform(0.15, 0.5) * amount)
        both("browDown", rng.uniform(0.15, 0.5) * amount)
    elif kind < 0.60:
        weights["mouthPucker"] = rng.uniform(0.15, 0.5) * amount
    elif kind < 0.70:
        weights["browInnerUp"] = rng.uniform(0.2, 0.7) * amount
        both("browOuterUp", rng.uniform(0.2, 0.7) * amount)
    strengths = np.zeros(len(load_basis().actions), np.float32)
    for name, strength in weights.items():
        strengths[load_basis().action(name)] = strength
    return strengths


def _white(rng: np.random.Generator, spread: float) -> np.ndarray:
    """A white, warmer or colder: lamps and skies vary along that axis and little across it."""
    warmth = rng.normal(0.01, spread)
    return np.exp(np.array([warmth, 0, -warmth]) + rng.normal(0, 0.012, 3))


def _unit(vector: np.ndarray) -> Colour:
    return _triple(vector / np.linalg.norm(vector))
