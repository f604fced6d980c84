"""The camera: the same code finishes real and forged pictures, so that it tells nothing apart.

Depth of field before the picture is toned; then white balance and tone; then the blur of lens and motion, resampling,
vignette, sensor noise that grows with light, and JPEG. What a forger changes lies between the second and the third.
"""

import io
from dataclasses import dataclass
from typing import Self

import numpy as np
from PIL import Image

from engines.faceworld.optics import defocus, developed, moved, softened, softening


@dataclass(frozen=True)
class Camera:
    """A camera and its settings; lengths in px are those of a picture 112 px wide, but for `blur_px`.

    Args:
        exposure, gamma: of the tone curve. white: gains of red, green and blue left by its white balance.
        aperture_px: circle of confusion of what is infinitely far (see `optics.defocus`). blur_px: of the lens, in px
            of the picture. motion_px: (across, down) that the camera moves during the exposure.
        resample: share of its pixels that the picture was once shrunk to. vignette: loss of light in the corners.
        noise: of full scale. quality: of JPEG. seed: of the grain.
    """

    exposure: float
    gamma: float
    blur_px: float
    resample: float
    noise: float
    quality: int
    seed: int
    white: tuple[float, float, float] = (1.0, 1.0, 1.0)
    aperture_px: float = 0.0
    motion_px: tuple[float, float] = (0.0, 0.0)
    vignette: float = 0.0

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Self:
        """A camera drawn at random; a quarter of them move."""
        warmth, tint = rng.normal(0, 0.035), rng.normal(0, 0.012)
        length, angle = rng.uniform(0.5, 1.8) * (rng.random() < 0.25), rng.uniform(0, np.pi)
        return cls(
            exposure=float(np.exp(rng.normal(0, 0.10))),
            gamma=rng.uniform(0.94, 1.08),
            blur_px=rng.uniform(0, 0.65),
            resample=rng.uniform(0.7, 1),
            noise=rng.uniform(0.002, 0.018),
            quality=int(rng.integers(60, 96)),
            seed=int(rng.integers(1 << 31)),
            white=(float(np.exp(warmth)), float(np.exp(-tint)), float(np.exp(-warmth))),
            aperture_px=rng.uniform(0, 6),
            motion_px=(float(length * np.cos(angle)), float(length * np.sin(angle))),
            vignette=rng.uniform(0, 0.12),
        )


def focused(image: np.ndarray, depth: np.ndarray, focus: float, camera: Camera) -> np.ndarray:
    """Linear light (H, W, 3) as a lens focused at `focus` metres draws it; `depth` (H, W) in metres."""
    aperture = camera.aperture_px * len(image) / 112
    return defocus(image, depth, focus, aperture) if aperture > 0.5 else image


def metered(skin: tuple[float, float, float]) -> np.float32:
    """Exposure relative to that for medium skin: a camera follows the face a little, so that pale skin keeps its
    detail in bright light and dark skin in dim light."""
    return np.float32((0.3 / (0.3 * skin[0] + 0.6 * skin[1] + 0.1 * skin[2])) ** 0.22)


def tone(image: np.ndarray, camera: Camera) -> np.ndarray:
    """Linear light to display values in [0, 1] on a film curve (Narkowicz's fit of ACES, 2016): float32."""
    gains = np.array(camera.white) * (0.68 * camera.exposure)
    light = np.maximum(image * gains.astype(np.float32), 0)
    film = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    return np.clip(film, 0, 1).astype(np.float32) ** np.float32(camera.gamma / 2.2)


def finish(image: np.ndarray, camera: Camera) -> np.ndarray:
    """A toned picture (H, W, 3) in [0, 1] as the camera's file shows it: uint8 RGB."""
    return finish_with_size(image, camera)[0]


def finish_with_size(image: np.ndarray, camera: Camera) -> tuple[np.ndarray, int]:
    """`finish`, and the size of the JPEG file in bytes."""
    size, rng = image.shape[0], np.random.default_rng(camera.seed)
    image = np.ascontiguousarray(image, np.float32)
    across, down = (length * size / 112 for length in camera.motion_px)
    if abs(across) + abs(down) > 0.2:
        image = moved(image, across, down)
    small = int(size * max(camera.resample, 0.5))
    if camera.blur_px >= 0.15 or small < size - 2:
        image = softened(image, softening(size, camera.blur_px, small if small < size - 2 else size))
    words = rng.integers(0, 1 << 32, image.size, np.uint32)
    return jpeg(developed(image, words, camera.noise, camera.vignette), camera.quality)


def jpeg(image: np.ndarray, quality: int) -> tuple[np.ndarray, int]:
    """Through a JPEG file and back; with the file's size in bytes."""
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer, formats=("JPEG",))), buffer.getbuffer().nbytes


def blur(image: np.ndarray, sigma_px: float) -> np.ndarray:
    """Gaussian blur of a mask (H, W) or picture (H, W, C); below 0.15 px it is left as it is."""
    if sigma_px < 0.15:
        return image
    from scipy.ndimage import gaussian_filter  # a tenth of a second that a first picture need not wait

    sigmas = (sigma_px, sigma_px, 0)[: image.ndim]
    return gaussian_filter(image, sigmas, mode="nearest", truncate=3.0)


def resize(image: np.ndarray, size: int, method: Image.Resampling) -> np.ndarray:
    """A float picture (H, W, 3) at another size (size, size, 3)."""
    channels = [Image.fromarray(image[..., c]).resize((size, size), method) for c in range(image.shape[2])]
    return np.stack([np.asarray(channel) for channel in channels], 2)
