"""Makes `assets/world/tables/scalp.safetensors`, the tables of `scalp`, from the bundled head.

python -m engines.faceworld.build_scalp
"""

from dataclasses import asdict

import numpy as np
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter, grey_closing
from scipy.spatial import cKDTree

from engines.faceworld.basis import SKIN, load_basis
from engines.faceworld.scalp import AZIMUTH, CENTRE, FILE, POLAR, Scalp

POOL = 900
"""Candidate roots."""


def make_scalp() -> Scalp:
    """The scalp of the bundled head."""
    basis = load_basis()
    kept = np.unique(basis.faces[basis.regions == SKIN])
    offsets = basis.mean[kept] - CENTRE
    radii = np.linalg.norm(offsets, axis=1)
    skull = basis.ears[kept] < 0.2
    polar, azimuth = np.meshgrid(
        (np.arange(POLAR) + 0.5) / POLAR * np.pi,
        (np.arange(AZIMUTH) + 0.5) / AZIMUTH * 2 * np.pi - np.pi,
        indexing="ij",
    )
    directions = np.stack([np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth), np.cos(polar)], 2)
    ways = (offsets / radii[:, None])[skull]
    vertex = kept[skull][cKDTree(ways).query(directions.reshape(-1, 3))[1].reshape(POLAR, AZIMUTH)]
    radius = np.linalg.norm(basis.mean[vertex] - CENTRE, axis=2)
    ears, way = radius.copy(), (offsets / radii[:, None])[~skull]
    row = (np.arccos(way[:, 2]) / np.pi * POLAR).astype(int)
    column = ((np.arctan2(way[:, 0], way[:, 1]) + np.pi) / (2 * np.pi) * AZIMUTH).astype(int)
    np.maximum.at(ears, (row, column), radii[~skull])
    smooth, ears = (
        gaussian_filter(one, 1.0, mode=("nearest", "wrap")) for one in (radius, grey_closing(ears, 5, mode="nearest"))
    )
    return Scalp(_roots(), smooth, ears, vertex)


def _roots() -> np.ndarray:
    """Places (POOL, 3) on the upper and back skull: each is the farthest of many from those before it."""
    basis, rng = load_basis(), np.random.default_rng(7)
    corners = basis.mean[basis.faces]
    centres = corners.mean(1)
    crossed = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(crossed, axis=1) * (((centres - CENTRE) * crossed).sum(1) > 0)
    area *= (basis.regions == SKIN) & (basis.ears[basis.faces].max(1) < 0.2)
    area *= (centres[:, 2] > -0.1) & (centres[:, 2] + centres[:, 1] > 0.02)
    area *= np.where(centres[:, 1] > 0.13, 0.5, 1)  # few look at the back of a head
    chosen = rng.choice(len(area), 4 * POOL, p=area / area.sum())
    places = (corners[chosen] * rng.dirichlet([1, 1, 1], len(chosen))[..., None]).sum(1)
    kept, distance, farthest = np.empty((POOL, 3)), np.full(len(places), np.inf), 0
    for number in range(POOL):
        kept[number] = places[farthest]
        distance = np.minimum(distance, ((places - places[farthest]) ** 2).sum(1))
        farthest = int(distance.argmax())
    return kept


def main() -> None:
    """Write the file."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in asdict(make_scalp()).items()}, FILE)


if __name__ == "__main__":
    main()
