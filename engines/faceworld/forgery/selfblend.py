"""Self-blending: a changed copy of a photograph blended into itself (Shiohara and Yamasaki, CVPR 2022).

Its steps: a hull of the landmarks at random; colour and frequency changes to the copy or, as often, to the photograph;
the copy and its mask moved and zoomed; the mask distorted elastically, then softened twice (the first blur erodes it);
the mask times a ratio; the same camera for real and forged. Lengths are the paper's shares of the picture. Differs from
the paper: the flip is left to who trains; hue is changed by a gain for each channel; and where the paper changes the
photograph, the copy gets the opposite change (inverse gains, sharp for coarse), which makes the same gap and leaves a
background that tells nothing. Knobs:

- hull of `masks.HULLS`. changed: "copy" or "photograph". gain: (3) factors. contrast: a factor.
- frequency: "coarse", "sharp" or "same", and its strength.
- shift: (2) px. zoom: a factor. elastic: px. erode, soften: px. ratio: the largest value of the mask.
"""

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import HULLS, elastic, hull
from engines.faceworld.forgery.tools import coarsen, sharpen
from engines.faceworld.forgery.warps import misfit, sample

ELASTIC_SMOOTH = 3.5


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one self-blend."""
    frequency = str(rng.choice(["coarse", "sharp", "same"], p=[0.45, 0.4, 0.15]))
    return {
        "hull": str(rng.choice(HULLS, p=[0.3, 0.2, 0.2, 0.25, 0.05])),
        "changed": str(rng.choice(["copy", "photograph"])),
        "gain": [float(g) for g in np.exp(rng.normal(0, 0.05, 3) + rng.normal(0, 0.1))],
        "contrast": float(np.exp(rng.normal(0, 0.12))),
        "frequency": frequency,
        "strength": rng.uniform(1.8, 3.2) if frequency == "coarse" else rng.uniform(0.5, 1.2),
        "shift": [rng.uniform(-3.4, 3.4), rng.uniform(-1.7, 1.7)],
        "zoom": rng.uniform(0.95, 1 / 0.95),
        "elastic": rng.uniform(0.3, 1.2),
        "erode": rng.uniform(1, 3),
        "soften": rng.uniform(1, 4),
        "ratio": float(rng.choice([0.25, 0.5, 0.75, 1, 1, 1, 1])),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The changed and moved copy, and the mask moved with it."""
    real, field = scene.real, _field(scene, knobs)
    copy = _changed(real.image, knobs if knobs["changed"] == "copy" else _opposite(knobs), scene.px(1))
    region = hull(real.truth.landmarks, knobs["hull"], scene.size_px)
    region = elastic(region, scene.px(knobs["elastic"]), scene.px(ELASTIC_SMOOTH), rng)
    mask = soften(sample(region, field), scene.px(knobs["erode"]), scene.px(knobs["soften"])) * knobs["ratio"]
    moved = misfit(field, real.truth.landmarks, real.truth.landmarks) / scene.px(1)
    return Layer(sample(copy, field), mask, moved)


def soften(mask: np.ndarray, erode_px: float, soften_px: float) -> np.ndarray:
    """Two blurs, each of the given radius: of the first only what stays whole is kept, which erodes."""
    first = gaussian_filter(mask.astype(np.float64), erode_px / 2, radius=round(erode_px), mode="nearest")
    whole = (first > 0.999 * max(first.max(), 1e-9)).astype(np.float64)
    return gaussian_filter(whole, soften_px / 2, radius=round(soften_px), mode="nearest")


def _opposite(knobs: Knobs) -> Knobs:
    frequency = {"coarse": "sharp", "sharp": "coarse", "same": "same"}[knobs["frequency"]]
    strength = 0.5 * (knobs["strength"] - 1) if frequency == "sharp" else 1 + 1.5 * knobs["strength"]
    return {
        "gain": [1 / gain for gain in knobs["gain"]],
        "contrast": 1 / knobs["contrast"],
        "frequency": frequency,
        "strength": strength,
    }


def _changed(image: np.ndarray, knobs: Knobs, px: float) -> np.ndarray:
    mean = image.mean()
    image = np.clip((image - mean) * knobs["contrast"] + mean, 0, 1) * np.array(knobs["gain"], np.float32)
    if knobs["frequency"] == "coarse":
        image = coarsen(image, knobs["strength"], Image.Resampling.BILINEAR)
    elif knobs["frequency"] == "sharp":
        image = sharpen(image, knobs["strength"], px)
    return np.clip(image, 0, 1).astype(np.float32)


def _field(scene: Scene, knobs: Knobs) -> np.ndarray:
    """Zoom about the middle of the face, then shift: where the moved picture's pixels come from."""
    middle = scene.real.truth.landmarks.mean(0)
    axis = np.arange(scene.size_px) + 0.5
    grid = np.stack(np.meshgrid(axis, axis), 2)
    shift = np.array(knobs["shift"]) * scene.px(1)
    return np.round((grid - middle - shift) / knobs["zoom"] + middle, 3)


FAMILY = Family(
    name="selfblend",
    title="Self-blend",
    mirrors="self-blended images, which detectors train on without any forgery",
    two_people=False,
    trained_on=True,
    sample_knobs=sample_knobs,
    make=make,
)
