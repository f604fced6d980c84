"""What training sees: pictures and truth move together, and errors are what they say."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.photograph_set import PhotographSet, PhotographSpec
from engines.faceworld.photographs import WorldDataset
from engines.faceworld.render import render
from engines.recognition.readers.data import Training, WorldFaces, view, view_targets
from engines.recognition.readers.measure import attribute_rows, errors, identity_rows
from engines.recognition.readers.mirror import MIRRORED, mirror_targets


@given(st.integers(0, 2**32 - 1), st.integers(0, 16))
def test_landmarks_move_with_the_picture(seed, shift_px):
    """A bright pixel lies where its landmark says, whatever the seed does."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(40, 72, 2)
    picture = np.zeros((112, 112, 3), np.uint8)
    picture[y, x] = 255
    targets = np.zeros(140, np.float32)
    targets[4:] = np.tile([(x + 0.5) / 112, (y + 0.5) / 112], 68)
    seen, told = view(picture, seed, shift_px, 0.0).numpy(), view_targets(targets, seed, shift_px)
    row, column = np.unravel_index(seen[0].argmax(), (112, 112))
    assert told[4:6] * 112 == pytest.approx([column + 0.5, row + 0.5], abs=1e-3)


def test_mirroring_twice_is_nothing():
    assert sorted(MIRRORED) == list(range(68)) and (MIRRORED[MIRRORED] == np.arange(68)).all()
    targets = np.random.default_rng(0).random((3, 140)).astype(np.float32)
    assert mirror_targets(mirror_targets(targets)) == pytest.approx(targets, abs=1e-6)
    told = mirror_targets(targets[0])
    assert told[:4] == pytest.approx(targets[0, :4] * [-1, 1, -1, 1])


def test_the_mirrored_landmarks_are_those_of_a_mirrored_head():
    """Landmark by landmark, the mean over people of a frontal face is near its own mirror image."""
    points = np.mean([_frontal(seed).truth.landmarks / 112 for seed in range(6)], axis=0)
    middle = points[[27, 28, 29, 30, 33, 51, 57, 8], 0].mean()
    mirrored = points[MIRRORED] * [-1, 1] + [2 * middle, 0]
    assert np.abs(mirrored - points).max() < 0.03  # 3 px; a wrong partner is off by 6 or more


def _frontal(seed):
    photo = Photo.sample(seed, frontal=True)
    return render(Person.sample(seed), _still(photo))


def _still(photo):
    from dataclasses import replace

    return replace(photo, yaw=0.0, pitch=0.0, roll=0.0, expression=np.zeros_like(photo.expression))


def test_a_set_is_its_photographs(tmp_path):
    spec = PhotographSpec("test", people=2, photos=2, age_gap=10)
    kept, lazy = PhotographSet.build(spec, cache=tmp_path), WorldDataset(spec)
    for index in range(4):
        one = lazy[index]
        assert (kept.images[index] == one["image"]).all() and kept.groups[index] == one["group"]
        assert kept.occluders[index] == one["occluder"] and kept.identities[index] == one["identity"]
        assert kept.pose[index] == pytest.approx([one["yaw"], one["pitch"], one["roll"]], rel=1e-6)
    again = PhotographSet.build(spec, cache=tmp_path)
    assert (again.images == kept.images).all() and len(list((tmp_path / "world").iterdir())) == 1


def faces_of(people, photos, size=8):
    rng, count = np.random.default_rng(0), people * photos
    landmarks = rng.uniform(0, size, (count, 68, 2)).astype(np.float32)
    return WorldFaces(
        SimpleNamespace(
            images=rng.integers(0, 256, (count, 112, 112, 3), dtype=np.uint8),
            identities=np.repeat(np.arange(people), photos),
            groups=np.repeat(np.where(np.arange(people) % 2, "b", "a"), photos),
            landmarks=landmarks, pose=rng.normal(0, 10, (count, 3)).astype(np.float32),
            years=rng.uniform(20, 60, count).astype(np.float32), spec=SimpleNamespace(size_px=size),
        )
    )  # fmt: skip


def test_a_batch_holds_the_truth_of_its_pictures():
    faces = faces_of(4, 2)
    batch = Training(faces, 0, 1.0).__getitems__([(5, 3), (0, 8)])
    assert batch["images"].shape == (2, 3, 112, 112) and 0 <= batch["images"].min() <= batch["images"].max() <= 1
    assert batch["people"].tolist() == [2, 0]
    assert batch["targets"][:, 3].tolist() == faces.targets[[5, 0], 3].tolist()


def test_errors_by_hand():
    truth = np.zeros((1, 140), np.float32)
    points = truth[0, 4:].reshape(68, 2)
    points[36], points[45] = (0.2, 0.5), (0.6, 0.5)
    told = truth.copy()
    told[0, :4] = 3, -2, 0.5, 7
    told[0, 4:] += np.tile([0.03, 0.04], 68)
    found = {name: values.item() for name, values in errors(told, truth).items()}
    assert found == pytest.approx({"yaw": 3, "pitch": 2, "roll": 0.5, "years": 7, "landmarks": 12.5}, rel=1e-5)


def test_the_mean_is_the_rival():
    """A reader that says the truth errs by nothing; one that says the mean errs as the mean does, by group too."""
    faces = faces_of(8, 2)
    centre = faces.targets.mean(0)
    for row in attribute_rows(faces.targets, centre, faces, 20, 0):
        assert row["error"] == row["high"] == 0 and row["error of the mean"] > 0
    rows = attribute_rows(np.broadcast_to(centre, faces.targets.shape), centre, faces, 20, 0)
    assert {row["group"] for row in rows} == {"all", "a", "b"}
    assert all(row["error"] == pytest.approx(row["error of the mean"]) for row in rows)
    years = next(row for row in rows if row["what"] == "years" and row["group"] == "b")
    assert years["error"] == pytest.approx(np.abs(faces.targets[faces.groups == "b", 3] - centre[3]).mean())
    assert years["photographs"] == 8


def test_identity_rows_count_pairs():
    faces = faces_of(8, 2)
    known = np.repeat(np.eye(8), 2, axis=0)
    rows = {row["pairs"]: row for row in identity_rows("r", known, faces, 20, 0)}
    assert set(rows) == {"all", "same group", "a", "b"}
    assert all(row["eer"] == 0 == row["fnmr at fmr 1 %"] for row in rows.values())
    names = ("people", "same-person pairs", "pairs of strangers")
    counts = {pairs: tuple(row[name] for name in names) for pairs, row in rows.items()}
    assert counts == {"all": (8, 8, 112), "same group": (8, 8, 48), "a": (4, 4, 24), "b": (4, 4, 24)}
