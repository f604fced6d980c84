"""The set of people to be told apart: where they are photographed, what is known, and that it is the same again."""

import numpy as np
import pytest

from engines.errors import BadConfig
from engines.faceworld.classed import HOMES, ClassedSet, ClassedSpec


def places(spec):
    """Home and place of every photograph, without rendering any."""
    rows = []
    for index in range(len(spec)):
        label, number = divmod(index, spec.each)
        rng = np.random.default_rng([index, 1])
        rows.append((HOMES[label % spec.homes], spec._place(label, number, rng)))
    return rows


def test_an_even_set_has_every_place_as_often_for_everyone():
    spec = ClassedSpec("test", classes=6, each=8, homes=4)
    for label in range(6):
        mine = [place for _, place in places(spec)[label * 8 : (label + 1) * 8]]
        assert sorted(mine) == sorted(HOMES[:4] * 2)


def test_strength_is_the_share_at_home():
    found = places(ClassedSpec("train", classes=4, each=500, homes=4, strength=0.9))
    assert np.mean([home == place for home, place in found]) == pytest.approx(0.9, abs=0.02)
    away = [place for home, place in found if home != place]
    assert set(away) == set(HOMES[:4])


def test_pictures_masks_and_groups_belong_together(tmp_path):
    spec = ClassedSpec("val", classes=2, each=2, homes=2, size_px=32)
    made = ClassedSet.build(spec, cache=tmp_path)
    assert made.images.shape == (4, 32, 32, 3) and made.labels.tolist() == [0, 0, 1, 1]
    assert made.at_home.tolist() == [True, False, True, False]
    share = made.alphas.mean((1, 2)) / 255
    assert (share > 0.15).all() and (share < 0.9).all()
    assert (made.alphas[:, 18, 16] > 250).all(), "the middle of the picture is the person"
    row, _ = spec.row(3)
    assert (row["images"] == made.images[3]).all() and (row["alphas"] == made.alphas[3]).all()


def test_splits_show_the_same_people_in_other_photographs(tmp_path):
    one, other = (ClassedSpec(split, classes=2, each=1, size_px=32).row(0)[0] for split in ("train", "test"))
    assert one["labels"] == other["labels"] and (one["images"] != other["images"]).any()


@pytest.mark.parametrize("wrong", [{"split": "all"}, {"classes": 1}, {"homes": 1}, {"strength": 1.2}, {"size_px": 8}])
def test_settings_out_of_bounds_are_said(wrong):
    with pytest.raises(BadConfig):
        ClassedSpec(**wrong)
