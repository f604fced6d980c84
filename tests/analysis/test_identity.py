"""People told apart: hand-computed error rates, agreement with the scores' metric, and what each selection keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis.identity import (
    Pairs,
    all_pairs,
    by_kind,
    chip_at,
    closest_strangers,
    curve,
    embed,
    farthest_selves,
    found_chips,
    verify,
    weighted_eer,
    within,
)
from engines.errors import BadInput
from engines.faceworld.people import Person, between
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.training.metrics import eer

LINE = np.array([[0.0], [1.0], [1.5], [4.0]])
WHO = ["ann", "ann", "bob", "bob"]
"""On a line: ann at 0 and 1, bob at 1.5 and 4."""


def test_pairs_by_hand() -> None:
    pairs = all_pairs(LINE, WHO)
    assert pairs.first.tolist() == [0, 0, 0, 1, 1, 2] and pairs.second.tolist() == [1, 2, 3, 2, 3, 3]
    np.testing.assert_allclose(pairs.distance, [1, 1.5, 4, 0.5, 3, 2.5])
    assert pairs.same.tolist() == [True, False, False, False, False, True]


def test_equal_error_rate_by_hand() -> None:
    """Same 1 and 2.5; different 0.5, 1.5, 3, 4. At 1.5 half of the different pairs pass and one of two same pairs does
    not: 1/2 each."""
    result = verify(all_pairs(LINE, WHO), draws=50)
    assert result.eer.value == pytest.approx(0.5)
    assert result.threshold == pytest.approx(1.5)
    assert result.same_mean == pytest.approx(1.75) and result.different_mean == pytest.approx(2.25)
    assert (result.same, result.different) == (2, 4)


def test_people_far_apart_are_never_confused() -> None:
    points = np.repeat(np.arange(6) * 10.0, 3)[:, None] + np.tile([0, 0.1, 0.2], 6)[:, None]
    result = verify(all_pairs(points, np.repeat(np.arange(6), 3).tolist()))
    assert (result.eer.value, result.eer.low, result.eer.high) == (0, 0, 0)
    assert result.eer.draws == 200


@given(st.integers(0, 10_000), st.booleans())
@settings(max_examples=40, deadline=None)
def test_unit_weights_agree_with_the_metric_of_scores(seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    distance = rng.integers(0, 6, 30).astype(float) if tied else rng.random(30)
    same = np.append([True, False], rng.random(28) < 0.4)
    order = np.argsort(distance, kind="stable")
    value, _ = weighted_eer(distance[order], same[order])
    assert value == pytest.approx(eer(distance, (~same).astype(int)))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_weights_are_repetitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    distance, same = np.sort(rng.random(12)), np.append([True, False], rng.random(10) < 0.5)
    weights = rng.integers(1, 4, 12)
    repeated = weighted_eer(np.repeat(distance, weights), np.repeat(same, weights))
    assert weighted_eer(distance, same, weights.astype(float))[0] == pytest.approx(repeated[0])


def test_the_interval_is_of_identities_not_of_pairs() -> None:
    """Copies of each picture add pairs and no knowledge: the interval must not shrink."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(12), 3)
    points = rng.normal(0, 1, (12, 2))[who] + rng.normal(0, 0.5, (36, 2))
    once = verify(all_pairs(points, who.tolist())).eer
    noise = 1e-6 * rng.random((144, 2))
    again = verify(all_pairs(np.repeat(points, 4, 0) + noise, np.repeat(who, 4).tolist())).eer
    assert once.low < once.value < once.high
    assert again.high - again.low > 0.6 * (once.high - once.low)


def test_within_keeps_same_pairs_and_strangers_of_one_group() -> None:
    pairs = all_pairs(np.arange(6.0)[:, None], ["a", "a", "b", "b", "c", "c"])
    kept = within(pairs, ["x", "x", "x", "x", "y", "y"])
    assert kept.same.sum() == 3 and (~kept.same).sum() == 4
    assert set(kept.person[kept.first[~kept.same]]) == {0} and set(kept.person[kept.second[~kept.same]]) == {1}


def test_curve_sorts_pairs_by_their_gap() -> None:
    bins = curve(all_pairs(LINE, WHO), [10, 20, 10, 60], [0, 15, 100], draws=20)
    assert [(each.low, each.high) for each in bins] == [(0, 15), (15, 100)]
    assert [(each.result.same, each.result.different) for each in bins] == [(1, 2), (1, 2)]
    assert not curve(all_pairs(LINE, WHO), [0, 0, 0, 0], [1, 2])


def test_kinds_are_compared_with_the_plain_ones() -> None:
    results = by_kind(all_pairs(LINE, WHO), ["none", "mask", "none", "mask"], draws=20)
    assert set(results) == {"mask"}  # plain against plain has no same-person pair here
    assert (results["mask"].same, results["mask"].different) == (2, 2)


def test_extreme_pairs_one_for_each_two_people() -> None:
    pairs = all_pairs(LINE, WHO)
    assert closest_strangers(pairs) == [(1, 2, pytest.approx(0.5))]
    assert farthest_selves(pairs, 1) == [(2, 3, pytest.approx(2.5))]


@pytest.mark.parametrize(
    "bad",
    [
        lambda: all_pairs(LINE, WHO[:3]),
        lambda: all_pairs(LINE, ["a"] * 4),
        lambda: all_pairs(LINE, list("abcd")),
        lambda: verify(all_pairs(LINE, WHO).only([True, False, False, False, False, True])),
        lambda: embed([]),
        lambda: embed(np.zeros((2, 112, 112, 3), np.uint8)),
    ],
)
def test_bad_input_is_refused(bad) -> None:
    with pytest.raises(BadInput):
        bad()


def test_pictures_become_chips_and_embeddings() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (112, 112, 3), np.uint8)
    landmarks = np.array([[38, 51], [73, 51], [56, 70], [43, 85], [70, 85]])
    chip = chip_at(picture, landmarks)
    assert chip.shape == (150, 150, 3)
    embeddings = embed([chip, chip[:, ::-1]], batch=1)
    assert embeddings.shape == (2, 128) and np.isfinite(embeddings).all()
    assert not np.allclose(embeddings[0], embeddings[1])


def test_look_alikes_look_alike_by_their_share() -> None:
    """Half a share is far enough that the embedder sees the order in one light."""
    one, other = Person.sample(3, "asian-female"), Person.sample(4, "european-male")
    photo = Photo.sample(1, frontal=True, occluder="none")
    pictures = [render(between(one, other, share), photo) for share in (0, 0.3, 0.7, 1)]
    np.testing.assert_array_equal(pictures[0].image, render(one, photo).image)
    chips = [chip_at((each.image.clip(0, 1) * 255).astype(np.uint8), each.truth.five) for each in pictures]
    embeddings = embed(chips)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    cosines = embeddings @ embeddings[0]
    assert (np.diff(cosines) < 0).all() and cosines[-1] < 0.95


def test_pictures_without_faces_are_known() -> None:
    chips, found = found_chips([np.zeros((64, 64, 3), np.uint8)] * 2)
    assert chips.shape == (0, 150, 150, 3) and found.tolist() == [False, False]


def test_pairs_are_kept_by_a_mask() -> None:
    pairs = all_pairs(LINE, WHO)
    assert isinstance(pairs.only(pairs.same), Pairs) and len(pairs.only(pairs.same).distance) == 2
