"""Sets of clips: aligned, the same bytes with any number of workers, people in one split only."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import BadConfig, Stopped
from engines.faceworld import cache
from engines.faceworld.clips import FAMILIES, HELD_OUT_FAMILIES, TRAIN_FAMILIES, Clip, ClipSet, ClipSpec, film
from engines.faceworld.clips.forge import TWO_PEOPLE_FAMILIES
from engines.faceworld.splits import SPLITS

TINY = ClipSpec(families=FAMILIES, identities=2, reals=2, fakes_per_family=1, frames=2, size_px=64)


def test_families_are_split_into_trained_on_and_held_out() -> None:
    assert not set(TRAIN_FAMILIES) & set(HELD_OUT_FAMILIES) and set(FAMILIES) == {*TRAIN_FAMILIES, *HELD_OUT_FAMILIES}
    assert ClipSpec().families == TRAIN_FAMILIES


def test_arrays_are_aligned_and_true(tmp_path: Path) -> None:
    made = ClipSet.build(TINY, cache=tmp_path)
    assert len(made) == 6 and made.frames.shape == (6, 2, 64, 64, 3) and made.frames.dtype == np.uint8
    assert made.family.tolist() == ["real", "real", *FAMILIES]
    np.testing.assert_array_equal(made.labels, [0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(made.masks.max((1, 2, 3)) > 0, made.labels == 1)
    moving = (made.drift != np.eye(2, 3, dtype=np.float32)).any((1, 2, 3, 4))
    np.testing.assert_array_equal(moving, made.family == "drift-swap")
    np.testing.assert_array_equal((made.flicker != 0).any((1, 2)), made.family == "flicker")
    assert (made.jpeg_bytes > 300).all() and made.landmarks.shape == (6, 2, 68, 2)
    assert all("resolution" in knobs for knobs, label in zip(made.knobs, made.labels, strict=True) if label)
    job = TINY.job(1)
    np.testing.assert_array_equal(made.frames[1], film(Clip.sample(job.clip, job.target_id, 2), 64).frames)
    assert ClipSet.build(TINY, cache=tmp_path).knobs == made.knobs


def test_same_bytes_with_any_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "IN_PROCESS", 0)
    spec = replace(TINY, families=("flicker",), frames=1)
    alone, shared = (ClipSet.build(spec, workers=count, cache=tmp_path / str(count)) for count in (1, 2))
    for name in ("frames", "masks", "landmarks", "drift", "flicker", "jpeg_bytes"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(shared, name))
    assert alone.knobs == shared.knobs


def test_stopping_keeps_nothing(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        ClipSet.build(TINY, cache=tmp_path, stopping=lambda: True)
    assert not list((tmp_path / "world").iterdir())


@given(st.integers(2, 40), st.integers(0, 40), st.integers(0, 20), st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_splits_share_nobody(people: int, reals: int, fakes: int, seed: int) -> None:
    if reals + fakes == 0:
        return
    shown = {}
    for split in SPLITS:
        spec = ClipSpec(split, FAMILIES, people, reals, fakes, 8, seed)
        jobs = [spec.job(index) for index in range(len(spec))]
        shown[split] = {job.target_id for job in jobs} | {job.source_id for job in jobs}
        assert all((job.target_id != job.source_id) == (job.family in TWO_PEOPLE_FAMILIES) for job in jobs)
        assert len({job.clip for job in jobs}) == len(jobs)
    assert not shown["train"] & shown["val"] and not shown["train"] & shown["test"] and not shown["val"] & shown["test"]


def test_people_are_shown_equally_often() -> None:
    spec = ClipSpec(families=FAMILIES, identities=5, reals=20, fakes_per_family=10)
    jobs = [spec.job(index) for index in range(len(spec))]
    for family, expected in (("real", 4), *((family, 2) for family in FAMILIES)):
        counts = np.unique([job.target_id for job in jobs if job.family == family], return_counts=True)[1]
        assert counts.tolist() == [expected] * 5


@pytest.mark.parametrize(
    "settings_",
    [
        {"split": "dev"},
        {"families": ("swap",)},
        {"families": ("flicker", "flicker")},
        {"reals": -1},
        {"reals": 0, "fakes_per_family": 0},
        {"frames": 0},
        {"frames": 10_000},
        {"size_px": 8},
        {"identities": 0},
        {"identities": 1},
        {"seed": -3},
    ],
)
def test_bad_specifications_are_refused(settings_: dict) -> None:
    with pytest.raises(BadConfig):
        ClipSpec(**settings_)
