"""Two-identity face swap: the source's face, warped onto the target's, blended into the target's photograph.

The source is chosen by landmark distance from several people, photographed as the target is ("posed", with a small
error of pose) or in another photograph of like pose ("photograph"), and warped by landmarks found with some error;
colour transfer, loss of resolution and a feathered mask follow. Knobs:

- quantile: of the landmark distance, 0 the most alike. view: "posed" or "photograph". other: that photograph's number.
- turn, nod: error of pose, radians. light: how far the light differs, in [0, 1].
- warp: one of `warps.WARPS`. jitter: error of the landmarks, px. hull: one of `masks.HULLS`.
- colour: strength of the transfer, in [0, 1]. resolution: loss, at least 1. sharpen: after it. feather: px.
- alpha: in [0, 1].
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import HULLS, feather, hull, shown
from engines.faceworld.forgery.tools import coarsen, sharpen, transfer_colour
from engines.faceworld.forgery.warps import WARPS, misfit, sample
from engines.faceworld.photo import Photo
from engines.faceworld.render import Picture, render

NO_GLASSES = 1.0
ORGANS = (17, 5, 5, 9, 6, 6, 20)
"""Landmarks of the jaw, the brows, the nose, the eyes and the mouth."""


class Fitted(NamedTuple):
    """The source's face where the target's is: image (H, W, 3), its cover (H, W), the hull (H, W) of the target's face,
    and the misfit, px."""

    image: np.ndarray
    cover: np.ndarray
    hull: np.ndarray
    misfit_px: float


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one swap."""
    return {
        **sample_fit(rng),
        "quantile": rng.uniform(0, 0.6),
        "hull": str(rng.choice(HULLS, p=[0.35, 0.2, 0.25, 0.15, 0.05])),
        "colour": rng.uniform(0.3, 0.9),
        "resolution": float(rng.choice([1.2, 1.7, 2.2])),
        "feather": rng.uniform(1, 3),
        "sharpen": rng.uniform(0, 0.25),
        "alpha": float(rng.choice([0.8, 1, 1])),
    }


def sample_fit(rng: np.random.Generator) -> Knobs:
    """The knobs that `fit` reads, but for `quantile` and `hull`."""
    return {
        "view": str(rng.choice(["posed", "photograph"], p=[0.6, 0.4])),
        "other": int(rng.integers(1 << 31)),
        "turn": rng.normal(0, 0.05),
        "nod": rng.normal(0, 0.03),
        "light": rng.uniform(0.1, 0.8),
        "warp": str(rng.choice(list(WARPS), p=[0.4, 0.3, 0.3])),
        "jitter": rng.uniform(0, 0.8),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The source's face over the whole picture, and the mask to blend it with."""
    fitted, real = fit(scene, knobs, rng), scene.real
    mask = feather(fitted.hull * fitted.cover, scene.px(knobs["feather"])) * knobs["alpha"]
    coloured = transfer_colour(fitted.image, real.image, mask * shown(real.truth), knobs["colour"])
    return Layer(restored(coloured, knobs, scene), mask, fitted.misfit_px)


def restored(image: np.ndarray, knobs: Knobs, scene: Scene) -> np.ndarray:
    """A face that lost resolution and was sharpened again: knobs `resolution` and `sharpen`."""
    return sharpen(coarsen(image, knobs["resolution"]), knobs["sharpen"], scene.px(1))


def fit(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Fitted:
    """Photograph the source and warp its face onto the target's."""
    source, truth = photographed(scene, knobs), scene.real.truth
    wanted, given = truth.landmarks, source.truth.landmarks
    found = given + jitter(scene.px(knobs["jitter"]), rng)
    field = WARPS[knobs["warp"]](wanted, found, scene.size_px)
    cover, region = sample(shown(source.truth), field), hull(wanted, knobs["hull"], scene.size_px)
    return Fitted(sample(source.image, field), cover, region, misfit(field, wanted, given) / scene.px(1))


def jitter(spread_px: float, rng: np.random.Generator) -> np.ndarray:
    """Errors (68, 2) of a landmark finder: it misplaces whole organs, and single points within them a little."""
    organs = rng.normal(0, spread_px, (len(ORGANS), 2)).repeat(ORGANS, 0)
    return organs + rng.normal(0, 0.25 * spread_px, organs.shape)


def photographed(scene: Scene, knobs: Knobs) -> Picture:
    """The source as the target is photographed, or in another photograph of nearly that pose and light."""
    other = Photo.sample(knobs["other"], occluder="none")
    if knobs["view"] == "posed":
        photo = scene.photo.lit(other.light, knobs["light"])
    else:
        photo = replace(other.lit(scene.photo.light, 1 - knobs["light"]), yaw=scene.photo.yaw, pitch=scene.photo.pitch)
    return render(scene.source, replace(photo, glasses=NO_GLASSES).turned(knobs["turn"], knobs["nod"]), scene.size_px)


FAMILY = Family(
    name="swap",
    title="Face swap",
    mirrors="two-identity swaps with blending: FaceSwap, DeepFakes, Celeb-DF",
    two_people=True,
    trained_on=True,
    sample_knobs=sample_knobs,
    make=make,
)
