"""The forgery families, listed once, and `forge`, which runs one.

A new family is a module with a `FAMILY` record and a line here; one that needs weights names their file, and says so
where they are missing.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.camera import finish_with_size
from engines.faceworld.forgery import (
    attribute,
    autoencoder,
    mouth,
    poisson,
    reenact,
    selfblend,
    swap,
    upsample,
    xray,
)
from engines.faceworld.forgery.base import Family, Scene, blend
from engines.faceworld.forgery.masks import kept_to, shown
from engines.faceworld.forgery.panel import Panel
from engines.faceworld.forgery.quality import defects, quality
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo

CATALOGUE = {
    module.FAMILY.name: module.FAMILY
    for module in (swap, selfblend, xray, poisson, reenact, mouth, upsample, autoencoder, attribute)
}
FAMILIES = tuple(CATALOGUE)
TRAIN_FAMILIES = tuple(name for name, family in CATALOGUE.items() if family.trained_on)
HELD_OUT_FAMILIES = tuple(name for name, family in CATALOGUE.items() if not family.trained_on)
TWO_PEOPLE_FAMILIES = tuple(name for name, family in CATALOGUE.items() if family.two_people)


@dataclass(frozen=True, eq=False)
class Forgery:
    """A finished forgery.

    Args:
        image: (H, W, 3) uint8. mask: (H, W) float32 in [0, 1], the share of forged light. knobs: that made it.
        target_id: who it shows; source_id: whose face it uses.
        toned: the picture before the camera, (H, W, 3) in [0, 1]; real: what it was, the same where the mask is 0.
        jpeg_bytes: size of the camera's file.
        defects: name -> [0, 1], see `quality`. quality: Q* in [0, 1], 1 is flawless.
    """

    image: np.ndarray
    mask: np.ndarray
    knobs: dict[str, Any]
    family: str
    target_id: int
    source_id: int
    seed: int
    toned: np.ndarray
    real: np.ndarray
    jpeg_bytes: int
    defects: dict[str, float]
    quality: float

    @property
    def boundary(self) -> np.ndarray:
        """The Face X-ray (H, W): 4 m (1 - m), 1 where half of the light is forged."""
        return 4 * self.mask * (1 - self.mask)


def forge(
    family: str,
    target: Person,
    photo: Photo,
    source: Person | Panel,
    seed: int,
    knobs: Mapping[str, Any] | None = None,
    size_px: int = 112,
) -> Forgery:
    """Forge a photograph of `target`.

    Args:
        source: whose face the families of two people use, or a panel of whom one is chosen by the knob `quantile`;
            the others use the target's own, and say so in `source_id`.
        knobs: settings to use instead of random ones; the rest are drawn from `seed`.

    Raises:
        BadConfig: an unknown family, or a knob that the family does not have.
        MissingWeights: the family's weights are not there.
    """
    record = find(family)
    record.require()
    rng = np.random.default_rng([seed, zlib.crc32(family.encode()), 0xFA])
    drawn = _with(record, record.sample_knobs(rng), knobs or {})
    if not record.two_people:
        source = target
    elif isinstance(source, Panel):
        source = source.pick(target, drawn["quantile"])
    scene = Scene(target, photo, source, size_px)
    layer = record.make(scene, drawn, rng)
    real, cover = scene.real.image, shown(scene.real.truth)
    mask = kept_to(layer.mask, cover)
    toned = np.clip(blend(layer.image, real, mask), 0, 1)
    image, size = finish_with_size(toned, photo.camera)
    found = defects(layer, real, cover, toned)
    return Forgery(
        image, mask, drawn, family, target.identity, source.identity, seed, toned, real, size, found, quality(found)
    )


def find(family: str) -> Family:
    """The record of a family.

    Raises:
        BadConfig: there is none of that name.
    """
    if family not in CATALOGUE:
        raise BadConfig(f"There is no forgery family {family!r}; there are {', '.join(FAMILIES)}.")
    return CATALOGUE[family]


def _with(record: Family, drawn: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = set(given) - set(drawn)
    if unknown:
        raise BadConfig(f"{record.name} has no knob {', '.join(sorted(unknown))}; it has {', '.join(drawn)}.")
    return {**drawn, **given}
