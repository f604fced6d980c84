"""The world's test sets keep the structure that the organisers' lists have."""

import numpy as np
import pytest

from engines.errors import BadConfig
from engines.faceworld.people import GROUPS
from engines.faceworld.splits import split_of
from engines.recognition.frcsyn.lists import parse_list
from engines.recognition.frcsyn.tasks import DATABASES
from engines.recognition.frcsyn.world import BenchmarkSpec, build, pair

SPECS = {name: BenchmarkSpec(name, 24) for name in DATABASES}
PAIRS = {name: pair(spec) for name, spec in SPECS.items()}


@pytest.mark.parametrize("name", DATABASES)
def test_as_many_strangers_as_mated_and_none_twice(name):
    pairs = PAIRS[name]
    assert pairs.same.sum() == (~pairs.same).sum()
    assert len({frozenset(pair) for pair in zip(pairs.first, pairs.second, strict=True)}) == len(pairs)
    assert all(split_of(SPECS[name].identity(place)) == "test" for place in range(24))


@pytest.mark.parametrize("name", DATABASES)
def test_the_organisers_form_says_the_same(name):
    again = parse_list(PAIRS[name].text(), name)
    assert np.array_equal(again.same, PAIRS[name].same) and np.array_equal(again.kind, PAIRS[name].kind)


def test_eight_groups_alike_and_strangers_of_one_group():
    pairs = PAIRS["bupt"]
    assert set(pairs.group) == {
        f"{folder}-{sex}" for folder in ("African", "Asian", "Caucasian", "Indian") for sex in ("female", "male")
    }
    for group in set(pairs.group):
        mine = pairs.group == group
        assert pairs.same[mine].sum() == (~pairs.same[mine]).sum() == 18
    groups = np.array([face.group for face in pairs.faces])
    assert (groups[pairs.first] == groups[pairs.second]).all()


def test_gaps_of_years():
    pairs = PAIRS["agedb"]
    kinds, counts = np.unique(pairs.kind[pairs.same], return_counts=True)
    assert set(kinds) == {f"age gap {years}" for years in (5, 10, 20, 30)} and set(counts) == {24}
    assert set(pairs.kind[~pairs.same]) == {"age gap 5"}


def test_profiles_are_turned_and_masks_are_worn():
    assert set(PAIRS["cfp-fp"].kind) == {"frontal to profile"}
    turns = [abs(np.degrees(SPECS["cfp-fp"].photo(place, 2).yaw)) for place in range(24)]
    assert min(turns) >= 45 and max(turns) <= 60 + 1e-6
    kinds, counts = np.unique(PAIRS["rof"].kind, return_counts=True)
    assert kinds.tolist() == ["neutral to mask", "neutral to sunglasses"] and 0.6 < counts[0] / counts[1] < 1
    worn = {shot: SPECS["rof"].photo(0, shot).occluder.kind for shot in range(6)}
    assert worn[0] == "none" and worn[2] == "sunglasses" and worn[4] in ("surgical", "cloth")


def test_pictures_stand_in_the_order_of_the_paths(tmp_path, monkeypatch):
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path))
    spec = BenchmarkSpec("agedb", 2 * len(GROUPS), size_px=32)
    made = build(spec, workers=1)
    for number in (0, 3):
        index = next(i for i in range(len(spec)) if spec.path(*divmod(i, 5)) == made.pairs.paths[number])
        assert np.array_equal(made.pictures[number], spec.row(index)[0]["images"])


def test_too_few_people_and_unknown_databases():
    with pytest.raises(BadConfig, match="two of each group"):
        BenchmarkSpec("bupt", 9)
    with pytest.raises(BadConfig, match="no database 'lfw'"):
        BenchmarkSpec("lfw", 32)
