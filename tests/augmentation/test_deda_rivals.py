"""Rivals: pixels and labels that can be computed by hand."""

import numpy as np
import pytest
import torch

from engines.augmentation.deda.editors import Jitter
from engines.augmentation.rivals import generated
from engines.augmentation.rivals.mixing import MIXERS, guidedmixup, mixup, paired
from engines.augmentation.rivals.saliency import saliency
from engines.data import labelled
from tests.labelled_trees import folder_tree


def batch(size=6, side=32):
    images = torch.rand(size, 3, side, side, generator=torch.Generator().manual_seed(0))
    images[:, 0] = 0.0
    images[1::2, 0] = 1.0  # red says the class, the rest is texture to look at
    return images, torch.eye(2).repeat(size // 2, 1)


@pytest.mark.parametrize("name", MIXERS)
def test_labels_follow_the_area_of_each_picture(name):
    """Red is 0 in class 0 and 1 in class 1, so a mixed picture's mean red is its share of class 1."""
    images, targets = batch()
    mixed, labels = MIXERS[name](images, targets, np.random.default_rng(0), alpha=1.0)
    assert mixed.shape == images.shape and mixed.min() >= 0 and mixed.max() <= 1
    torch.testing.assert_close(labels.sum(1), torch.ones(6))
    torch.testing.assert_close(mixed[:, 0].mean((1, 2)), labels[:, 1], atol=1e-5, rtol=0)
    assert ((labels > 0.01) & (labels < 0.99)).any()


@pytest.mark.parametrize("name", MIXERS)
def test_the_generator_decides(name):
    images, targets = torch.rand(4, 3, 32, 32), torch.eye(4)
    one, other = (MIXERS[name](images, targets, np.random.default_rng(3), alpha=1.0) for _ in range(2))
    assert (one[0] == other[0]).all() and (one[1] == other[1]).all()


def test_a_strong_prior_leaves_pictures_half_and_half():
    images, targets = batch()
    _, labels = mixup(images, targets, np.random.default_rng(0), alpha=1e4)
    assert set(labels[:, 1].round(decimals=1).tolist()) <= {0.0, 0.5, 1.0}


def test_saliency_finds_the_odd_spot():
    images = 0.5 + 0.01 * torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    images[0, :, 40:46, 12:18] = 1.0
    y, x = divmod(int(saliency(images)[0].argmax()), 64)
    assert abs(y - 43) < 8 and abs(x - 15) < 8


def test_guided_pairs_are_a_ring_of_the_farthest():
    maps = torch.zeros(4, 2, 2)
    maps[0, 0, 0] = maps[1, 0, 0] = 1
    maps[2, 1, 1] = maps[3, 1, 1] = 1
    order = paired(maps, 0)
    assert sorted(order.tolist()) == [0, 1, 2, 3]
    assert order[0] in (2, 3) and all(order[n] != n for n in range(4))


def test_guided_mixing_keeps_what_each_shows():
    """One bright spot each, in opposite corners: both spots stay in both mixed pictures."""
    images = 0.2 + 0.01 * torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    images[0, :, 8:16, 8:16] = images[1, :, 48:56, 48:56] = 1.0
    mixed, _ = guidedmixup(images, torch.eye(2), np.random.default_rng(0))
    assert mixed[0, 0, 10:14, 10:14].mean() > 0.6 and mixed[0, 0, 50:54, 50:54].mean() > 0.6


def test_labels_of_diff_mix_by_hand():
    """0.9 [(1 − s^γ), s^γ] and 0.1 / C for all."""
    way = generated.Way("other", 0.7, 0.1, 0.8)
    label = generated.Replacing([], np.zeros(1), 4, way, 32).target(1, 3)
    share = 0.7**0.8
    np.testing.assert_allclose(label, [0.025, 0.9 * (1 - share) + 0.025, 0.025, 0.9 * share + 0.025], atol=1e-6)
    assert label.sum() == pytest.approx(1)
    assert generated.Replacing([], np.zeros(1), 4, way, 32).target(1, None).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(("towards", "same"), [("own", True), ("other", False), ("none", None)])
def test_generated_pictures_are_kept_and_found_again(towards, same, tmp_path):
    train = labelled.read(folder_tree(tmp_path / "tree")).train
    way = generated.Way(towards, 0.5, 1.0)
    made = generated.build(tmp_path / "made", train, way, Jitter(), 2, 32, 0, 4, lambda share, note: None)
    assert len(made) == 24 and all(wish.path.is_file() for wish in made)
    for wish in made:
        known = train.entries[wish.source].label
        assert wish.label is None if same is None else (wish.label == known) == same
    again = generated.build(tmp_path / "made", train, way, None, 2, 32, 0, 4, lambda share, note: None)
    assert again == made
    picture, label = generated.Replacing(made, train.labels, 3, way, 24)(0, np.random.default_rng(0))
    assert picture.shape == (24, 24, 3) and label.sum() == pytest.approx(1)
