"""The renderer against plain numpy on the same picture, and finished photographs a second on one core."""

import time

import numpy as np
from pytest_benchmark.fixture import BenchmarkFixture

from engines.faceworld.basis import load_basis
from engines.faceworld.camera import finish
from engines.faceworld.forgery import FAMILIES, forge
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.raster import FAR, rasterise
from engines.faceworld.render import render
from engines.faceworld.view import View

SIZE = 224


def _numpy_depth(screen: np.ndarray, faces: np.ndarray, two_sided_from: int) -> np.ndarray:
    """A z-buffer as numpy would write it: a loop over triangles, arrays over the pixels of each."""
    depth = np.full((SIZE, SIZE), FAR, np.float32)
    for number, (p, q, r) in enumerate(screen[faces].astype(np.float64)):
        area = (q[0] - p[0]) * (r[1] - p[1]) - (r[0] - p[0]) * (q[1] - p[1])
        if area > -1e-9 and (number < two_sided_from or area < 1e-9):
            continue
        corners = np.stack([p, q, r])
        low = np.maximum(np.ceil(corners[:, :2].min(0) - 0.5), 0).astype(int)
        high = np.minimum(np.floor(corners[:, :2].max(0) - 0.5), SIZE - 1).astype(int)
        if (high < low).any():
            continue
        x, y = np.arange(low[0], high[0] + 1) + 0.5, (np.arange(low[1], high[1] + 1) + 0.5)[:, None]
        w0 = ((q[0] - x) * (r[1] - y) - (r[0] - x) * (q[1] - y)) / area
        w1 = ((r[0] - x) * (p[1] - y) - (p[0] - x) * (r[1] - y)) / area
        inside = (w0 >= 0) & (w1 >= 0) & (w0 + w1 <= 1)
        z = np.where(inside, w0 * p[2] + w1 * q[2] + (1 - w0 - w1) * r[2], FAR)
        window = depth[low[1] : high[1] + 1, low[0] : high[0] + 1]
        np.minimum(window, z, out=window)
    return depth


def test_rasteriser_against_numpy(benchmark: BenchmarkFixture) -> None:
    """The same depths from both; `numpy_over_numba` is the ratio of their times."""
    view = View(Person.sample(0), Photo.sample(0), SIZE // 2)
    faces, head = view.mesh.faces, len(load_basis().faces)
    started = time.perf_counter()
    expected = _numpy_depth(view.screen, faces, head)
    plain_s = time.perf_counter() - started
    depth = benchmark(rasterise, view.screen, faces, head, SIZE)[1]
    agree = np.isclose(depth, expected, atol=1e-4)
    assert agree.mean() > 0.999  # pixel centres on an edge may fall to either side in single precision
    if benchmark.stats:
        benchmark.extra_info["numpy_over_numba"] = plain_s / benchmark.stats.stats.min


def test_finished_photographs(benchmark: BenchmarkFixture) -> None:
    """One photograph of a person at hand: head, hair, light, truth and camera."""
    photos = [Photo.sample(number) for number in range(20)]
    person = Person.sample(0)

    def album() -> list[np.ndarray]:
        return [finish(render(person, photo).image, photo.camera) for photo in photos]

    assert len(benchmark(album)) == 20
    if benchmark.stats:
        benchmark.extra_info["photographs_per_s_and_core"] = 20 / benchmark.stats.stats.min


def test_forged_photographs(benchmark: BenchmarkFixture) -> None:
    """One forgery of each family."""
    target, source, photo = Person.sample(0), Person.sample(1), Photo.sample(2)
    forged = benchmark(lambda: [forge(family, target, photo, source, 0) for family in FAMILIES])
    assert [one.family for one in forged] == list(FAMILIES)
    if benchmark.stats:
        benchmark.extra_info["forgeries_per_s_and_core"] = len(FAMILIES) / benchmark.stats.stats.min
