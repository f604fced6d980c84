"""The camera: the same code finishes real and forged pictures, so that it tells nothing apart.

Blur of the lens, resampling, sensor noise that grows with light, and JPEG.
"""

import io
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter


@dataclass(frozen=True)
class Camera:
    """Exposure and gamma (tone), lens blur (px), resampling factor, noise (of full scale), JPEG quality, seed."""

    exposure: float
    gamma: float
    blur_px: float
    resample: float
    noise: float
    quality: int
    seed: int

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Self:
        """A camera drawn at random."""
        return cls(
            exposure=float(np.exp(rng.normal(0, 0.10))),
            gamma=rng.uniform(0.94, 1.08),
            blur_px=rng.uniform(0, 0.75),
            resample=rng.uniform(0.7, 1),
            noise=rng.uniform(0.002, 0.018),
            quality=int(rng.integers(60, 96)),
            seed=int(rng.integers(1 << 31)),
        )


def tone(image: np.ndarray, camera: Camera) -> np.ndarray:
    """Linear light to display values in [0, 1] on a film curve (Narkowicz's fit of ACES, 2016): float32."""
    light = np.maximum(image * np.float32(0.68 * camera.exposure), 0)
    film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    return np.clip(film, 0, 1).astype(np.float32) ** np.float32(camera.gamma / 2.2)


def finish(image: np.ndarray, camera: Camera) -> np.ndarray:
    """A toned picture (H, W, 3) in [0, 1] as the camera's file shows it: uint8 RGB."""
    return finish_with_size(image, camera)[0]


def finish_with_size(image: np.ndarray, camera: Camera) -> tuple[np.ndarray, int]:
    """`finish`, and the size of the JPEG file in bytes."""
    rng = np.random.default_rng(camera.seed)
    image = blur(image.astype(np.float32), camera.blur_px)
    size = image.shape[0]
    small = int(size * camera.resample)
    if small < size - 2:
        image = resize(resize(image, small, Image.Resampling.BILINEAR), size, Image.Resampling.BICUBIC)
    grain = rng.standard_normal(image.shape, dtype=np.float32) * np.float32(camera.noise)
    image = image + grain * (0.5 + 0.5 * np.sqrt(np.clip(image, 0, 1)))
    return jpeg((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), camera.quality)


def jpeg(image: np.ndarray, quality: int) -> tuple[np.ndarray, int]:
    """Through a JPEG file and back; with the file's size in bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer)), buffer.getbuffer().nbytes


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Gaussian blur of a mask (H, W) or picture (H, W, C); below 0.15 px it is left as it is."""
    if sigma_px < 0.15:
        return image
    sigmas = (sigma_px, sigma_px, 0)[: image.ndim]
    return gaussian_filter(image, sigmas, mode="nearest", truncate=3.0)


def resize(image: np.ndarray, size: int, method: Image.Resampling) -> np.ndarray:
    """A float picture (H, W, 3) at another size (size, size, 3)."""
    channels = [Image.fromarray(image[..., c]).resize((size, size), method) for c in range(image.shape[2])]
    return np.stack([np.asarray(channel) for channel in channels], 2)
