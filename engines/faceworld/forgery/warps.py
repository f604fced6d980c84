"""Moving one face onto another by landmarks: similarity, piecewise affine, and thin-plate spline.

Each warp is a field (H, W, 2) that says, for every pixel of the wanted picture, where in the given one its light comes
from. Points are (N, 2) x, y in px with pixel (0, 0) covering [0, 1) x [0, 1). Coordinates are rounded to a thousandth
of a pixel, which other machines' rounding does not reach.

F. Bookstein, "Principal warps: thin-plate splines and the decomposition of deformations", PAMI 1989.
"""

from collections.abc import Callable

import numpy as np
from scipy.interpolate import LinearNDInterpolator, RBFInterpolator
from scipy.ndimage import map_coordinates, zoom

STEP_PX = 4
"""A thin-plate spline is smooth: it is evaluated on a grid this wide and interpolated."""
STIFFNESS = 5e-4
"""Smoothing of the spline, by the picture's area: landmarks in one place, such as closed lids, may be asked to part."""
SPARSE = [*range(37), 39, 42, 45, *range(48, 60)]
"""Landmarks that triangles stand on: without lids and inner lips, which coincide when they are shut."""


def similarity(wanted: np.ndarray, given: np.ndarray, size_px: int) -> np.ndarray:
    """Turn, zoom and shift: the least-squares fit of all points."""
    return _moved(_grid(size_px), wanted, given)


def piecewise(wanted: np.ndarray, given: np.ndarray, size_px: int) -> np.ndarray:
    """Affine within each triangle of the landmarks; a similarity far away from them."""
    frame = np.array([(x, y) for x in (-0.5, 0.5, 1.5) for y in (-0.5, 0.5, 1.5) if (x, y) != (0.5, 0.5)]) * size_px
    ends = np.concatenate([wanted[SPARSE], frame])
    starts = np.concatenate([given[SPARSE], _moved(frame, wanted, given)])
    return LinearNDInterpolator(ends, starts)(_grid(size_px)).round(3)


def thin_plate(wanted: np.ndarray, given: np.ndarray, size_px: int) -> np.ndarray:
    """The smoothest map that takes the landmarks (nearly) to their places."""
    spline = RBFInterpolator(wanted, given, kernel="thin_plate_spline", smoothing=STIFFNESS * size_px**2)
    count = -(-(size_px - 1) // STEP_PX) + 1
    axis = np.arange(count) * STEP_PX + 0.5
    coarse = spline(np.stack(np.meshgrid(axis, axis), 2).reshape(-1, 2)).reshape(count, count, 2)
    scale = ((count - 1) * STEP_PX + 1) / count
    fine = zoom(coarse, (scale, scale, 1), order=1, grid_mode=False)
    return fine[:size_px, :size_px].round(3)


WARPS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "similarity": similarity,
    "piecewise": piecewise,
    "thin-plate": thin_plate,
}


def sample(image: np.ndarray, field: np.ndarray) -> np.ndarray:
    """A picture (H, W, C) or mask (H, W) seen through a field: cubic, clipped to [0, 1], edges repeated."""
    if image.ndim == 3:
        return np.stack([sample(image[..., channel], field) for channel in range(image.shape[2])], 2)
    seen = map_coordinates(image, (field[..., 1] - 0.5, field[..., 0] - 0.5), order=3, mode="nearest")
    return np.clip(seen, 0, 1).astype(np.float32)


def misfit(field: np.ndarray, wanted: np.ndarray, given: np.ndarray) -> float:
    """Root mean square distance, in px, between where a field finds the wanted points and where they are; points
    outside the picture do not count."""
    seen = ((wanted > 0.5) & (wanted < len(field) - 0.5)).all(1)
    places = (wanted[seen, 1] - 0.5, wanted[seen, 0] - 0.5)
    found = np.stack([map_coordinates(field[..., axis], places, order=1) for axis in (0, 1)], 1)
    return float(np.sqrt(((found - given[seen]) ** 2).sum(1).mean())) if seen.any() else 0.0


def _grid(size_px: int) -> np.ndarray:
    axis = np.arange(size_px) + 0.5
    return np.stack(np.meshgrid(axis, axis), 2)


def _moved(points: np.ndarray, wanted: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Points under the similarity that takes `wanted` nearest to `given`, by complex least squares."""
    before, after = (place[:, 0] + 1j * place[:, 1] for place in (wanted, given))
    centred = before - before.mean()
    turn = (centred.conj() * (after - after.mean())).sum() / (np.abs(centred) ** 2).sum()
    moved = turn * (points[..., 0] + 1j * points[..., 1] - before.mean()) + after.mean()
    return np.stack([moved.real, moved.imag], -1).round(3)
