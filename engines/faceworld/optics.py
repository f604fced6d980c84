"""What lens and sensor do to a picture, as kernels: defocus by depth, softness, motion, grain.

Softness (a Gaussian, then fewer pixels and back, as a resized upload has it) is one banded linear map of an axis, built
once a picture and applied to columns and rows.
"""

import numpy as np

from engines.faceworld.compiled import njit

REACH = 10
"""Widest reach of a banded map, in px to either side."""
GRAIN_SD = np.float32(np.sqrt(4 * (256**2 - 1) / 12))
"""Standard deviation of the sum of a word's four bytes: near enough to a Gaussian for a sensor."""


@njit()
def defocus(image: np.ndarray, depth: np.ndarray, focus: float, aperture_px: float) -> np.ndarray:
    """Blur (H, W, 3) by the circle of confusion aperture_px * |depth - focus| / depth; what is infinitely far is
    left (places are out of focus by themselves), and so is what would spread less than a fifth of a pixel."""
    size, out = image.shape[0], image.copy()
    for row in range(size):
        for column in range(size):
            far = depth[row, column]
            sigma = aperture_px * abs(far - focus) / far
            if sigma < 0.2 or far > 100:
                continue
            side = np.exp(-0.5 / (sigma * sigma))
            far_side = side**4 if sigma > 0.55 else 0.0
            reach = 2 if sigma > 0.55 else 1
            red, green, blue, total = 0.0, 0.0, 0.0, 0.0
            for i in range(max(row - reach, 0), min(row + reach + 1, size)):
                down = 1.0 if i == row else (side if abs(i - row) == 1 else far_side)
                for j in range(max(column - reach, 0), min(column + reach + 1, size)):
                    weight = down * (1.0 if j == column else (side if abs(j - column) == 1 else far_side))
                    red, green = red + weight * image[i, j, 0], green + weight * image[i, j, 1]
                    blue, total = blue + weight * image[i, j, 2], total + weight
            out[row, column, 0], out[row, column, 1] = red / total, green / total
            out[row, column, 2] = blue / total
    return out


@njit()
def _gaussian(size: int, sigma: float) -> np.ndarray:
    """Rows (size, 2 REACH + 1) of a banded map that blurs; beyond the border the last pixel goes on."""
    band = np.zeros((size, 2 * REACH + 1))
    reach = min(int(3 * sigma + 0.5), REACH) if sigma >= 0.15 else 0
    for i in range(size):
        total = 0.0
        for d in range(-reach, reach + 1):
            weight = np.exp(-0.5 * (d / max(sigma, 1e-3)) ** 2)
            total += weight
            band[i, min(max(i + d, 0), size - 1) - i + REACH] += weight
        band[i] /= total
    return band


@njit()
def _cubic(x: float) -> float:
    """Catmull-Rom's kernel."""
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1
    return ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0


@njit()
def softening(size: int, sigma: float, small: int) -> np.ndarray:
    """The banded map (size, 2 REACH + 1) of a blur, of averaging to `small` pixels (triangle filter) and of cubic
    enlargement back; `small` >= size leaves the number of pixels. `small` is at least half of `size`."""
    blurred = _gaussian(size, sigma)
    if small >= size:
        return blurred
    band, factor = np.zeros((size, 2 * REACH + 1)), size / small
    for i in range(size):
        centre, total = (i + 0.5) / factor, 0.0
        for coarse in range(int(np.floor(centre - 2)), int(np.ceil(centre + 2)) + 1):
            cubic = _cubic(coarse + 0.5 - centre)
            if cubic == 0:
                continue
            middle = (min(max(coarse, 0), small - 1) + 0.5) * factor
            low, high = int(np.ceil(middle - factor - 0.5)), int(np.floor(middle + factor - 0.5))
            inner = 0.0
            for j in range(low, high + 1):
                inner += 1 - abs(j + 0.5 - middle) / factor
            for j in range(low, high + 1):
                weight = cubic * (1 - abs(j + 0.5 - middle) / factor) / inner
                total += weight
                column = min(max(j, 0), size - 1)
                for d in range(-2, 3):
                    at = column + d - i + REACH
                    if 0 <= at <= 2 * REACH:
                        band[i, at] += weight * blurred[column, d + REACH]
        band[i] /= band[i].sum()
    return band


@njit()
def softened(image: np.ndarray, band: np.ndarray) -> np.ndarray:
    """A banded map along both axes of (H, H, 3) float32."""
    size = image.shape[0]
    flat, half = image.reshape(size, size * 3), np.zeros((size, size * 3), np.float32)
    out = np.zeros((size, size, 3), np.float32)
    for i in range(size):
        for k in range(max(-REACH, -i), min(REACH, size - 1 - i) + 1):
            weight = np.float32(band[i, k + REACH])
            if weight != 0:
                for j in range(size * 3):
                    half[i, j] += weight * flat[i + k, j]
    for j in range(size):
        for k in range(max(-REACH, -j), min(REACH, size - 1 - j) + 1):
            weight = np.float32(band[j, k + REACH])
            if weight != 0:
                for i in range(size):
                    for c in range(3):
                        out[i, j, c] += weight * half[i, (j + k) * 3 + c]
    return out


@njit()
def moved(image: np.ndarray, across_px: float, down_px: float) -> np.ndarray:
    """(H, H, 3) as seen while the camera moves along a short line: the mean of five places on it."""
    size, out = image.shape[0], np.zeros_like(image)
    for step in range(5):
        x, y = across_px * (step - 2) / 4, down_px * (step - 2) / 4
        left, top = int(np.floor(x)), int(np.floor(y))
        u, v = np.float32(x - left), np.float32(y - top)
        for i in range(size):
            a, b = min(max(i + top, 0), size - 1), min(max(i + top + 1, 0), size - 1)
            for j in range(size):
                p, q = min(max(j + left, 0), size - 1), min(max(j + left + 1, 0), size - 1)
                for c in range(3):
                    upper = image[a, p, c] * (1 - u) + image[a, q, c] * u
                    lower = image[b, p, c] * (1 - u) + image[b, q, c] * u
                    out[i, j, c] += np.float32(0.2) * (upper * (1 - v) + lower * v)
    return out


@njit()
def developed(image: np.ndarray, words: np.ndarray, noise: float, vignette: float) -> np.ndarray:
    """Darker corners, grain that grows with light (one random word a value) and eight bits: (H, H, 3) uint8."""
    size, out = image.shape[0], np.empty(image.shape, np.uint8)
    strength, middle, at = np.float32(noise / GRAIN_SD), np.float32(0.5 * (size - 1)), 0
    for i in range(size):
        for j in range(size):
            radius = ((i - middle) ** 2 + (j - middle) ** 2) / (2 * middle * middle)
            dimming = np.float32(1 - vignette * radius)
            for c in range(3):
                word = words[at]
                at += 1
                bytes_ = (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24)
                light = min(max(image[i, j, c] * dimming, np.float32(0)), np.float32(1))
                grain = (np.float32(bytes_) - np.float32(510)) * strength
                value = light + grain * (np.float32(0.5) + np.float32(0.5) * np.sqrt(light))
                out[i, j, c] = np.uint8(
                    min(max(value, np.float32(0)), np.float32(1)) * np.float32(255) + np.float32(0.5)
                )
    return out
