"""Sets: same specification, same bytes; people in one split only; nothing but the forgery tells real from forged."""

import threading
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from engines.errors import BadConfig, BadInput, Stopped
from engines.faceworld import cache
from engines.faceworld.dataset import (
    FAMILIES,
    LEAST_SHARE,
    PANEL,
    TWO_PEOPLE_FAMILIES,
    ForgerySet,
    ForgerySpec,
    Job,
    _forged,
    world_version,
)
from engines.faceworld.forgery import Panel, forge
from engines.faceworld.forgery.quality import DEFECTS, quality
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.splits import SPLITS, identities, split_of
from engines.faceworld.version import NUMBER

TINY = ForgerySpec(families=("swap", "selfblend"), identities=3, reals=4, fakes_per_family=2)


@given(st.sampled_from(list(SPLITS)), st.integers(1, 400), st.integers(0, 50))
def test_identities_belong_to_their_split(split: str, count: int, seed: int) -> None:
    people = identities(split, count, seed)
    assert len(set(people)) == count
    assert {split_of(person) for person in people} == {split}


@given(st.integers(2, 40), st.integers(0, 60), st.integers(0, 30), st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_splits_share_nobody(people: int, reals: int, fakes: int, seed: int) -> None:
    if reals + fakes == 0:
        return
    shown = {}
    for split in SPLITS:
        spec = ForgerySpec(split, FAMILIES, people, reals, fakes, seed)
        jobs = [spec.job(index) for index in range(len(spec))]
        shown[split] = {job.target_id for job in jobs} | {person for job in jobs for person in job.panel}
        assert all((job.target_id not in job.panel) == (job.family in TWO_PEOPLE_FAMILIES) for job in jobs)
        assert all(len(set(job.panel)) == len(job.panel) <= PANEL for job in jobs)
        assert len({job.photo for job in jobs}) == len(jobs)
    assert not shown["train"] & shown["val"] and not shown["train"] & shown["test"] and not shown["val"] & shown["test"]


def test_people_are_shown_equally_often() -> None:
    spec = ForgerySpec(identities=7, reals=70, fakes_per_family=21)
    jobs = [spec.job(index) for index in range(len(spec))]
    for family, expected in (("real", 10), ("swap", 3), ("selfblend", 3)):
        counts = np.unique([job.target_id for job in jobs if job.family == family], return_counts=True)[1]
        assert counts.tolist() == [expected] * 7


def test_arrays_are_aligned_and_true(tmp_path: Path) -> None:
    made = ForgerySet.build(replace(TINY, families=FAMILIES), cache=tmp_path)
    count = 4 + 2 * len(FAMILIES)
    assert len(made) == count and made.images.shape == (count, 112, 112, 3) and made.images.dtype == np.uint8
    np.testing.assert_array_equal(made.labels, made.family != "real")
    np.testing.assert_array_equal(made.masks.max((1, 2)) > 0, made.labels == 1)
    assert [bool(knobs) for knobs in made.knobs] == (made.labels == 1).tolist()
    assert (made.jpeg_bytes > 500).all()
    np.testing.assert_array_equal(made.target_id != made.source_id, np.isin(made.family, TWO_PEOPLE_FAMILIES))
    assert made.quality.dtype == np.float32 and made.defects.shape == (count, len(DEFECTS))
    np.testing.assert_array_equal(made.quality == 1, made.labels == 0)
    assert made.quality.min() >= 0 and not made.defects[made.labels == 0].any()


def test_quality_follows_from_the_kept_defects(tmp_path: Path) -> None:
    made = ForgerySet.build(TINY, cache=tmp_path)
    for kept, defects in zip(made.quality, made.defects, strict=True):
        assert kept == pytest.approx(quality(dict(zip(DEFECTS, defects.tolist(), strict=True))), abs=1e-6)


def test_a_hidden_region_is_looked_for_in_the_next_photograph(tmp_path: Path) -> None:
    """Under a surgical mask there is no mouth to forge: no picture may be called forged that is not."""
    numbers = [n for n in range(400) if Photo.sample(n).occluder.kind == "surgical"][:2]
    for number in numbers:
        job = Job("mouth", 3, (3,), number)
        assert forge("mouth", Person.sample(3), Photo.sample(number), Panel((3,)), number).mask.mean() < LEAST_SHARE
        assert _forged(job, 112).mask.mean() / 255 > LEAST_SHARE


def test_same_bytes_with_any_number_of_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "IN_PROCESS", 0)
    alone, shared = (ForgerySet.build(TINY, workers=n, cache=tmp_path / str(n)) for n in (1, 3))
    for name in ("images", "masks", "jpeg_bytes", "target_id", "source_id", "quality", "defects"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(shared, name))
    assert alone.knobs == shared.knobs


def test_workers_start_beside_torch_and_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(cache, "IN_PROCESS", 0)
    done = threading.Event()

    def multiply() -> None:
        while not done.is_set():
            torch.ones(200, 200) @ torch.ones(200, 200)

    busy = threading.Thread(target=multiply)
    busy.start()
    try:
        assert len(ForgerySet.build(TINY, workers=2, cache=tmp_path)) == 8
    finally:
        done.set()
        busy.join()


def test_second_build_reads_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ForgerySet.build(TINY, cache=tmp_path)
    monkeypatch.setattr(cache, "_fill", None)
    shares: list[float] = []
    again = ForgerySet.build(TINY, progress=shares.append, cache=tmp_path)
    np.testing.assert_array_equal(first.images, again.images)
    assert shares == [1.0] and again.knobs == first.knobs
    assert [path.name[:5] for path in (tmp_path / "world").iterdir()] == ["train"]


def test_another_seed_is_another_set(tmp_path: Path) -> None:
    one, other = (ForgerySet.build(replace(TINY, seed=seed), cache=tmp_path) for seed in (0, 1))
    assert not set(one.target_id) & set(other.target_id)
    assert (np.asarray(one.images) != np.asarray(other.images)).mean() > 0.5


def test_cache_folder_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "there"))
    ForgerySet.build(replace(TINY, reals=1, fakes_per_family=0))
    assert len(list((tmp_path / "there/world").iterdir())) == 1


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    ForgerySet.build(TINY, progress=shares.append, cache=tmp_path)
    assert shares == sorted(shares) and shares[-1] == 1 and len(shares) > 4


@pytest.mark.parametrize("in_process", [0, 48])
def test_stopping_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_process: int) -> None:
    monkeypatch.setattr(cache, "IN_PROCESS", in_process)
    with pytest.raises(Stopped):
        ForgerySet.build(TINY, workers=2, cache=tmp_path, stopping=lambda: True)
    assert list((tmp_path / "world").iterdir()) == []


def test_a_failing_worker_is_an_error_and_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "IN_PROCESS", 0)
    monkeypatch.setattr(cache, "asdict", lambda spec: {**asdict(spec), "size_px": 4})
    with pytest.raises(RuntimeError, match="4"):
        ForgerySet.build(TINY, workers=2, cache=tmp_path)
    assert list((tmp_path / "world").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="file"):
        ForgerySet.build(TINY, cache=tmp_path / "file")


@pytest.mark.parametrize(
    "settings_",
    [
        {"split": "dev"},
        {"families": ("swap", "morph")},
        {"families": ("swap", "swap")},
        {"reals": -1},
        {"fakes_per_family": -5},
        {"identities": 0},
        {"identities": -3},
        {"identities": 1},
        {"identities": 10**9},
        {"seed": -1},
        {"size_px": -112},
        {"size_px": 4000},
        {"reals": 0, "fakes_per_family": 0},
    ],
)
def test_bad_specifications_are_refused(settings_: dict) -> None:
    with pytest.raises(BadConfig) as caught:
        ForgerySpec(**settings_)
    assert str(caught.value).endswith(".")


def test_version_is_stable() -> None:
    assert world_version() == world_version() and world_version().startswith(f"{NUMBER}-")


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[ForgerySet, ForgerySet]:
    folder = tmp_path_factory.mktemp("sets")
    small = {"identities": 20, "reals": 120, "fakes_per_family": 40}
    return tuple(ForgerySet.build(ForgerySpec(split, **small), cache=folder) for split in ("train", "test"))


def _border(images: np.ndarray) -> np.ndarray:
    frame = np.ones(images.shape[1:3], bool)
    frame[6:-6, 6:-6] = False
    return images[:, frame].reshape(len(images), -1)


TRIVIAL = {
    "mean colour": lambda made: made.images.mean((1, 2)),
    "border": lambda made: _border(np.asarray(made.images, np.float32)),
    "file size": lambda made: made.jpeg_bytes[:, None],
    "thumbnail": lambda made: made.images.reshape(len(made), 8, 14, 8, 14, 3).mean((2, 4)).reshape(len(made), -1),
}


@pytest.mark.parametrize("name", TRIVIAL)
def test_trivial_features_tell_nothing(learnt: tuple[ForgerySet, ForgerySet], name: str) -> None:
    """Near chance on people not seen: within 4 standard errors of an AUC of one half (120 against 120 pictures)."""
    train, test = learnt
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.001, max_iter=500))
    scores = model.fit(TRIVIAL[name](train), train.labels).decision_function(TRIVIAL[name](test))
    real, forged = (test.labels == 0).sum(), (test.labels == 1).sum()
    error = np.sqrt((real + forged + 1) / (12 * real * forged))
    assert abs(roc_auc_score(test.labels, scores) - 0.5) < 4 * error
