"""The contract of a family, and `forge`, which runs one."""

import functools
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.camera import finish_with_size
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render

TRAIN_FAMILIES = ("swap", "selfblend")
HELD_OUT_FAMILIES = ("reenact", "upsample", "autoencoder")
FAMILIES = TRAIN_FAMILIES + HELD_OUT_FAMILIES
Knobs = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A real photograph about to be forged, and the person whose face may be used for it."""

    target: Person
    photo: Photo
    source: Person
    size_px: int = 112

    @functools.cached_property
    def real(self) -> Picture:
        """The real picture."""
        return render(self.target, self.photo, self.size_px)

    def px(self, length: float) -> float:
        """A length given for 112 px, at this scene's size."""
        return length * self.size_px / 112


@dataclass(frozen=True, eq=False)
class Forgery:
    """A finished forgery: image (H, W, 3) uint8, mask (H, W) float32 in [0, 1] (share of forged light), the knobs
    that made it, who it shows, whose face it uses, the toned picture before the camera, and its file's size."""

    image: np.ndarray
    mask: np.ndarray
    knobs: Knobs
    family: str
    target_id: int
    source_id: int
    seed: int
    toned: np.ndarray
    jpeg_bytes: int


def forge(
    family: str,
    target: Person,
    photo: Photo,
    source: Person,
    seed: int,
    knobs: Mapping[str, Any] | None = None,
    size_px: int = 112,
) -> Forgery:
    """Forge a photograph of `target`.

    Args:
        source: whose face a swap uses; the other families use the target's own, and say so in `source_id`.
        knobs: settings to use instead of random ones; the rest are drawn from `seed`.

    Raises:
        BadConfig: an unknown family, or a knob that the family does not have.
    """
    module = _family(family)
    rng = np.random.default_rng([seed, FAMILIES.index(family), 0xFA])
    drawn = module.sample_knobs(rng)
    unknown = set(knobs or {}) - set(drawn)
    if unknown:
        raise BadConfig(f"{family} has no knob {', '.join(sorted(unknown))}; it has {', '.join(drawn)}.")
    drawn = {**drawn, **(knobs or {})}
    own = family != "swap"
    scene = Scene(target, photo, target if own else source, size_px)
    forged, mask = module.make(scene, drawn, rng)
    mask = mask.astype(np.float32)
    toned = np.clip(blend(forged, scene.real.image, mask), 0, 1)
    image, size = finish_with_size(toned, photo.camera)
    return Forgery(image, mask, drawn, family, target.identity, scene.source.identity, seed, toned, size)


def blend(forged: np.ndarray, real: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """`mask` of the forged picture over the real one; where the mask is 0 the real one, exactly."""
    share = mask[..., None]
    return np.where(share > 0, share * forged + (1 - share) * real, real)


def _family(name: str) -> Any:
    if name not in FAMILIES:
        raise BadConfig(f"There is no forgery family {name!r}; there are {', '.join(FAMILIES)}.")
    return importlib.import_module(f"engines.faceworld.forgery.{name}")
