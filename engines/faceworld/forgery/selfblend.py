"""Self-blending after Shiohara and Yamasaki (2022): a changed copy of the photograph blended into itself.

The copy gets another colour and contrast, loses resolution or is sharpened, and is moved a little. Differs from
the paper: the change is always on the blended copy, so that outside the mask the photograph is untouched; the mask
is a superellipse of the face instead of a landmark hull. Knobs: `gain` (3) per channel, `contrast`, `sharpness`
("coarse", "sharp", "same") with its `strength`, `shift` (2) px at 112, `zoom`, `turn` radians, `feather` px at 112,
`alpha`, `shape`.
"""

import numpy as np
from PIL import Image

from engines.faceworld.camera import blur
from engines.faceworld.forgery.base import Knobs, Scene
from engines.faceworld.forgery.tools import coarsen, face_mask, feather


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one self-blend."""
    sharpness = str(rng.choice(["coarse", "sharp", "same"]))
    return {
        "gain": [float(g) for g in np.exp(rng.normal(0, 0.035, 3) + rng.normal(0, 0.06))],
        "contrast": float(np.exp(rng.normal(0, 0.08))),
        "sharpness": sharpness,
        "strength": rng.uniform(1.3, 2) if sharpness == "coarse" else rng.uniform(0.2, 0.5),
        "shift": [rng.uniform(-2.7, 2.7), rng.uniform(-1.35, 1.35)],
        "zoom": rng.uniform(0.95, 1.05),
        "turn": rng.normal(0, 0.01),
        "feather": rng.uniform(1.2, 4),
        "alpha": float(rng.choice([0.5, 0.75, 1, 1, 1])),
        "shape": str(rng.choice(["full", "inner"])),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The changed and moved copy, and the mask moved with it."""
    real = scene.real.image
    mean = real.mean()
    copy = np.clip((real - mean) * knobs["contrast"] + mean, 0, 1) * np.array(knobs["gain"], np.float32)
    if knobs["sharpness"] == "coarse":
        copy = coarsen(copy, knobs["strength"], Image.Resampling.BILINEAR)
    elif knobs["sharpness"] == "sharp":
        copy = copy + knobs["strength"] * (copy - blur(copy, scene.px(1.0)))
    mask = face_mask(scene.real.truth.places, knobs["shape"], rng)
    affine = _affine(scene, knobs)
    moved = np.stack([_moved(np.clip(copy[..., c], 0, 1), affine) for c in range(3)], 2)
    soft = feather(np.clip(_moved(mask, affine), 0, 1), scene.px(knobs["feather"]))
    return moved, soft * knobs["alpha"]


def _affine(scene: Scene, knobs: Knobs) -> tuple[float, ...]:
    """Output to input: turn and zoom about the middle of the face, then shift."""
    cx, cy = 0.5 * scene.size_px, 0.535 * scene.size_px
    c, s = np.cos(knobs["turn"]) / knobs["zoom"], np.sin(knobs["turn"]) / knobs["zoom"]
    dx, dy = (scene.px(length) for length in knobs["shift"])
    return c, s, cx - c * cx - s * cy - dx, -s, c, cy + s * cx - c * cy - dy


def _moved(channel: np.ndarray, affine: tuple[float, ...]) -> np.ndarray:
    image = Image.fromarray(channel.astype(np.float32))
    moved = image.transform(image.size, Image.Transform.AFFINE, affine, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(moved), 0, 1)
