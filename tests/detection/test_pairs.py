"""Forged pictures and the real frames behind them: the same people, the same place, the same crop."""

import numpy as np
import pytest
import torch

from engines.detection.pairs import WorldPairs
from engines.errors import BadInput
from engines.faceworld.dataset import ForgerySet, ForgerySpec

SPEC = {"split": "train", "families": ("swap", "selfblend"), "identities": 3, "reals": 3, "fakes_per_family": 3}


@pytest.fixture(scope="module")
def pairs():
    return WorldPairs(ForgerySet.build(ForgerySpec(**SPEC, partners=True)), 98)


def test_a_real_picture_is_its_own_partner(pairs):
    items = [(index, 5) for index in range(3)]
    batch = pairs.__getitems__(items)
    assert torch.equal(batch["images"], batch["target"]) and torch.equal(batch["images"], batch["source"])


def test_outside_the_mask_a_forgery_is_its_target(pairs):
    """But for the camera's noise and JPEG, which know neither."""
    pictures = pairs.pictures
    for index in range(3, len(pairs)):
        outside = pictures.masks[index] == 0
        apart = np.abs(pictures.images[index].astype(int) - pictures.targets[index])
        inside = apart[pictures.masks[index] > 0.8 * pictures.masks[index].max()]
        assert apart[outside].mean() < 4 and inside.mean() > apart[outside].mean()


def test_crops_of_partners_lie_alike(pairs):
    """Self-blends: the source is the target, whatever crop and mirroring the seed draws."""
    where = [int(index) for index in np.flatnonzero(pairs.family == "selfblend")]
    for seed in range(4):
        items = [(index, seed) for index in where]
        assert torch.equal(pairs.frames(items, "target"), pairs.frames(items, "source"))
        apart = (pairs.crops(items) - pairs.frames(items, "target")).abs().mean()
        other = (pairs.crops(items) - pairs.frames(items, "target").flip(-1)).abs().mean()
        assert apart < other


def test_swaps_have_another_source(pairs):
    where = np.flatnonzero(pairs.family == "swap")
    assert (pairs.pictures.source_id[where] != pairs.pictures.target_id[where]).all()
    assert np.abs(pairs.pictures.sources[where].astype(int) - pairs.pictures.targets[where]).mean() > 5


def test_sets_without_partners_are_refused():
    with pytest.raises(BadInput, match="set partners"):
        WorldPairs(ForgerySet.build(ForgerySpec(**SPEC)), 98)
