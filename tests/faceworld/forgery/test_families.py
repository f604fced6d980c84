"""Every family by one contract: untouched outside its mask, nothing before the face painted over, knobs honoured."""

import numpy as np
import pytest

from engines.errors import BadConfig, MissingWeights
from engines.faceworld.camera import finish
from engines.faceworld.forgery import (
    CATALOGUE,
    FAMILIES,
    HELD_OUT_FAMILIES,
    TRAIN_FAMILIES,
    TWO_PEOPLE_FAMILIES,
    Forgery,
    Panel,
    Scene,
    autoencoder,
    catalogue,
    forge,
)
from engines.faceworld.forgery.quality import DEFECTS
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo

TARGET, SOURCE, PHOTO = Person.sample(10), Person.sample(21), Photo.sample(7, occluder="none")
REAL = Scene(TARGET, PHOTO, SOURCE).real


@pytest.fixture(scope="module")
def forged() -> dict[str, list[Forgery]]:
    return {family: [forge(family, TARGET, PHOTO, SOURCE, seed) for seed in range(3)] for family in FAMILIES}


def test_families_are_trained_on_or_held_out() -> None:
    assert (*TRAIN_FAMILIES, *HELD_OUT_FAMILIES) == tuple(sorted(FAMILIES, key=lambda f: f in HELD_OUT_FAMILIES))
    assert {"swap", "selfblend"} <= set(TRAIN_FAMILIES) and "poisson" in HELD_OUT_FAMILIES
    assert all(name == family.name and family.title and family.mirrors for name, family in CATALOGUE.items())


@pytest.mark.parametrize("family", FAMILIES)
def test_outside_the_mask_the_photograph_is_untouched(family: str, forged: dict[str, list[Forgery]]) -> None:
    for one in forged[family]:
        outside = one.mask == 0
        assert 0.3 < outside.mean() < 0.995
        np.testing.assert_array_equal(one.toned[outside], REAL.image[outside])
        np.testing.assert_array_equal(one.real, REAL.image)
        changed = np.abs(one.toned - REAL.image).max(2)
        assert changed[one.mask > 0.5 * one.mask.max()].mean() > 1e-3
        off = REAL.truth.masks["face"] + REAL.truth.masks["hair"] == 0  # a beard is hair
        assert one.mask[off].max() == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_a_forgery_says_what_it_is(family: str, forged: dict[str, list[Forgery]]) -> None:
    for one in forged[family]:
        assert one.image.shape == (112, 112, 3) and one.image.dtype == np.uint8
        assert one.mask.shape == (112, 112) and one.mask.dtype == np.float32
        assert one.mask.min() >= 0 and one.mask.max() <= 1 and one.boundary.max() <= 1
        assert (one.target_id, one.source_id) == (TARGET.identity, (SOURCE if _two(family) else TARGET).identity)
        assert tuple(one.defects) == DEFECTS and all(0 <= value <= 1 for value in one.defects.values())
        assert 0 <= one.quality < 1
        np.testing.assert_array_equal(one.image, finish(one.toned, PHOTO.camera))


def _two(family: str) -> bool:
    return family in TWO_PEOPLE_FAMILIES


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_same_bytes_other_seed_other_knobs(family: str, forged: dict[str, list[Forgery]]) -> None:
    again = forge(family, TARGET, PHOTO, SOURCE, 1)
    np.testing.assert_array_equal(again.image, forged[family][1].image)
    assert again.knobs == forged[family][1].knobs != forged[family][2].knobs


@pytest.mark.parametrize("family", FAMILIES)
def test_all_given_knobs_are_used_and_strange_ones_refused(family: str, forged: dict[str, list[Forgery]]) -> None:
    """With all the knobs of one seed, another seed gives the same settings."""
    knobs = forged[family][0].knobs
    assert forge(family, TARGET, PHOTO, SOURCE, 9, knobs).knobs == knobs
    with pytest.raises(BadConfig, match="it has"):
        forge(family, TARGET, PHOTO, SOURCE, 0, {"colours": 1})


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(BadConfig, match="there are swap"):
        forge("morph", TARGET, PHOTO, SOURCE, 0)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("occluder", ["surgical", "sunglasses", "hand"])
def test_what_is_before_the_face_stays(family: str, occluder: str) -> None:
    photo = Photo.sample(3, occluder=occluder)
    one = forge(family, TARGET, photo, SOURCE, 2)
    before = Scene(TARGET, photo, SOURCE).real.truth.masks["occluder"] > 0.998
    assert before.mean() > 0.02
    assert one.mask[before].max() == 0


@pytest.mark.parametrize(
    ("family", "better", "worse"),
    [
        ("swap", {"resolution": 1.0, "sharpen": 0.0}, {"resolution": 2.5, "sharpen": 0.0}),
        ("swap", {"colour": 1.0, "light": 0.9, "view": "posed"}, {"colour": 0.0, "light": 0.9, "view": "posed"}),
        ("swap", {"feather": 5.0}, {"feather": 0.3}),
        ("swap", {"jitter": 0.0, "warp": "thin-plate"}, {"jitter": 2.0, "warp": "thin-plate"}),
        ("xray", {"resolution": 1.0, "sharpen": 0.0}, {"resolution": 2.5, "sharpen": 0.0}),
        ("selfblend", {"ratio": 0.25}, {"ratio": 1.0}),
        ("selfblend", {"gain": [1.0, 1.0, 1.0], "contrast": 1.0}, {"gain": [1.25, 1.1, 1.0], "contrast": 1.0}),
        ("poisson", {"resolution": 1.0, "sharpen": 0.0}, {"resolution": 2.5, "sharpen": 0.0}),
        ("reenact", {"colour": 1.0, "light": 1.0}, {"colour": 0.0, "light": 1.0}),
        ("mouth", {"resolution": 1.0, "sharpen": 0.0}, {"resolution": 2.5, "sharpen": 0.0}),
        ("attribute", {"feather": 5.0, "edit": "age"}, {"feather": 0.3, "edit": "age"}),
        ("upsample", {"mix": 0.9, "sharpen": 0.0}, {"mix": 0.0, "sharpen": 0.0}),
        ("autoencoder", {"mix": 0.9}, {"mix": 0.0}),
    ],
)
def test_quality_falls_as_a_defect_grows(family: str, better: dict, worse: dict) -> None:
    good, bad = (
        np.mean([forge(family, TARGET, PHOTO, SOURCE, seed, knobs).quality for seed in range(4)])
        for knobs in (better, worse)
    )
    assert bad < good


def test_a_panel_gives_the_source_and_quantile_the_distance() -> None:
    panel = Panel((21, 31, 41, 51))
    chosen = [forge("xray", TARGET, PHOTO, panel, 0, {"quantile": share}).source_id for share in (0.0, 1.0)]
    assert chosen == [panel.pick(TARGET, share).identity for share in (0.0, 1.0)] and chosen[0] != chosen[1]


def test_missing_weights_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    from dataclasses import replace
    from pathlib import Path

    lost = replace(autoencoder.FAMILY, weights=Path(str(tmp_path)) / "none.safetensors")
    monkeypatch.setitem(catalogue.CATALOGUE, "autoencoder", lost)
    assert not lost.ready and CATALOGUE["swap"].ready
    with pytest.raises(MissingWeights, match=r"none.safetensors.*build_autoencoder"):
        forge("autoencoder", TARGET, PHOTO, SOURCE, 0)


def test_swap_without_differences_is_the_photograph() -> None:
    """The target as its own source, with no error of pose, light, landmarks or resolution, changes nothing."""
    none = {"view": "posed", "light": 0.0, "turn": 0.0, "nod": 0.0, "jitter": 0.0, "colour": 0.0, "resolution": 1.0}
    bare = Photo.sample(7, occluder="none")
    for warp in ("similarity", "piecewise", "thin-plate"):
        one = forge("swap", TARGET, bare, TARGET, 0, {**none, "warp": warp, "sharpen": 0.0})
        np.testing.assert_allclose(one.toned, REAL.image, atol=2e-3)
        assert one.quality > 0.95


def test_swap_shows_the_source() -> None:
    """Inside the mask a full swap is nearer to the source in the same photograph than to the target."""
    none = {"view": "posed", "light": 0.0, "turn": 0.0, "nod": 0.0, "jitter": 0.0, "colour": 0.0, "resolution": 1.0}
    one = forge("swap", TARGET, PHOTO, SOURCE, 1, {**none, "sharpen": 0.0, "alpha": 1.0, "warp": "similarity"})
    inside = one.mask > 0.95
    source = Scene(SOURCE, PHOTO, SOURCE).real.image
    assert np.abs(one.toned - source)[inside].mean() < 0.5 * np.abs(one.toned - REAL.image)[inside].mean()
