"""Crops: shapes, ranges, seeds, and that natural pictures are never resized."""

import numpy as np
import pytest
import torch

from engines.detection.augment import fancy_pca, mask_view, moved_view, plain_view, tinted, training_view
from engines.detection.samples import WorldSamples, centre_crop

PICTURE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)


@pytest.mark.parametrize("recipe", ["face", "natural"])
@pytest.mark.parametrize("seed", range(6))
def test_a_view_follows_from_its_seed(recipe, seed):
    view = training_view(PICTURE, recipe, 56, seed)
    assert view.shape == (3, 56, 56) and view.min() >= 0 and view.max() <= 1
    before = torch.get_rng_state()
    assert torch.equal(view, training_view(PICTURE, recipe, 56, seed))
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(view, training_view(PICTURE, recipe, 56, seed + 100))


@pytest.mark.parametrize("recipe", ["face", "natural"])
@pytest.mark.parametrize("seed", range(6))
def test_what_stands_behind_a_picture_moves_with_it(recipe, seed):
    """A bright square on black, whatever its colours become, lies where its moved copy and its moved mask lie."""
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[10:30, 20:50] = 255
    view, moved = (make(picture, recipe, 56, seed).mean(0) > 0.5 for make in (training_view, moved_view))
    mask = mask_view(picture[..., 0], recipe, 56, seed) > 0.5
    assert torch.equal(moved, mask) and (view == moved).float().mean() > 0.97


def test_tints_move_nothing_and_leave_natural_pictures_alone():
    crop = plain_view(PICTURE, "face", 56)
    assert torch.equal(tinted(crop, "natural", 3), crop)
    some = [tinted(crop, "face", seed) for seed in range(8)]
    assert torch.equal(some[3], tinted(crop, "face", 3)) and not all(
        torch.allclose(one, crop, atol=0.01) for one in some
    )


def test_natural_test_view_holds_the_pictures_own_pixels():
    """90 x 120 tiles three times down and three across; the centre crop of the tiling is made of exact pixels."""
    tiled = np.tile(PICTURE, (3, 3, 1))
    view = (plain_view(PICTURE, "natural", 98) * 255).round().byte().permute(1, 2, 0).numpy()
    top, left = round((270 - 98) / 2), round((360 - 98) / 2)
    assert np.array_equal(view, tiled[top : top + 98, left : left + 98])


def test_fancy_pca_leaves_a_grey_wall_alone():
    wall = torch.full((3, 8, 8), 100, dtype=torch.uint8)
    assert torch.equal(fancy_pca(wall), wall)


class Pictures:
    images = np.random.default_rng(1).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8)
    labels = np.array([0, 1, 0, 1, 1])
    family = np.array(["real", "swap", "real", "swap", "swap"])
    target_id = np.arange(5)


def test_world_crops_are_pixels_of_the_picture():
    samples = WorldSamples(Pictures(), 98)
    batch = samples.__getitems__([(index, seed) for index in range(5) for seed in range(8)])
    assert batch["images"].shape == (40, 3, 98, 98) and batch["labels"].tolist()[::8] == [0, 1, 0, 1, 1]
    crop = (batch["images"][9] * 255).round().byte().permute(1, 2, 0).numpy()
    found = [
        np.array_equal(view, Pictures.images[1][top : top + 98, left : left + 98])
        for view in (crop, crop[:, ::-1])
        for top in range(15)
        for left in range(15)
    ]
    assert sum(found) == 1


def test_centre_crop_by_hand():
    assert np.array_equal(centre_crop(Pictures.images, 98)[0], Pictures.images[0][7:105, 7:105])
