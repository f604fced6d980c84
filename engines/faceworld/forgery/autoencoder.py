"""A face decoded by a small convolutional autoencoder, as every learned generator decodes its latents.

The weights (`assets/world/autoencoder.safetensors`) were trained on real photographs of the training split; the
network runs here in numpy, in double precision, so that worker processes need no torch and the result does not
depend on a machine's threads. Knobs: `mix`, the share of the real face kept, as skip connections do; `sharpen`, as
decoders learn to; `hull` of `masks.HULLS`; `feather` px.
"""

import functools

import numpy as np
from safetensors.numpy import load_file

from engines import ASSETS
from engines.faceworld.forgery.base import Family, Knobs, Layer, Scene
from engines.faceworld.forgery.masks import feather, hull
from engines.faceworld.forgery.tools import sharpen

FILE = "autoencoder.safetensors"
WEIGHTS = ASSETS / "world" / FILE
SLOPE = 0.2
"""Of the leaky rectifier after each layer but the latent and the last."""
LAYERS = (
    *(("conv", "encode.0", 2), ("conv", "encode.1", 2), ("conv", "encode.2", 1)),
    *(("conv", "decode.0", 1), ("transposed", "decode.1", 2), ("transposed", "decode.2", 2), ("conv", "decode.3", 1)),
)
"""Kind, name and stride of each layer: kernels of 3 for convolutions, of 4 for transposed ones."""
LINEAR = ("encode.2", "decode.3")


def sample_knobs(rng: np.random.Generator) -> Knobs:
    """Knobs of one decoded face."""
    return {
        "mix": rng.uniform(0, 0.3),
        "sharpen": rng.uniform(0, 0.2),
        "hull": str(rng.choice(["full", "inner"])),
        "feather": rng.uniform(1.5, 4),
    }


def make(scene: Scene, knobs: Knobs, rng: np.random.Generator) -> Layer:
    """The decoded picture mixed with the real one, and the mask of the face."""
    real = scene.real
    decoded = sharpen(decode(real.image), knobs["sharpen"], 1)
    mixed = (1 - knobs["mix"]) * decoded + knobs["mix"] * real.image
    region = hull(real.truth.landmarks, knobs["hull"], scene.size_px)
    return Layer(mixed.astype(np.float32), feather(region, scene.px(knobs["feather"])))


def decode(image: np.ndarray) -> np.ndarray:
    """A picture (H, W, 3) in [0, 1] through the autoencoder: float32, the same shape."""
    height, width = image.shape[:2]
    padding = ((0, -height % 4), (0, -width % 4), (0, 0))
    x = np.pad(image.astype(np.float64), padding, mode="edge")
    weights = _weights()
    for kind, name, stride in LAYERS:
        layer = _convolve if kind == "conv" else _transposed
        x = layer(x, weights[f"{name}.weight"], stride) + weights[f"{name}.bias"]
        if name not in LINEAR:
            x = np.where(x > 0, x, SLOPE * x)
    return np.clip(x[:height, :width], 0, 1).astype(np.float32)


@functools.cache
def _weights() -> dict[str, np.ndarray]:
    return {name: value.astype(np.float64) for name, value in load_file(WEIGHTS).items()}


def _convolve(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """(H, W, C) with a kernel (O, C, 3, 3), padding 1: a matrix product for each place of the kernel."""
    height, width = -(-x.shape[0] // stride), -(-x.shape[1] // stride)
    padded = np.pad(x, ((1, 1), (1, 1), (0, 0)))
    out = np.zeros((height * width, weight.shape[0]))
    for row in range(3):
        for column in range(3):
            seen = padded[row::stride, column::stride][:height, :width].reshape(height * width, -1)
            out += seen @ weight[:, :, row, column].T
    return out.reshape(height, width, -1)


def _transposed(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """(H, W, C) with a kernel (C, O, 4, 4), stride 2, padding 1: (2H, 2W, O)."""
    height, width, channels = x.shape
    flat = x.reshape(-1, channels)
    out = np.zeros((stride * height + 2, stride * width + 2, weight.shape[1]))
    for row in range(4):
        for column in range(4):
            part = (flat @ weight[:, :, row, column]).reshape(height, width, -1)
            out[row : row + stride * height : stride, column : column + stride * width : stride] += part
    return out[1:-1, 1:-1]


FAMILY = Family(
    name="autoencoder",
    title="Autoencoder",
    mirrors="faces decoded by a learned network, as in DeepFakes and face generators",
    two_people=False,
    trained_on=False,
    sample_knobs=sample_knobs,
    make=make,
    weights=WEIGHTS,
    made_by="python -m engines.faceworld.build_autoencoder",
)
