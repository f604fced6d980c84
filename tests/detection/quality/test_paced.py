"""An epoch's plan: what is shown, what is upgraded, what the model's feedback changes, and going on after a stop."""

import numpy as np
import pytest
import torch
from torch import nn

from engines import recipes
from engines.detection.quality.paced import Paced
from engines.detection.quality.recipe import QualityConfig


class Flat:
    """Pictures of one grey each: a forgery's grey is its number / 100, its real frame's is 1."""

    labels = np.repeat([0, 1], 20)
    family = np.array(["real"] * 20 + ["swap"] * 10 + ["selfblend"] * 10)

    def crops(self, items):
        return torch.stack([torch.full((3, 8, 8), index / 100) for index, _ in items])

    def finished(self, crops, items):
        return crops

    def frames(self, items):
        return torch.ones(len(items), 3, 8, 8)


def paced(heard=None, **settings):
    values = {"steps": 20, "epochs": 4, "batch": 8, "kept": 0.8, **settings}
    config = QualityConfig.build(values)
    told = (lambda epoch, numbers: heard.append((epoch, numbers))) if heard is not None else lambda *_: None
    return Paced(Flat(), np.linspace(0, 1, 20), config, lambda learner, where: (where - 20) / 20, told)


def turned(one, epochs):
    for epoch in range(1, epochs + 1):
        one(epoch * one.epoch_steps, nn.Identity())
    return one


def test_every_batch_is_half_real_and_half_forged():
    one = paced()
    assert len(one) == 20 and one.epoch_steps == 5
    batch = one.__getitems__([(slot, slot) for slot in range(4)])
    assert batch["images"].shape == (8, 3, 8, 8) and batch["labels"].tolist() == [0] * 4 + [1] * 4


def test_warm_up_shows_every_forgery_as_it_is():
    one = paced()
    assert set(one.shown) == set(range(20)) and not one.upgraded.any()
    batch = one.__getitems__([(slot, 1) for slot in range(20)])
    greys = batch["images"][20:].mean((1, 2, 3)) * 100
    np.testing.assert_allclose(greys, 20 + one.shown, atol=1e-3)


def test_the_easy_ones_get_the_real_frames_low_frequencies():
    """P(fake) rises with the number and d falls, so with α = 0 the high numbers are easy."""
    one = turned(paced(alpha=0.0, first=0.3, last=0.6), 1)
    assert one.upgraded.sum() == 6 and set(np.flatnonzero(one.upgraded)) == set(range(14, 20))
    shown = [slot for slot in range(len(one)) if one.upgraded[one.shown[slot]]]
    batch = one.__getitems__([(slot, 3) for slot in shown])
    torch.testing.assert_close(batch["images"][len(shown) :], torch.ones(len(shown), 3, 8, 8))


def test_the_share_rises_to_its_last_value():
    heard = []
    turned(paced(heard, first=0.1, last=0.6), 3)
    assert [numbers["pacing/share"] for _, numbers in heard] == pytest.approx([0, 0.1, 0.35, 0.6])
    assert [epoch for epoch, _ in heard] == [0, 1, 2, 3]
    assert heard[1][1]["dynamic/swap"] > heard[1][1]["dynamic/selfblend"]


def test_dropping_leaves_the_hard_ones():
    one = turned(paced(easy="drop", score="static", first=0.5, last=0.5, kept=1.0), 1)
    assert set(one.shown) == set(range(10, 20))


def test_reversed_turns_the_order_round():
    forward = turned(paced(score="static", first=0.3, last=0.3), 1)
    backward = turned(paced(score="static", order="reversed", first=0.3, last=0.3), 1)
    assert set(np.flatnonzero(forward.upgraded)) == set(range(6))
    assert set(np.flatnonzero(backward.upgraded)) == set(range(14, 20))


def test_random_upgrades_are_as_many_but_others():
    one = turned(paced(easy="upgrade-random", score="static", first=0.3, last=0.3), 1)
    assert one.upgraded.sum() == 6 and set(np.flatnonzero(one.upgraded)) != set(range(6))


def test_plain_is_an_even_draw_without_upgrades():
    one = turned(paced(score="none", easy="keep", kept=1.0), 3)
    assert set(one.shown) == set(range(20)) and not one.upgraded.any() and one.share == 0


def test_without_the_static_score_it_is_ignored():
    """α = 0: two orders of q give the same plan."""
    one, other = (turned(paced(alpha=0.0), 2) for _ in range(2))
    other.static = other.static[::-1]
    other._plan()
    np.testing.assert_array_equal(one.shown, other.shown)
    np.testing.assert_array_equal(one.upgraded, other.upgraded)


def test_going_on_from_a_state_gives_the_same_plan():
    one = turned(paced(), 2)
    other = paced()
    other.load_state_dict(one.state_dict())
    np.testing.assert_array_equal(one.shown, other.shown)
    np.testing.assert_array_equal(one.upgraded, other.upgraded)
    assert other.epoch == 2


def test_the_recipe_is_listed():
    assert recipes.get("quality").configure("tiny").methods == ("quality", "plain")
