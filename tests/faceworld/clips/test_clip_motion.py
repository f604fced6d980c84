"""Motion: smooth within what heads can do, blinks and syllables as people's, and each frame by itself."""

from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import BadConfig
from engines.faceworld.basis import load_basis
from engines.faceworld.clips import FPS, Clip
from engines.faceworld.clips.acting import MANNERS, Acting
from engines.faceworld.clips.clip import GAZE_LIMIT
from engines.faceworld.clips.events import FACES, Event, blinks, face, glances, syllables, until
from engines.faceworld.clips.motion import Sway
from engines.faceworld.places import SMALL, panned

MINUTE = 60 * FPS


def flat(value: Any) -> list:
    """All that a photograph holds, in one row."""
    if is_dataclass(value):
        value = [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, tuple | list):
        return [leaf for part in value for leaf in flat(part)]
    return value.ravel().tolist() if isinstance(value, np.ndarray) else [value]


def test_a_sum_of_sines_has_the_size_it_was_asked_for() -> None:
    sway = Sway.sample(np.random.default_rng(3), np.array([2.0, 0.5]), (0.2, 2.0))
    values = np.array([sway(time) for time in np.linspace(0, 400, 8000)])
    np.testing.assert_allclose(values.std(0), [2.0, 0.5], rtol=0.05)
    np.testing.assert_allclose(values.mean(0), 0, atol=0.05)


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(0, 80))
@settings(max_examples=25, deadline=None)
def test_a_frame_does_not_depend_on_the_length_of_its_clip(seed: int, frames: int, more: int) -> None:
    short, long = Clip.sample(seed, 3, frames), Clip.sample(seed, 3, frames + more)
    for frame in {0, frames // 2, frames - 1}:
        assert flat(short.photo(frame)) == flat(long.photo(frame))


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_heads_move_as_heads_can(seed: int) -> None:
    photos = [clip.photo(frame) for clip in [Clip.sample(seed, 1, 4 * FPS)] for frame in range(len(clip))]
    angles = np.array([(photo.yaw, photo.pitch, photo.roll) for photo in photos])
    shifts, zooms = np.array([photo.shift for photo in photos]), np.array([photo.zoom for photo in photos])
    assert np.abs(np.diff(angles, axis=0)).max() < np.radians(60) / FPS
    assert np.abs(np.diff(angles, 2, axis=0)).max() < np.radians(700) / FPS**2
    assert np.abs(np.diff(shifts, axis=0)).max() < 1.5
    assert np.abs(np.diff(zooms) / zooms[1:]).max() < 0.015
    assert np.ptp(angles, axis=0).max() > np.radians(0.3)
    assert max(np.abs(photo.camera.motion_px).max() for photo in photos) < 0.8


@given(st.integers(0, 10**6), st.sampled_from(list(MANNERS)))
@settings(max_examples=15, deadline=None)
def test_faces_change_smoothly_but_for_lids(seed: int, manner: str) -> None:
    clip = Clip.sample(seed, 1, 4 * FPS, manner)
    faces = np.array([clip.photo(frame).expression for frame in range(len(clip))])
    assert faces.dtype == np.float32 and faces.min() >= 0 and faces.max() <= 1
    slow = [i for i, name in enumerate(load_basis().actions) if not name.startswith(("eyeBlink", "eyeWide"))]
    assert np.abs(np.diff(faces[:, slow], axis=0)).max() < 0.3
    gazes = np.array([(photo.light.gaze_x, photo.light.gaze_z) for photo in map(clip.photo, range(50))])
    assert (np.abs(gazes) <= GAZE_LIMIT).all() and np.ptp(gazes, axis=0).max() > 0


def test_light_place_and_lens_stay() -> None:
    clip = Clip.sample(8, 1, 20)
    first, last = clip.photo(0), clip.photo(19)
    assert (first.place, first.garment, first.glasses) == (last.place, last.garment, last.glasses)
    assert first.light.key == last.light.key and first.light.key_direction == last.light.key_direction
    assert first.camera.quality == last.camera.quality and first.camera.noise == last.camera.noise
    assert len({clip.photo(frame).camera.seed for frame in range(20)}) == 20


def test_what_is_behind_moves_with_the_camera_and_only_then() -> None:
    clips = [Clip.sample(seed, 1, 30) for seed in range(12)]
    assert {clip.motion.still for clip in clips} == {True, False}
    for clip in clips:
        pans = np.array([clip.photo(frame).pan for frame in range(30)])
        assert (np.ptp(pans, axis=0).max() > 0.1) != clip.motion.still
        assert np.abs(np.diff(pans, axis=0)).max() < 1.5
    rows = np.tile(np.linspace(0, 1, SMALL, dtype=np.float32)[:, None, None], (1, SMALL, 3))
    lower = panned(rows, 0, 112 / SMALL)
    np.testing.assert_allclose(lower[1:], rows[:-1], atol=1e-6)
    assert panned(rows, 0.0, 0.0) is rows


def test_exposure_strays_a_little_from_frame_to_frame() -> None:
    clip = Clip.sample(8, 1, 200)
    strays = np.log([clip.photo(frame).camera.exposure / clip.base.camera.exposure for frame in range(200)])
    assert 0 < clip.unsteady < 0.008 and strays.std() == pytest.approx(clip.unsteady, rel=0.2)


def test_people_blink_fifteen_times_a_minute() -> None:
    counts = []
    for seed in range(200):
        events = [e for e in until(blinks, np.random.default_rng(seed), 60) if e.start >= 0]
        assert all(0.15 <= event.end - event.start <= 0.30 for event in events)
        assert all(after.start - before.end >= 0.5 for before, after in pairwise(events))
        counts.append(len(events))
    assert 13 < np.mean(counts) < 17.5
    assert min(counts) >= 3 and max(counts) <= 40


def test_a_blink_closes_and_opens_again() -> None:
    acting = Acting("listen", (Event(1.0, 1.24),), (), (), (), (), (), ())
    assert acting.closed(0.99) == 0 and acting.closed(1.25) == 0
    assert acting.closed(1.08) == pytest.approx(1.0)
    assert acting.closed(1.04) == pytest.approx(0.5) and acting.closed(1.16) == pytest.approx(0.5)
    lids = load_basis().action("eyeBlinkLeft")
    assert acting.expression(1.08)[lids] == pytest.approx(1.0) and acting.expression(2.0)[lids] == 0


def test_syllables_come_three_to_seven_times_a_second_with_pauses_between() -> None:
    pauses = 0
    for seed in range(30):
        events = until(syllables, np.random.default_rng(seed), 60)
        middles = np.array([(event.start + event.end) / 2 for event in events])
        lengths = np.array([(event.end - event.start) / 1.4 for event in events])
        assert (lengths >= 1 / 7 - 1e-9).all() and (lengths <= 1 / 3 + 1e-9).all()
        gaps = np.diff(middles) - (lengths[1:] + lengths[:-1]) / 2
        assert gaps.min() > -1e-9
        pauses += (gaps > 0.15 - 1e-9).sum()
        talking = lengths.sum() / 60
        assert 0.45 < talking < 0.95
    assert 10 < pauses / 30 < 40


def test_glances_last_as_saccades_of_their_size() -> None:
    events = until(glances, np.random.default_rng(4), 120)
    before = np.zeros(2)
    for event in events:
        angle = np.degrees(np.hypot(*(np.array(event.what) - before)))
        assert event.end - event.start == pytest.approx(0.021 + 0.0022 * angle)
        before = np.array(event.what)
    fixations = [after.start - one.end for one, after in pairwise(events)]
    assert min(fixations) >= 0.25 - 1e-9 and max(fixations) <= 3 + 1e-9


def test_a_speaking_jaw_moves_at_the_rate_of_syllables() -> None:
    jaw, rates = load_basis().action("jawOpen"), []
    for seed in range(12):
        clip = Clip.sample(seed, 1, 20 * FPS, "speak")
        opening = np.array([clip.photo(frame).expression[jaw] for frame in range(len(clip))])
        power = np.abs(np.fft.rfft(opening - opening.mean())) ** 2
        rates.append((np.fft.rfftfreq(len(opening), 1 / FPS) * power).sum() / power.sum())
    assert 1.0 < np.mean(rates) < 5.0
    silent = Clip.sample(1, 1, 5 * FPS, "listen")
    assert silent.acting.syllables == () and silent.acting.smiles == ()


@pytest.mark.parametrize("name", FACES)
def test_mouths_of_syllables_are_symmetric(name: str) -> None:
    strengths = dict(zip(load_basis().actions, face(name), strict=True))
    for action, strength in strengths.items():
        if action.endswith("Left"):
            assert strength == strengths[action[:-4] + "Right"]
    assert max(strengths.values()) > 0


def test_another_person_in_the_same_clip() -> None:
    clip = Clip.sample(3, 10, 5)
    other = clip.of(Clip.sample(4, 11, 5).person)
    assert other.person.identity != clip.person.identity
    assert flat(other.photo(3)) == flat(clip.photo(3))


def test_speech_can_be_replaced() -> None:
    clip = Clip.sample(3, 10, 50, "smile")
    driven = clip.speaking(77)
    assert driven.acting.blinks == clip.acting.blinks and driven.photo(30).yaw == clip.photo(30).yaw
    assert driven.acting.syllables == Acting.sample(77, 2.0, "speak").syllables and not driven.acting.smiles


@pytest.mark.parametrize(
    "settings_", [{"seed": -1}, {"person_seed": -2}, {"frames": 0}, {"frames": 10**6}, {"manner": "sing"}]
)
def test_bad_clips_are_refused(settings_: dict) -> None:
    with pytest.raises(BadConfig):
        Clip.sample(**{"seed": 1, "person_seed": 1, **settings_})


@pytest.mark.parametrize("frame", [-1, 8])
def test_frames_that_are_not_there(frame: int) -> None:
    with pytest.raises(BadConfig, match="frames 0 to 7"):
        Clip.sample(1, 1, 8).photo(frame)
