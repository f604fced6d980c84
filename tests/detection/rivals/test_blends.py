"""SBI sees real pictures and their own copies, and nothing else of the data set."""

import numpy as np
import pytest
import torch
from PIL import Image

from engines.data.videos import Video
from engines.detection.folders import FolderSamples
from engines.detection.pairs import WorldPairs
from engines.detection.rivals.blends import PhotoBlends, WorldBlends, self_blended
from engines.errors import BadInput
from engines.faceworld.camera import finish
from engines.faceworld.dataset import ForgerySet, ForgerySpec
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.faceworld.splits import identities

SPEC = ForgerySpec(
    split="train", families=("swap", "selfblend"), identities=3, reals=3, fakes_per_family=3, partners=True
)


@pytest.fixture(scope="module")
def pairs():
    return WorldPairs(ForgerySet.build(SPEC), 98)


def test_the_worlds_set_holds_no_other_forgery(pairs):
    """Every copy is a self-blend of a training person, and what stands beside it is that very photograph, rendered
    anew here."""
    blends, pictures = WorldBlends(pairs), pairs.pictures
    assert len(blends) == 3 and set(pairs.family[blends.where]) == {"selfblend"}
    for index in blends.where:
        assert pictures.source_id[index] == pictures.target_id[index] in identities("train", 3, SPEC.seed)
        job = SPEC.job(int(index))
        photo = Photo.sample(job.photo)
        real = finish(render(Person.sample(job.target_id), photo, 112).image, photo.camera)
        assert np.array_equal(pictures.targets[index], real)


def test_a_batch_is_half_real_and_pairs_lie_alike(pairs):
    blends = WorldBlends(pairs)
    batch = blends.__getitems__([(0, 5), (2, 9)])
    assert batch["labels"].tolist() == [0, 0, 1, 1] and batch["images"].shape == (4, 3, 98, 98)
    where = blends.where.tolist()
    assert torch.equal(batch["images"][1], pairs.frames([(where[2], 9)])[0])
    assert torch.equal(batch["images"][3], pairs.crops([(where[2], 9)])[0])


def face(seed=0, side=64):
    """A textured picture and 68 landmarks of a face in it, in px."""
    picture = np.random.default_rng(seed).integers(0, 256, (side, side, 3)).astype(np.uint8)
    rendered = render(Person.sample(3), Photo.sample(11), side)
    return picture, rendered.truth.landmarks


def test_a_photograph_is_changed_near_its_face_alone():
    picture, landmarks = face()
    copies = [self_blended(picture, landmarks, np.random.default_rng(seed)) for seed in range(4)]
    low, high = landmarks.min(0) - 20, landmarks.max(0) + 12
    y, x = np.mgrid[0:64, 0:64]
    outside = (x < low[0]) | (x > high[0]) | (y < low[1]) | (y > high[1])
    assert outside.any()
    for copy in copies:
        assert np.array_equal(copy[outside], picture[outside]) and (copy != picture).any()
    assert not np.array_equal(copies[0], copies[1])
    assert np.array_equal(copies[0], self_blended(picture, landmarks, np.random.default_rng(0)))


def folder(place, landmarks=True):
    """Two real frames and a forged one in DeepfakeBench's layout."""
    videos = []
    for name, label in (("000", 0), ("000_003", 1)):
        frames = []
        for number in range(2):
            frame = place / "frames" / name / f"{number}.png"
            frame.parent.mkdir(parents=True, exist_ok=True)
            picture, points = face(number + 2 * label, 80)
            Image.fromarray(picture).save(frame)
            beside = place / "landmarks" / name / f"{number}.npy"
            beside.parent.mkdir(parents=True, exist_ok=True)
            if landmarks:
                np.save(beside, np.concatenate([points, np.zeros((13, 2))]))
            frames.append(frame)
        videos.append(Video(str(place / name), tuple(frames), label, "FF-DF" if label else "real", name=name))
    return FolderSamples(videos, "natural", 56, 2)


def test_photographs_make_copies_of_reals_alone(tmp_path):
    samples = folder(tmp_path)
    blends = PhotoBlends(samples)
    assert len(blends) == 2 and (samples.labels[blends.where] == 0).all()
    batch = blends.__getitems__([(0, 1), (1, 2)])
    assert batch["labels"].tolist() == [0, 0, 1, 1] and batch["images"].shape == (4, 3, 56, 56)
    assert (batch["images"][0] != batch["images"][2]).any() and (batch["images"][1] != batch["images"][3]).any()
    again = blends.__getitems__([(0, 1), (1, 2)])
    assert torch.equal(batch["images"], again["images"])


def test_photographs_need_landmarks(tmp_path):
    with pytest.raises(BadInput, match=r"landmarks/VIDEO/0\.npy"):
        PhotoBlends(folder(tmp_path, landmarks=False))
