"""Photographs of the face world with what questions need to know of them, made once and kept."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engines.faceworld.cache import Columns, cached
from engines.faceworld.camera import finish
from engines.faceworld.occluders import KINDS as OCCLUDERS
from engines.faceworld.people.palette import HAIR_COLOURS
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.places import KINDS as PLACES
from engines.faceworld.render import render
from engines.faceworld.version import world_version
from engines.training.journal import Journal

HAIRLESS = 0.02
"""Share of the picture that hair must cover for its colour to be asked for."""


@dataclass(frozen=True)
class AskedSpec(WorldSpec):
    """A `WorldSpec` whose photographs are kept with their truth."""

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps."""
        numbers = dict.fromkeys(("male", "occluders", "places", "hair"), ((), np.int64))
        return {
            "images": ((self.size_px, self.size_px, 3), np.uint8), **numbers, "years": ((), np.float32),
            "yaw": ((), np.float32), "hairy": ((), np.float32), "landmarks": ((68, 2), np.float32),
        }  # fmt: skip

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Photograph `index` as the cache keeps it; it has no knobs."""
        world = WorldDataset(self)
        shot = world.shot(index)
        person, photo = shot.person(), world.photo(shot)
        picture = render(person, photo, self.size_px)
        return {
            "images": np.array(finish(picture.image, photo.camera)), "male": int(person.attributes.male),
            "occluders": OCCLUDERS.index(photo.occluder.kind), "places": PLACES.index(photo.place.kind),
            "hair": list(HAIR_COLOURS).index(person.traits.hair_colour), "years": person.attributes.years,
            "yaw": np.degrees(picture.truth.pose[0]), "hairy": picture.truth.masks["hair"].mean(),
            "landmarks": picture.truth.landmarks,
        }, {}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Known:
    """Aligned arrays over N photographs: images (N, S, S, 3) uint8, male (N,) bool, occluder, place and hair (N,) str,
    years (N,), yaw (N,) degrees, hairy (N,) share of the picture that is hair, landmarks (N, 68, 2) px."""

    images: np.ndarray
    male: np.ndarray
    occluder: np.ndarray
    place: np.ndarray
    hair: np.ndarray
    years: np.ndarray
    yaw: np.ndarray
    hairy: np.ndarray
    landmarks: np.ndarray

    def __len__(self) -> int:
        return len(self.images)


def build(spec: AskedSpec, journal: Journal, note: str) -> Known:
    """The photographs of a specification, from the cache or newly made.

    Raises:
        Stopped: the journal asked to stop; nothing is kept.
    """
    key = {"kind": "asked", **asdict(spec), "world": world_version()}
    progress = lambda part: journal.phase("pictures", part, note)  # noqa: E731
    found = cached(spec, key, progress, None, None, journal.stopping).columns
    return Known(
        found["images"], np.asarray(found["male"]) > 0, np.array(OCCLUDERS)[found["occluders"]],
        np.array(PLACES)[found["places"]], np.array(list(HAIR_COLOURS))[found["hair"]], found["years"], found["yaw"],
        found["hairy"], found["landmarks"],
    )  # fmt: skip
