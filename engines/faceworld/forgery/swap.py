"""Two-identity face swap: the source's face, posed as the target's, blended into the target's photograph.

The source is rendered in the target's pose and expression with a small error of pose, under a light that differs;
colour transfer, loss of resolution and a feathered mask follow. Knobs: `light` and `colour` in [0, 1],
`turn`, `nod` in radians, `resolution` >= 1, `feather` px at 112, `alpha` in [0, 1], `shape` of `tools.SHAPES`.
"""

import copy

import numpy as np

from engines.faceworld.forgery.base import Knobs, Scene
from engines.faceworld.forgery.tools import coarsen, face_mask, feather, transfer_colour
from engines.faceworld.photo import sample_light
from engines.faceworld.render import render


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one swap."""
    return {
        "light": rng.uniform(0, 0.6),
        "turn": rng.normal(0, 0.05),
        "nod": rng.normal(0, 0.03),
        "colour": rng.uniform(0.5, 1),
        "resolution": float(rng.choice([1, 1.3, 1.7])),
        "feather": rng.uniform(1.2, 4),
        "alpha": float(rng.choice([0.8, 1, 1])),
        "shape": str(rng.choice(["full", "inner"])),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The source's face over the whole picture, and the mask to blend it with."""
    photo = scene.photo.turned(knobs["turn"], knobs["nod"]).lit(sample_light(rng), knobs["light"])
    source = render(scene.source, photo, scene.size_px)
    twin = copy.deepcopy(rng)
    both = face_mask(scene.real.truth.places, knobs["shape"], rng) * face_mask(
        source.truth.places, knobs["shape"], twin
    )
    mask = feather(both, scene.px(knobs["feather"])) * knobs["alpha"]
    coloured = transfer_colour(source.image, scene.real.image, mask, knobs["colour"])
    return coarsen(coloured, knobs["resolution"]), mask
