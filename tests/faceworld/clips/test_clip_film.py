"""Films and forged films: the same frame alone or in its clip, and each family's truth."""

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from engines.errors import BadConfig
from engines.faceworld.camera import finish
from engines.faceworld.clips import FAMILIES, Clip, ForgedClip, film, forge_clip
from engines.faceworld.clips.flicker import Flicker
from engines.faceworld.clips.forge import TWO_PEOPLE_FAMILIES, sample_knobs
from engines.faceworld.clips.organs import INNER
from engines.faceworld.people import Person
from engines.faceworld.render import render

FRAMES, SEED = 3, 6
STILL = {"drift_px": 0.0, "drift_turn": 0.0, "drift_scale": 0.0}


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip.sample(21, 7, FRAMES, "speak")


@pytest.fixture(scope="module")
def forged(clip: Clip) -> dict[str, ForgedClip]:
    return {family: forge_clip(family, clip, Person.sample(8), SEED) for family in FAMILIES}


def test_a_frame_is_the_same_alone_or_in_its_clip(clip: Clip) -> None:
    made = film(clip)
    assert made.frames.shape == (FRAMES, 112, 112, 3) and made.frames.dtype == np.uint8
    for frame in (FRAMES - 1, 0):
        picture = render(clip.person, clip.photo(frame))
        np.testing.assert_array_equal(made.frames[frame], finish(picture.image, clip.photo(frame).camera))
        np.testing.assert_array_equal(made.landmarks[frame], picture.truth.landmarks.astype(np.float32))
        np.testing.assert_array_equal(made.masks("hair")[frame], picture.truth.masks["hair"])
    longer = film(Clip.sample(21, 7, FRAMES + 2, "speak"))
    np.testing.assert_array_equal(longer.frames[:FRAMES], made.frames)
    np.testing.assert_array_equal(longer.jpeg_bytes[:FRAMES], made.jpeg_bytes)


def test_neighbouring_frames_are_alike_and_not_the_same(clip: Clip) -> None:
    frames = film(clip).frames.astype(float)
    change = np.abs(np.diff(frames, axis=0)).mean()
    assert 0.3 < change < 12


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_bytes_twice(clip: Clip, forged: dict[str, ForgedClip], family: str) -> None:
    again = forge_clip(family, clip, Person.sample(8), SEED)
    np.testing.assert_array_equal(again.film.frames, forged[family].film.frames)
    np.testing.assert_array_equal(again.masks, forged[family].masks)
    assert again.knobs == forged[family].knobs


@pytest.mark.parametrize("family", FAMILIES)
def test_forged_where_the_mask_says_and_nowhere_else(clip: Clip, forged: dict[str, ForgedClip], family: str) -> None:
    made, real = forged[family], film(clip)
    assert made.masks.shape == (FRAMES, 112, 112) and made.masks.min() >= 0 and made.masks.max() <= 1
    assert 0.05 < (made.masks > 0.5).mean() < 0.6
    difference = np.abs(made.film.frames.astype(int) - real.frames).mean(3)
    assert difference[made.masks > 0.5].mean() > 1
    near = np.array([binary_dilation(mask > 0, iterations=6) for mask in made.masks])  # as far as the lens blurs
    free = near.reshape(FRAMES, 7, 16, 7, 16).max((2, 4)) == 0  # whole blocks of the JPEG
    inside = difference.reshape(FRAMES, 7, 16, 7, 16)[:, :, 2:14, :, 2:14].max((2, 4))  # colour leaks over their edges
    assert free.sum() > FRAMES and (inside[free] == 0).all()
    assert made.target_id == 7 and made.source_id == (8 if family in TWO_PEOPLE_FAMILIES else 7)


def test_without_drift_a_drifting_swap_is_the_smooth_one(clip: Clip, forged: dict[str, ForgedClip]) -> None:
    still = forge_clip("drift-swap", clip, Person.sample(8), SEED, STILL)
    np.testing.assert_array_equal(still.film.frames, forged["smooth-swap"].film.frames)
    np.testing.assert_array_equal(still.film.landmarks, forged["smooth-swap"].film.landmarks)
    assert (forged["drift-swap"].film.frames != still.film.frames).any()


def test_drift_truth_is_what_the_landmarks_of_the_forged_clip_do(forged: dict[str, ForgedClip]) -> None:
    smooth, drifting = forged["smooth-swap"].film.landmarks, forged["drift-swap"].film.landmarks
    for frame in range(FRAMES):
        known = forged["drift-swap"].drift.moved(frame, smooth[frame].astype(float), 112)
        np.testing.assert_allclose(drifting[frame] - smooth[frame], known, atol=1e-3)
        assert np.abs(known[list(INNER)]).max() > 0.3


def test_the_three_swaps_share_their_blend(forged: dict[str, ForgedClip]) -> None:
    shared = sample_knobs("smooth-swap", SEED)
    for family in TWO_PEOPLE_FAMILIES:
        assert {name: forged[family].knobs[name] for name in shared} == shared
    np.testing.assert_array_equal(forged["flicker"].film.landmarks, forged["smooth-swap"].film.landmarks)


def test_flicker_is_what_was_added() -> None:
    image, mask = np.full((4, 4, 3), 0.5, np.float32), np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4)
    same, as_before = Flicker.none(1).applied(0, image, mask)
    np.testing.assert_array_equal(same, image)
    np.testing.assert_array_equal(as_before, mask)
    brighter, wider = Flicker(np.array([[0.1, 0, -0.1, -np.log(2)]])).applied(0, image, mask)
    np.testing.assert_allclose(brighter[0, 0], [0.6, 0.5, 0.4], rtol=1e-6)
    np.testing.assert_allclose(wider, np.sqrt(mask), rtol=1e-5)
    long = Flicker.sample(2, 500, {"brightness": 0.02, "tint": 0.0, "edge": 0.3}).changes
    assert long[:, 0].std() == pytest.approx(0.02, rel=0.12) and long[:, 3].std() == pytest.approx(0.3, rel=0.12)
    assert abs(np.corrcoef(long[1:, 0], long[:-1, 0])[0, 1]) < 0.12


def test_a_reenacted_mouth_says_something_else(clip: Clip, forged: dict[str, ForgedClip]) -> None:
    mouth = np.abs(forged["reenact-clip"].film.landmarks - film(clip).landmarks).mean((0, 2))
    assert mouth[48:].max() > 0.5 and mouth[:17].max() < 1e-6


@pytest.mark.parametrize(
    ("family", "given", "word"),
    [("swap", {}, "no family"), ("flicker", {"drift_px": 1}, "no knob"), ("reenact-clip", {"alpha_": 1}, "no knob")],
)
def test_unknown_families_and_knobs_are_refused(clip: Clip, family: str, given: dict, word: str) -> None:
    with pytest.raises(BadConfig, match=word):
        forge_clip(family, clip, Person.sample(8), 1, given)


def test_a_swap_needs_a_source_and_a_film_a_size(clip: Clip) -> None:
    with pytest.raises(BadConfig, match="source"):
        forge_clip("smooth-swap", clip)
    with pytest.raises(BadConfig, match="px wide"):
        film(clip, 8)
