"""Forgeries: untouched outside their mask, made from what they say, reproducible; knobs do what they are named for."""

import numpy as np
import pytest

from engines.errors import BadConfig
from engines.faceworld.camera import Camera, finish, tone
from engines.faceworld.forgery import FAMILIES, HELD_OUT_FAMILIES, TRAIN_FAMILIES, Scene, forge
from engines.faceworld.forgery.autoencoder import decode
from engines.faceworld.forgery.tools import coarsen, feather, transfer_colour
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo

TARGET, SOURCE, PHOTO = Person.sample(10), Person.sample(21), Photo.sample(5)


def test_families_are_five_and_split() -> None:
    assert set(FAMILIES) == set(TRAIN_FAMILIES) | set(HELD_OUT_FAMILIES) and len(FAMILIES) == 5
    assert not set(TRAIN_FAMILIES) & set(HELD_OUT_FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_outside_the_mask_the_photograph_is_untouched(family: str, seed: int) -> None:
    forgery = forge(family, TARGET, PHOTO, SOURCE, seed)
    real = Scene(TARGET, PHOTO, SOURCE).real.image
    outside = forgery.mask == 0
    assert 0.3 < outside.mean() < 0.98
    np.testing.assert_array_equal(forgery.toned[outside], real[outside])
    assert np.abs(forgery.toned - real)[forgery.mask > 0.3].mean() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_forgery_says_what_it_is(family: str) -> None:
    forgery = forge(family, TARGET, PHOTO, SOURCE, 3)
    assert forgery.image.shape == (112, 112, 3) and forgery.image.dtype == np.uint8
    assert forgery.mask.shape == (112, 112) and forgery.mask.min() >= 0 and forgery.mask.max() <= 1
    assert forgery.target_id == TARGET.identity
    assert forgery.source_id == (SOURCE.identity if family == "swap" else TARGET.identity)
    np.testing.assert_array_equal(forgery.image, finish(forgery.toned, PHOTO.camera))


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_same_bytes_other_seed_other_knobs(family: str) -> None:
    one, again, other = (forge(family, TARGET, PHOTO, SOURCE, seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.image, again.image)
    assert one.knobs == again.knobs != other.knobs


def test_given_knobs_are_used() -> None:
    forgery = forge("swap", TARGET, PHOTO, SOURCE, 0, {"alpha": 0.25, "resolution": 3.0})
    assert forgery.knobs["alpha"] == 0.25 and forgery.mask.max() <= 0.25 + 1e-6


def test_swap_without_differences_is_the_photograph() -> None:
    """The target as its own source, with no error of pose, light or resolution, changes nothing."""
    knobs = {"light": 0.0, "turn": 0.0, "nod": 0.0, "colour": 0.0, "resolution": 1.0}
    forgery = forge("swap", TARGET, PHOTO, TARGET, 0, knobs)
    np.testing.assert_allclose(forgery.toned, Scene(TARGET, PHOTO, TARGET).real.image, atol=1e-5)


@pytest.mark.parametrize(("family", "knobs"), [("morph", None), ("swap", {"colours": 1})])
def test_unknown_family_or_knob_is_refused(family: str, knobs: dict | None) -> None:
    with pytest.raises(BadConfig, match=r"there are|it has"):
        forge(family, TARGET, PHOTO, SOURCE, 0, knobs)


def test_swap_shows_the_source() -> None:
    """Inside the mask a full swap is nearer to the source in the same photograph than to the target."""
    knobs = {"light": 0.0, "turn": 0.0, "nod": 0.0, "colour": 0.0, "resolution": 1.0, "alpha": 1.0}
    forgery = forge("swap", TARGET, PHOTO, SOURCE, 1, knobs)
    inside = forgery.mask > 0.95
    source, target = (Scene(who, PHOTO, who).real.image for who in (SOURCE, TARGET))
    assert np.abs(forgery.toned - source)[inside].mean() < 0.2 * np.abs(forgery.toned - target)[inside].mean()


def test_feather_by_hand() -> None:
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 10:30] = 1
    soft = feather(mask, 2.0)
    assert soft[20, 20] == pytest.approx(1, abs=1e-3) and soft[0, 0] == 0
    assert soft.sum() < mask.sum()
    np.testing.assert_allclose(feather(mask, 0.1), mask, atol=1e-6)


def test_colour_transfer_moves_mean_and_spread() -> None:
    rng = np.random.default_rng(0)
    source, target = rng.normal(0.3, 0.05, (20, 20, 3)), rng.normal(0.6, 0.07, (20, 20, 3))
    moved = transfer_colour(source, target, np.ones((20, 20)), 1.0)
    np.testing.assert_allclose(moved.mean((0, 1)), target.mean((0, 1)), atol=1e-6)
    np.testing.assert_allclose(moved.std((0, 1)), target.std((0, 1)), rtol=0.01)
    np.testing.assert_allclose(transfer_colour(source, target, np.ones((20, 20)), 0.0), source)


def test_coarsening_loses_detail_and_one_keeps_it() -> None:
    image = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    assert coarsen(image, 1) is image
    assert coarsen(image, 2).std() < 0.6 * image.std()


def test_autoencoder_matches_torch() -> None:
    """The numpy network against torch's layers with the same weights."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    from engines import ASSETS
    from engines.faceworld.build_autoencoder import Autoencoder

    model = Autoencoder().double()
    weights = load_file(ASSETS / "world/autoencoder.safetensors")
    model.load_state_dict({name: value.double() for name, value in weights.items()})
    image = np.random.default_rng(0).random((30, 44, 3)).astype(np.float32)
    padded = np.pad(image, ((0, 2), (0, 0), (0, 0)), mode="edge")
    with torch.no_grad():
        expected = model(torch.from_numpy(padded).double().permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(decode(image), np.clip(expected[:30], 0, 1), atol=1e-6)


def test_tone_is_monotone_and_bounded() -> None:
    camera = Camera(exposure=1, gamma=1, blur_px=0, resample=1, noise=0, quality=95, seed=0)
    ramp = np.linspace(0, 4, 100, dtype=np.float32)
    shown = tone(ramp, camera)
    assert shown[0] == 0 and shown[-1] <= 1 and (np.diff(shown) >= 0).all()


def test_a_perfect_camera_keeps_the_picture() -> None:
    camera = Camera(exposure=1, gamma=1, blur_px=0, resample=1, noise=0, quality=95, seed=0)
    row, column = np.mgrid[0:64, 0:64].astype(np.float32) / 64
    smooth = np.stack([row, column, 0.5 * row + 0.5 * column], 2)
    assert np.abs(finish(smooth, camera) / 255 - smooth).mean() < 0.01
