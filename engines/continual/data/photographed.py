"""Photographs of the face world in one condition: one place, one occluder or one span of ages for all of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.faceworld.cache import Columns
from engines.faceworld.camera import finish
from engines.faceworld.photographs import WorldDataset, WorldSpec
from engines.faceworld.render import render


@dataclass(frozen=True)
class ConditionSpec(WorldSpec):
    """A `WorldSpec` whose photographs are kept, and all show one place and one occluder if these are named."""

    place: str = ""
    occluder: str = ""

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps."""
        return {"images": ((self.size_px, self.size_px, 3), np.uint8)}

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Photograph `index` as the cache keeps it; it has no knobs."""
        world = WorldDataset(self)
        shot = world.shot(index)
        named = {"place": self.place, "occluder": self.occluder}
        photo = world.photo(shot).changed(**{name: value for name, value in named.items() if value})
        picture = render(shot.person(), photo, self.size_px)
        return {"images": finish(picture.image, photo.camera)}, {}
