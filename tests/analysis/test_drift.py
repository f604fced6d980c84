"""Drift on clips made by hand, whose drift is known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis.drift import FAST_HZ, OF_5, OF_68, displacement, organ_drift, spectrum
from engines.errors import BadInput

FPS, FRAMES = 25, 50
TIMES = np.arange(FRAMES) / FPS


def face(points: int = 68, seed: int = 0) -> np.ndarray:
    """Points spread over a face's square; the eyes are 40 px apart."""
    organs = OF_68 if points == 68 else OF_5
    marks = np.random.default_rng(seed).uniform(20, 90, (points, 2))
    for part, centre in zip(organs["eyes"], ((40, 50), (80, 50)), strict=True):
        marks[list(part)] += np.array(centre) - marks[list(part)].mean(0)
    return marks


def moved(marks: np.ndarray, seed: int = 1) -> np.ndarray:
    """A clip of the face under similarities of all kinds."""
    rng = np.random.default_rng(seed)
    turns = np.exp(rng.normal(0, 0.1, FRAMES) + 1j * rng.normal(0, 0.3, FRAMES))
    shifts = rng.normal(0, 20, FRAMES) + 1j * rng.normal(0, 20, FRAMES)
    clip = marks @ np.array([1, 1j]) if marks.ndim == 2 else marks[..., 0] + 1j * marks[..., 1]
    placed = clip * turns[:, None] + shifts[:, None]
    return np.stack([placed.real, placed.imag], -1)


@pytest.mark.parametrize("points", [68, 5])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_face_that_only_moves_turns_and_grows_does_not_drift(points: int, seed: int) -> None:
    found = organ_drift(moved(face(points, seed), seed), TIMES)
    assert np.abs(found.size).max() < 1e-9
    assert found.number() < 1e-9


@pytest.mark.parametrize("organ", OF_68)
@pytest.mark.parametrize("hertz", [2.0, 6.0])
def test_a_swinging_organ_gives_its_own_curve_its_frequency_and_nothing_elsewhere(organ: str, hertz: float) -> None:
    marks, swing = face(), 4 * np.sin(2 * np.pi * hertz * TIMES)  # px: a tenth of the distance between the eyes
    clip = np.repeat(marks[None], FRAMES, 0)
    for part in OF_68[organ]:
        clip[:, list(part), 0] += swing[:, None]
    found = organ_drift(moved(clip), TIMES)
    which = list(OF_68).index(organ)
    # moving an eye moves the mean face too, but the swing is over whole periods, so the mean eye stays
    np.testing.assert_allclose(found.size[:, which], np.abs(swing) / 40, atol=1e-3)
    others = np.delete(found.size, which, 1)
    assert others.max() < 1e-3
    assert found.peak_hz()[organ] == pytest.approx(hertz)
    assert found.rms()[organ] == pytest.approx(0.1 / np.sqrt(2), rel=0.01)
    fast = found.rms(fast=True)[organ]
    assert fast == pytest.approx(0.1 / np.sqrt(2), rel=0.03) if hertz > FAST_HZ else fast < 0.02


def test_the_spectrum_shares_out_the_mean_square() -> None:
    wave = np.stack([np.sin(2 * np.pi * 3 * TIMES), 0.5 * np.cos(2 * np.pi * 8 * TIMES)], -1)
    frequencies, power = spectrum(wave, TIMES)
    assert power.sum() == pytest.approx(0.5 + 0.125, rel=0.01)
    near = lambda hertz: power[np.abs(frequencies - hertz) < 0.6].sum()  # noqa: E731
    assert (near(3), near(8)) == (pytest.approx(0.5, rel=0.01), pytest.approx(0.125, rel=0.01))


def test_a_face_that_is_away_leaves_a_gap_and_no_more() -> None:
    clip = moved(face())
    clip[10:14] = np.nan
    clip[0] = np.nan
    found = organ_drift(clip, TIMES)
    gone = np.isnan(found.size).all(1)
    assert np.flatnonzero(gone).tolist() == [0, 10, 11, 12, 13]
    assert np.nanmax(found.size) < 1e-9
    assert np.isfinite(found.number(fast=True))


def test_uneven_frames_keep_the_frequency() -> None:
    """A phone drops every third frame: the clip's own times say when each was taken."""
    times = np.arange(120)[np.arange(120) % 3 != 2] / 30
    clip = np.repeat(face()[None], len(times), 0)
    clip[:, list(OF_68["nose"][0]), 1] += 4 * np.sin(2 * np.pi * 5 * times)[:, None]
    assert organ_drift(clip, times).peak_hz()["nose"] == pytest.approx(5, abs=0.3)


def test_clips_of_a_batch_are_measured_as_they_are_alone() -> None:
    rng = np.random.default_rng(3)
    clips = np.stack([moved(face(seed=seed), seed) + rng.normal(0, 0.3, (FRAMES, 68, 2)) for seed in range(3)])
    together, owner = displacement(clips)
    assert together.shape == (3, FRAMES, 7, 2)
    assert owner.tolist() == [0, 0, 1, 1, 2, 3, 4]
    for one, clip in zip(together, clips, strict=True):
        np.testing.assert_allclose(one, displacement(clip)[0], atol=1e-12)


def test_the_unit_is_the_distance_between_the_eyes() -> None:
    clip = moved(face()) + np.random.default_rng(0).normal(0, 0.3, (FRAMES, 68, 2))
    one, ten = organ_drift(clip, TIMES), organ_drift(10 * clip, TIMES)
    np.testing.assert_allclose(ten.size, one.size, atol=1e-9)


def test_the_number_leaves_out_what_speaks() -> None:
    clip = np.repeat(face()[None], FRAMES, 0)
    clip[:, list(OF_68["mouth"][0])] += np.random.default_rng(0).normal(0, 4, (FRAMES, 1, 2))
    found = organ_drift(clip, TIMES)
    assert found.rms()["mouth"] > 0.1
    assert found.number() < 1e-3


@pytest.mark.parametrize(
    ("landmarks", "times", "words"),
    [
        (np.zeros((1, 68, 2)), [0.0], "two frames"),
        (np.zeros((4, 21, 2)), range(4), "not .4, 21, 2."),
        (np.zeros((4, 68, 2)), [0, 1], "rising times"),
        (np.zeros((2, 68, 2)), [1, 1], "rising times"),
        (np.full((5, 5, 2), np.nan), range(5), "two frames"),
    ],
)
def test_what_cannot_be_measured_is_said(landmarks: np.ndarray, times: list[float], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        organ_drift(landmarks, times)
