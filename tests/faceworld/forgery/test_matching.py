"""Colour transfer, loss of resolution, sharpening, up-sampling and the panel, by hand."""

import numpy as np
import pytest

from engines.faceworld.forgery.panel import Panel, distance, looks, outline, rank
from engines.faceworld.forgery.tools import coarsen, sharpen, transfer_colour
from engines.faceworld.forgery.upsample import METHODS, enlarged
from engines.faceworld.people import Person


def test_colour_transfer_moves_mean_and_spread() -> None:
    rng = np.random.default_rng(0)
    source, target = rng.normal(0.3, 0.05, (20, 20, 3)), rng.normal(0.6, 0.07, (20, 20, 3))
    whole = np.ones((20, 20))
    moved = transfer_colour(source, target, whole, 1.0)
    np.testing.assert_allclose(moved.mean((0, 1)), target.mean((0, 1)), atol=1e-6)
    np.testing.assert_allclose(moved.std((0, 1)), target.std((0, 1)), rtol=0.01)
    np.testing.assert_allclose(transfer_colour(source, target, whole, 0.0), source)
    by_mean = transfer_colour(source, target, whole, 1.0, spread=False)
    np.testing.assert_allclose(by_mean - source, np.broadcast_to((target - source).mean((0, 1)), source.shape))


def test_coarsening_loses_detail_and_one_keeps_it() -> None:
    image = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    assert coarsen(image, 1) is image
    assert coarsen(image, 2).std() < 0.6 * image.std()


def test_sharpening_makes_steps_higher() -> None:
    step = np.zeros((20, 20, 3), np.float32)
    step[:, 10:] = 1
    np.testing.assert_array_equal(sharpen(step, 0.0, 1.0), step)
    assert sharpen(step, 0.5, 1.0)[10, 10].max() > 1.1 and sharpen(step, 0.5, 1.0)[10, 0].max() == 0


@pytest.mark.parametrize("method", METHODS)
def test_enlarging_keeps_flat_pictures_and_means(method: str) -> None:
    flat = np.full((8, 8, 3), 0.4, np.float32)
    np.testing.assert_allclose(enlarged(flat, method)[2:-2, 2:-2], 0.4, atol=1e-6)
    ramp = np.repeat(np.tile(np.linspace(0, 1, 16, dtype=np.float32), (16, 1))[..., None], 3, 2)
    large = enlarged(ramp, method)
    assert large.shape == (32, 32, 3)
    halved = large.reshape(16, 2, 16, 2, 3).mean((1, 3))
    np.testing.assert_allclose(halved[2:-2, 2:-2], ramp[2:-2, 2:-2], atol=0.02)


def test_rank_by_hand() -> None:
    assert [rank([0.3, 0.1, 0.2], share) for share in (0, 0.5, 1)] == [1, 2, 0]
    assert rank([5.0], 0.7) == 0


def test_outlines_know_neither_place_nor_size() -> None:
    head = Person.sample(4).vertices
    np.testing.assert_allclose(outline(2 * head + [0.1, 0.0, -0.2]), outline(head), atol=1e-5)


def test_the_nearest_of_a_panel_is_the_person() -> None:
    target = Person.sample(11)
    assert distance(looks(target), looks(target)) == 0
    assert Panel((31, 11, 41)).pick(target, 0).identity == 11
    far = Panel((31, 11, 41)).pick(target, 1)
    assert distance(looks(target), looks(far)) == max(
        distance(looks(target), looks(Person.sample(n))) for n in (31, 41)
    )
