"""Photographs: everything that changes between two pictures of one person.

Pose (radians), gaze, expression, light, place, framing, occluder and camera. A photograph does not know who is in it.
`CONTROLS` names what people may change, in their units; `Photo.changed` changes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.camera import Camera
from engines.faceworld.expressions import ACTIONS, action_strength, sample_expression, with_actions
from engines.faceworld.light import SOURCES, Light, light_at, mix_lights, sample_light, source_at, triple
from engines.faceworld.occluders import KINDS, NONE, Occluder, sample_occluder
from engines.faceworld.people.palette import Colour
from engines.faceworld.people.traits import Trait
from engines.faceworld.places import KINDS as PLACES
from engines.faceworld.places import Place, sample_place

__all__ = ["CONTROLS", "Light", "Photo", "mix_lights", "sample_expression", "sample_light"]
CONTROLS: Mapping[str, Trait] = {
    "yaw": Trait("the head turned to the person's left", -60, 60, "degrees"),
    "pitch": Trait("the head nodded down", -35, 35, "degrees"),
    "roll": Trait("the head tilted", -30, 30, "degrees"),
    "gaze_x": Trait("the eyes turned to the person's left", -25, 25, "degrees"),
    "gaze_z": Trait("the eyes raised", -15, 15, "degrees"),
    "smile": Trait("corners of the mouth drawn up"),
    "jaw": Trait("the mouth open"),
    "frown": Trait("corners of the mouth drawn down"),
    "brows": Trait("brows raised"),
    "blink": Trait("lids closed"),
    "pucker": Trait("lips drawn together"),
    "light": Trait("what lights the face", choices=tuple(SOURCES)),
    "key": Trait("strength of the key light", 0, 3),
    "place": Trait("what is behind the person", choices=PLACES),
    "occluder": Trait("what is before the face", choices=KINDS),
    "distance": Trait("of the camera", 0.35, 3, "m"),
    "zoom": Trait("size of the face in the picture", 0.7, 1.3),
}
"""What people may change on a photograph: range and unit, or choices."""
_ANGLES = ("yaw", "pitch", "roll")
_GAZE = ("gaze_x", "gaze_z")


@dataclass(frozen=True, eq=False)
class Photo:
    """One photograph to be taken.

    Args:
        yaw, pitch, roll: radians; yaw > 0 turns to the person's left. expression: strengths (52,).
        light, source: light on the person, and its name in the bank. place: what is behind. garment: its colour.
        glasses: in [0, 1]; those who wear theirs more often than that wear them here. distance: of the camera, in
            metres. shift: of the framing, and pan: of the place behind, px at 112.
    """

    seed: int
    yaw: float
    pitch: float
    roll: float
    expression: np.ndarray
    light: Light
    source: str
    place: Place
    garment: Colour
    glasses: float
    distance: float
    shift: tuple[float, float]
    zoom: float
    camera: Camera
    occluder: Occluder = NONE
    pan: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def sample(cls, seed: int, frontal: bool = False, occluder: str | None = None) -> "Photo":
        """The photograph of that number; near-frontal with calmer faces on request; with an occluder of the
        named kind, or of any (see `occluders`).

        Raises:
            BadConfig: a negative number or an unknown occluder.
        """
        if seed < 0:
            raise BadConfig(f"A photograph's number is 0 or more, not {seed}.")
        rng = np.random.default_rng([seed, 0x70])
        place = sample_place(rng)
        source = source_at(place, rng)
        return cls(
            seed=int(seed),
            yaw=rng.normal(0, 0.10 if frontal else 0.26),
            pitch=rng.normal(0, 0.06 if frontal else 0.11),
            roll=rng.normal(0, 0.03),
            expression=sample_expression(rng, 0.4 if frontal else 1.0),
            light=light_at(place, source, rng, portrait=frontal),
            source=source,
            place=place,
            garment=triple(rng.uniform(0.02, 0.55) * np.exp(rng.normal(0, 0.35, 3))),
            glasses=rng.random(),
            distance=rng.uniform(0.5, 1.2),
            shift=(rng.normal(0, 0.8), rng.normal(0, 0.8)),
            zoom=float(np.exp(rng.normal(0, 0.025))),
            camera=Camera.sample(rng),
            occluder=sample_occluder(np.random.default_rng([seed, 0x0CC]), occluder),
        )

    def changed(self, **changes: Any) -> "Photo":
        """The same photograph but for some of `CONTROLS`, in their units. Another place brings its own light, unless
        the light is named too.

        Raises:
            BadConfig: no such control, or a value out of its range.
        """
        unknown = [name for name in changes if name not in CONTROLS]
        if unknown:
            raise BadConfig(f"A photograph has no {unknown[0]!r} to change; there are {', '.join(CONTROLS)}.")
        values = {name: CONTROLS[name].checked(name, value) for name, value in changes.items()}
        fields: dict[str, Any] = {name: float(np.radians(values[name])) for name in _ANGLES if name in values}
        fields |= {name: values[name] for name in ("distance", "zoom") if name in values}
        if "occluder" in values:
            fields["occluder"] = sample_occluder(np.random.default_rng([self.seed, 0x0CC]), str(values["occluder"]))
        actions = {name: float(values[name]) for name in ACTIONS if name in values}
        return replace(self, expression=with_actions(self.expression, actions), **fields)._relit(values)

    def controls(self) -> dict[str, float | str]:
        """The value of each of `CONTROLS` here, within its range."""
        values: dict[str, float | str] = {name: float(np.degrees(getattr(self, name))) for name in _ANGLES}
        values |= {name: float(np.degrees(getattr(self.light, name))) for name in _GAZE}
        values |= {name: action_strength(self.expression, name) for name in ACTIONS}
        values |= {"light": self.source, "key": float(np.mean(self.light.key)), "place": self.place.kind}
        values |= {"occluder": self.occluder.kind, "distance": self.distance, "zoom": self.zoom}
        return {name: _within(CONTROLS[name], values[name]) for name in CONTROLS}

    def turned(self, yaw: float = 0.0, pitch: float = 0.0) -> "Photo":
        """The same photograph with the head turned a little more (radians)."""
        return replace(self, yaw=self.yaw + yaw, pitch=self.pitch + pitch)

    def lit(self, other: Light, share: float) -> "Photo":
        """The same photograph with its light moved a share of the way to another; gaze and pupils stay."""
        return replace(self, light=mix_lights(self.light, other, share))

    def _relit(self, values: Mapping[str, Any]) -> "Photo":
        """With the place and light that are asked for; gaze and pupils stay."""
        place, source, light = self.place, self.source, self.light
        if values.get("place", place.kind) != place.kind:
            place = Place(values["place"], place.number)
            source = source_at(place, np.random.default_rng([self.seed, 0x11]))
        source = values.get("light", source)
        if (place, source) != (self.place, self.source):
            new = light_at(place, source, np.random.default_rng([self.seed, 0x12]))
            light = mix_lights(light, new, 1.0)
        if "key" in values:
            level = values["key"] / max(float(np.mean(light.key)), 1e-6)
            light = light._replace(key=triple(np.array(light.key) * level))
        across, up = (float(np.radians(values[name])) if name in values else getattr(light, name) for name in _GAZE)
        return replace(self, place=place, source=source, light=light._replace(gaze_x=across, gaze_z=up))


def _within(control: Trait, value: float | str) -> float | str:
    return value if isinstance(value, str) else float(np.clip(value, control.low, control.high))
