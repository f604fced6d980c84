"""UMAP compiles for some ten seconds in each process; it is fitted three times here, and all is read off these."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.analysis.neighbours import MOST, Map, nearest, stratified, umap_map
from engines.errors import BadInput

RNG = np.random.default_rng(0)
CENTRES = np.repeat(np.eye(3, 10) * 8, 30, axis=0)
ROWS = CENTRES + RNG.normal(size=(90, 10))
GROUPS = np.repeat(["a", "b", "c"], 30)


@pytest.fixture(scope="module")
def placed():
    return umap_map(ROWS, GROUPS, near=10, seed=4, most=60)


def test_neighbours_by_hand():
    rows = [[1.0, 0], [0, 1], [1, 1], [-1, 0]]
    places, alike = nearest(rows, [[2.0, 0]], 3)
    assert places[0].tolist() == [0, 2, 1]
    assert alike[0].tolist() == pytest.approx([1, 0.5**0.5, 0])
    with pytest.raises(BadInput, match="ask for 1 to 4 neighbours, not 5"):
        nearest(rows, rows, 5)


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=200), st.integers(1, 60), st.integers(0, 9))
def test_each_group_keeps_its_share(labels, most, seed):
    chosen = stratified(labels, most, seed)
    assert len(chosen) == min(most, len(labels))
    assert (np.diff(chosen) > 0).all()
    kept = np.asarray(labels)[chosen]
    for name in set(labels):
        assert abs((kept == name).sum() - labels.count(name) * len(chosen) / len(labels)) <= 1


def test_a_map_keeps_groups_together_and_takes_others_in(placed):
    groups = GROUPS[placed.chosen]
    centre = {name: placed.points[name == groups].mean(axis=0) for name in "abc"}
    for point, group in zip(placed.points, groups, strict=True):
        assert min(centre, key=lambda name: float(np.linalg.norm(point - centre[name]))) == group
    before = placed.points.copy()
    later = placed(np.eye(3, 10) * 8)
    for point, group in zip(later, "abc", strict=True):
        assert min(centre, key=lambda name: float(np.linalg.norm(point - centre[name]))) == group
    assert np.array_equal(placed.points, before)


def test_the_same_seed_gives_the_same_map(placed):
    assert np.array_equal(umap_map(ROWS, GROUPS, near=10, seed=4, most=60).points, placed.points)


def test_more_points_than_a_map_takes_are_sampled_and_said(placed):
    assert placed.points.shape == (60, 2)
    assert placed.words == "60 of 90 samples, each group by its share"
    assert [(GROUPS[placed.chosen] == name).sum() for name in "abc"] == [20, 20, 20]
    assert Map(np.zeros((9, 2), np.float32), np.arange(9), 9, None).words == "all 9 samples"


def test_a_hundred_thousand_points_are_too_many_and_each_group_keeps_its_share():
    groups = np.repeat(["a", "b"], [90_000, 10_000])
    kept = groups[stratified(groups, MOST)]
    assert [(kept == name).sum() for name in "ab"] == [4500, 500]
    found = umap_map(RNG.normal(size=(100_000, 4)), groups, near=10, most=60)
    assert found.words == "60 of 100000 samples, each group by its share"
    assert found.points.shape == (60, 2) and np.isfinite(found.points).all()


def test_what_cannot_be_placed_is_said(placed):
    with pytest.raises(BadInput, match="5 samples or more"):
        umap_map(ROWS[:4])
    with pytest.raises(BadInput, match="finite"):
        umap_map(np.where(np.arange(90)[:, None] == 3, np.nan, ROWS))
    with pytest.raises(BadInput, match="3 labels for 90"):
        umap_map(ROWS, ["a", "b", "c"])
    with pytest.raises(BadInput, match="length 4 do not fit a map of 10"):
        placed(np.zeros((2, 4)))
