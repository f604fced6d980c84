"""Forged clips: a face put into each frame of a real clip by one recipe throughout, and what betrays it in time.

- "drift-swap": another person's face, its organs drifting by known amounts (see `drift`).
- "smooth-swap": the same blend without drift.
- "flicker": the same blend, its colour and its edge changing from frame to frame (see `flicker`).
- "reenact-clip": the target's own face, re-rendered with its mouth driven by another clip's speech.

The swap follows `forgery.swap`: the source rendered in the target's pose and expression with a small constant error,
under a light that differs, its colours matched, coarser, feathered; not warped, so that the organs are where rendering
and drift put them. One frame of the three swaps looks like a frame of any other: they differ between frames.

Knobs of swaps: `turn`, `nod` radians; `light`, `colour`, `alpha` in [0, 1]; `resolution` >= 1; `feather` px at 112;
`hull` of `masks.HULLS`; `other`, the number of the photograph whose light is used. Of reenactments: those of
`forgery.reenact`, and `driver`, the number of the clip whose speech is used.
"""

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.clips.clip import Clip
from engines.faceworld.clips.drift import Drift, sample_drift
from engines.faceworld.clips.film import Film, Shot, developed
from engines.faceworld.clips.flicker import Flicker, sample_flicker
from engines.faceworld.clips.organs import INNER
from engines.faceworld.forgery.catalogue import blend
from engines.faceworld.forgery.masks import feather, hull, kept_to, shown
from engines.faceworld.forgery.swap import NO_GLASSES
from engines.faceworld.forgery.tools import coarsen, transfer_colour
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render

TRAIN_FAMILIES = ("drift-swap", "smooth-swap")
HELD_OUT_FAMILIES = ("reenact-clip", "flicker")
FAMILIES = TRAIN_FAMILIES + HELD_OUT_FAMILIES
TWO_PEOPLE_FAMILIES = ("drift-swap", "smooth-swap", "flicker")
HULLS = ("full", "extended", "inner", "parts")
Knobs = dict[str, Any]


@dataclass(frozen=True, eq=False)
class ForgedClip:
    """A forged clip and all that is known of it.

    Args:
        film: the frames, with the landmarks of the face that is seen. masks: (T, H, W) float32 in [0, 1], share of
            forged light. knobs: that made it. drift, flicker: what was done in each frame.
        target_id: who it shows; source_id: whose face it uses.
    """

    film: Film
    masks: np.ndarray
    family: str
    knobs: Knobs
    drift: Drift
    flicker: Flicker
    target_id: int
    source_id: int
    seed: int


def forge_clip(
    family: str,
    clip: Clip,
    source: Person | None = None,
    seed: int = 0,
    knobs: Mapping[str, Any] | None = None,
    size_px: int = 112,
) -> ForgedClip:
    """Forge a clip.

    Args:
        source: whose face a swap uses; a reenactment uses the target's own.
        knobs: settings to use instead of random ones; the rest are drawn from `seed`. The three swaps draw the same
            ones from the same seed.

    Raises:
        BadConfig: an unknown family, a knob that it does not have, a swap without a source, or a size that pictures
            cannot have.
    """
    drawn = sample_knobs(family, seed)
    unknown = set(knobs or {}) - set(drawn)
    if unknown:
        raise BadConfig(f"{family} has no knob {', '.join(sorted(unknown))}; it has {', '.join(drawn)}.")
    drawn = {**drawn, **(knobs or {})}
    swapped = family in TWO_PEOPLE_FAMILIES
    if swapped and source is None:
        raise BadConfig(f"{family} puts another person's face in: name a source.")
    drift = Drift.sample(seed, len(clip), drawn) if family == "drift-swap" else Drift.still(len(clip))
    flicker = Flicker.sample(seed, len(clip), drawn) if family == "flicker" else Flicker.none(len(clip))
    face = source if swapped and source is not None else clip.person
    maker = _Maker(clip, face, drawn, drift, flicker, size_px)
    film = developed(clip, size_px, maker.shots())
    masks = np.stack(maker.masks)
    return ForgedClip(film, masks, family, drawn, drift, flicker, clip.person.identity, face.identity, seed)


def sample_knobs(family: str, seed: int) -> Knobs:
    """The knobs that a forgery of that number has unless it is given others.

    Raises:
        BadConfig: an unknown family.
    """
    if family not in FAMILIES:
        raise BadConfig(f"There is no family of forged clips {family!r}; there are {', '.join(FAMILIES)}.")
    swapped = family in TWO_PEOPLE_FAMILIES
    rng = np.random.default_rng([seed, 0x5A] if swapped else [seed, zlib.crc32(family.encode())])
    knobs = _swap_knobs(rng) if swapped else _reenact_knobs(rng)
    own = {"drift-swap": sample_drift, "flicker": sample_flicker}.get(family)
    return {**knobs, **(own(np.random.default_rng([seed, 0x0A])) if own else {})}


def _swap_knobs(rng: np.random.Generator) -> Knobs:
    return {
        "other": int(rng.integers(1 << 31)),
        "turn": rng.normal(0, 0.04),
        "nod": rng.normal(0, 0.025),
        "light": rng.uniform(0, 0.5),
        "hull": str(rng.choice(HULLS, p=[0.35, 0.2, 0.25, 0.2])),
        "colour": rng.uniform(0.6, 1),
        "resolution": float(rng.choice([1, 1.2, 1.5])),
        "feather": rng.uniform(1.5, 4),
        "alpha": float(rng.choice([0.85, 1, 1, 1])),
    }


def _reenact_knobs(rng: np.random.Generator) -> Knobs:
    return {
        "other": int(rng.integers(1 << 31)),
        "driver": int(rng.integers(1 << 31)),
        "turn": 0.0,
        "nod": 0.0,
        "light": rng.uniform(0.2, 0.7),
        "hull": "full",
        "colour": rng.uniform(0.3, 0.8),
        "resolution": float(rng.choice([1.2, 1.5, 1.8])),
        "feather": rng.uniform(1.2, 3),
        "alpha": 1.0,
    }


class _Maker:
    """Forges the frames of a clip one after the other, and keeps their masks."""

    def __init__(self, clip: Clip, face: Person, knobs: Knobs, drift: Drift, flicker: Flicker, size_px: int):
        self.clip, self.knobs, self.drift, self.flicker, self.size_px = clip, knobs, drift, flicker, size_px
        self.swapped = face is not clip.person
        self.face = face.changed(hair_style="none") if self.swapped else face  # only the face is used
        self.light = Photo.sample(knobs["other"], occluder="none").light
        self.driven = clip.speaking(knobs["driver"]) if "driver" in knobs else clip
        self.masks: list[np.ndarray] = []

    def shots(self) -> Iterator[Shot]:
        """The forged frames."""
        return (self._shot(frame) for frame in range(len(self.clip)))

    def _shot(self, frame: int) -> Shot:
        photo = self.clip.photo(frame)
        real, layer = render(self.clip.person, photo, self.size_px), self._layer(frame)
        mask = self._mask(real, layer)
        image = transfer_colour(layer.image, real.image, mask, self.knobs["colour"])
        image, mask = self.flicker.applied(frame, coarsen(image, self.knobs["resolution"]), mask)
        self.masks.append(mask)
        landmarks = real.truth.landmarks.copy()
        landmarks[list(INNER)] = layer.truth.landmarks[list(INNER)]
        toned = np.clip(blend(image, real.image, mask), 0, 1).astype(np.float32)
        return Shot(toned, landmarks, layer.truth.five, real.truth.pose, photo)

    def _layer(self, frame: int) -> Picture:
        """The face to be put in, its organs drifted; without glasses when it is another's."""
        knobs = self.knobs
        photo = self.driven.photo(frame).turned(knobs["turn"], knobs["nod"]).lit(self.light, knobs["light"])
        photo = replace(photo, glasses=NO_GLASSES) if self.swapped else photo
        return render(self.face, photo, self.size_px, self.drift.bend(frame, self.size_px))

    def _mask(self, real: Picture, layer: Picture) -> np.ndarray:
        scale = self.size_px / 112
        seen = (real,) if self.swapped else (real, layer)
        regions = [hull(picture.truth.landmarks, self.knobs["hull"], self.size_px) for picture in seen]
        region = np.maximum.reduce(regions) * shown(real.truth) * shown(layer.truth)
        soft = feather(region, scale * self.knobs["feather"])
        return (kept_to(soft, shown(real.truth)) * self.knobs["alpha"]).astype(np.float32)
