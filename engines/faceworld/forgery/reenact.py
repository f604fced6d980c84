"""Reenactment: the target's own face re-rendered with another expression and blended back.

The whole face is replaced, under a light a little different. Knobs: `other`, the number of the photograph whose light
and expression drive it; `amount` of that expression; `light`, `colour` in [0, 1]; `resolution` >= 1; `sharpen`;
`feather` px.
"""

from dataclasses import replace

import numpy as np

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import feather, hull, shown
from engines.faceworld.forgery.swap import restored
from engines.faceworld.forgery.tools import transfer_colour
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one reenactment."""
    return {
        "other": int(rng.integers(1 << 31)),
        "amount": rng.uniform(0.8, 1.4),
        "light": rng.uniform(0.2, 0.8),
        "colour": rng.uniform(0.2, 0.7),
        "resolution": float(rng.choice([1.5, 1.8, 2.2])),
        "sharpen": rng.uniform(0, 0.3),
        "feather": rng.uniform(1.2, 2.5),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The re-rendered face, and the mask where both pictures show the face."""
    other = Photo.sample(knobs["other"], occluder="none")
    photo = replace(scene.photo, expression=(other.expression * np.float32(knobs["amount"])))
    return rerendered(scene, scene.target, photo.lit(other.light, knobs["light"]), "full", knobs)


def rerendered(scene: Scene, person: Person, photo: Photo, region: str, knobs: Knobs) -> Layer:
    """Another rendering of a face over a region of both: knobs `colour`, `resolution`, `sharpen` and `feather`."""
    driven: Picture = render(person, photo, scene.size_px)
    truths = (scene.real.truth, driven.truth)
    wide = np.maximum(*(hull(truth.landmarks, region, scene.size_px) for truth in truths))
    mask = feather(wide * shown(truths[1]), scene.px(knobs["feather"]))
    coloured = transfer_colour(driven.image, scene.real.image, mask * shown(truths[0]), knobs["colour"])
    return Layer(restored(coloured, knobs, scene), mask)


FAMILY = Family(
    name="reenact",
    title="Reenactment",
    mirrors="expression transfer that keeps the person: Face2Face and one-shot talking heads",
    two_people=False,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
)
