"""A clip to be filmed: one person before one camera in one light, frame after frame a photograph.

A frame depends on the seed and its number alone: a clip can be read lazily, cut, or made longer, and each of its
frames stays as it was. Place, light, garment and camera (lens, noise, JPEG quality) are those of one photograph; the
noise is new in each frame. The frame of the picture stands still: a head that turns moves in it, because it turns
about its neck, and comes nearer or goes away.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.clips.acting import MANNERS, Acting
from engines.faceworld.clips.motion import HeadMotion, Posture
from engines.faceworld.people import Person
from engines.faceworld.photo import Light, Photo

FPS = 25
FACING = 0.7
"""Who is filmed looks nearer to the camera than in a photograph: the share of its angles that is kept."""
MAX_FRAMES = 60 * 60 * FPS
SHUTTER_S = 0.5 / FPS
"""How long a frame is exposed: what moves in the picture meanwhile is blurred."""
UNSTEADY = 0.008
"""Share by which the exposure of a frame may stray, as a standard deviation, at most."""
STEADY_GAZE = 0.85
"""Share of the head's turning that the eyes turn back, to keep looking at whoever holds the camera."""
GAZE_LIMIT = np.array([0.35, 0.18])
"""Radians that an eye turns from straight ahead at most, to the sides and up or down."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A person, what does not change (`base`), how head and camera move, what the face does, and how `unsteady` the
    exposure is from frame to frame (as a share), as under lamps on the mains."""

    seed: int
    person: Person
    frames: int
    base: Photo
    motion: HeadMotion
    acting: Acting
    unsteady: float

    @classmethod
    def sample(
        cls, seed: int, person_seed: int, frames: int = 32, manner: str | None = None, occluder: str = "none"
    ) -> Self:
        """The clip of that number, of the person of that number, with so many frames at 25 a second.

        Args:
            manner: "speak", "listen" or "smile"; drawn at random if it is not given. occluder: a kind of
                `occluders`, worn for the whole clip.

        Raises:
            BadConfig: a negative number, an unknown manner or occluder, or a length below 1 or above an hour.
        """
        if seed < 0 or person_seed < 0:
            raise BadConfig(f"Clips and people have numbers from 0, not {min(seed, person_seed)}.")
        if manner is not None and manner not in MANNERS:
            raise BadConfig(f"There is no manner {manner!r}; there are {', '.join(MANNERS)}.")
        if not 1 <= frames <= MAX_FRAMES:
            raise BadConfig(f"A clip has 1 to {MAX_FRAMES} frames, not {frames}.")
        photo = Photo.sample(seed, occluder=occluder)
        base = replace(photo, yaw=FACING * photo.yaw, pitch=FACING * photo.pitch)
        rng = np.random.default_rng([seed, 0xC11])
        motion, unsteady = HeadMotion.sample(rng), UNSTEADY * float(rng.random())
        acting = Acting.sample(seed, frames / FPS, manner)
        return cls(int(seed), Person.sample(person_seed), int(frames), base, motion, acting, unsteady)

    def __len__(self) -> int:
        return self.frames

    def of(self, person: Person) -> Self:
        """The same clip of somebody else, who does the same before the same camera."""
        return replace(self, person=person)

    def photo(self, frame: int) -> Photo:
        """The photograph that frame `frame` is, before it is taken.

        Raises:
            BadConfig: the clip has no such frame.
        """
        if not 0 <= frame < self.frames:
            raise BadConfig(f"The clip has frames 0 to {self.frames - 1}, not {frame}.")
        time_s, base, posture = frame / FPS, self.base, self._posture(frame / FPS)
        before, after = (self._posture(time_s + step) for step in (-SHUTTER_S / 2, SHUTTER_S / 2))
        rng = np.random.default_rng([base.camera.seed, frame])
        camera = replace(
            base.camera,
            seed=int(rng.integers(1 << 31)),
            exposure=base.camera.exposure * float(np.exp(self.unsteady * rng.standard_normal())),
            motion_px=(after.right - before.right, after.down - before.down),
        )
        return replace(
            base,
            yaw=base.yaw + posture.yaw,
            pitch=base.pitch + posture.pitch,
            roll=base.roll + posture.roll,
            expression=self.acting.expression(time_s),
            light=self._looking(time_s, posture),
            shift=(base.shift[0] + posture.right, base.shift[1] + posture.down),
            zoom=base.zoom * (1 + posture.nearer) * float(np.cos(base.yaw + posture.yaw) / np.cos(base.yaw)),
            camera=camera,
            pan=(posture.behind_right, posture.behind_down),
        )

    def speaking(self, other: int) -> Self:
        """The same clip with the face acting as in clip number `other`, speaking; head, lids and gaze stay."""
        driver = Acting.sample(other, self.frames / FPS, "speak")
        acting = replace(self.acting, manner="speak", moods=driver.moods, syllables=driver.syllables, smiles=())
        return replace(self, acting=acting)

    def _posture(self, time_s: float) -> Posture:
        return self.motion.posture(time_s, self.acting.nod(time_s))

    def _looking(self, time_s: float, posture: Posture) -> Light:
        """The light, with the gaze that it carries."""
        turned = np.array([-self.base.yaw - posture.yaw, self.base.pitch + posture.pitch])
        x, z = np.clip(self.acting.gaze(time_s) + STEADY_GAZE * turned, -GAZE_LIMIT, GAZE_LIMIT)
        return self.base.light._replace(gaze_x=float(x), gaze_z=float(z))
