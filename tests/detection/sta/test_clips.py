"""What detectors are fed: which frames, how many of each class, and what is the same in all frames of a clip."""

import numpy as np
import pytest
import torch

from engines.detection.sta.clips import Blending, Cut, Mix, WorldFilms
from engines.errors import BadConfig
from engines.faceworld.clips import ClipSet, ClipSpec
from engines.training.sampling import StepSampler

CUT = Cut(frames=3, stride=1, crop_px=98)


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    spec = ClipSpec("train", ("drift-swap",), identities=2, reals=2, fakes_per_family=2, frames=5)
    return ClipSet.build(spec, cache=tmp_path_factory.mktemp("films"))


def test_which_frames_a_cut_takes():
    cut = Cut(frames=4, stride=3, crop_px=56, views=3)
    assert cut.span == 10 and cut.spread(20)[:, 0].tolist() == [0, 5, 10] and cut.spread(10)[:, 0].tolist() == [0] * 3
    assert Cut(2, 1, 56).spread(7).tolist() == [[2, 3]]
    starts = {int(cut.random(13, seed)[0]) for seed in range(50)}
    assert starts == {0, 1, 2, 3} and np.diff(cut.random(13, 8)).tolist() == [3, 3, 3]


def test_a_training_clip_is_one_crop_of_neighbouring_frames(films):
    world, seen = WorldFilms(films, CUT), set()
    for seed in range(12):
        clip = (world.training(0, seed, None) * 255).round().byte().permute(0, 2, 3, 1).numpy()
        found = [
            (start, top, left, flip)
            for start in range(3) for top in range(15) for left in range(15) for flip in (1, -1)
            if np.array_equal(films.frames[0][start : start + 3, top : top + 98, left : left + 98][:, :, ::flip], clip)
        ]  # fmt: skip
        assert len(found) == 1
        seen.add(found[0])
    assert len(seen) > 6 and {flip for *_, flip in seen} == {1, -1}


def test_views_are_central_and_the_same_each_time(films):
    world = WorldFilms(films, Cut(3, 1, 98, views=2))
    views = world.views([1, 3])
    assert views.shape == (2, 2, 3, 3, 98, 98) and torch.equal(views, world.views([1, 3]))
    assert np.array_equal((views[1, 1] * 255).byte().permute(0, 2, 3, 1), films.frames[3][2:5, 7:105, 7:105])


@pytest.mark.parametrize("blended", [0.0, 0.5, 1.0])
def test_classes_are_balanced_and_blends_come_from_reals(films, blended):
    """In each epoch half of the items are real; of the forged ones the asked share are blends, which differ from a
    real clip's same crop near its organs alone."""
    world = WorldFilms(films, CUT)
    asked = []
    world.training = lambda index, seed, blending: asked.append((index, blending)) or torch.zeros(1)
    mix = Mix(world, blended, Blending())
    sampler = StepSampler(len(mix), 40, 10, seed=3)
    labels = torch.cat([mix.__getitems__(sampler.batch_at(step))["labels"] for step in range(10)])
    assert labels.float().mean() == 0.5
    blends = [index for index, blending in asked if blending]
    assert all(films.labels[index] == 0 for index in blends)
    assert abs(len(blends) / 200 - blended) < 0.1
    used = {index for index, blending in asked if not blending}
    assert used == {0, 1} | ({2, 3} if blended < 1 else set())


def test_a_blended_clip_is_its_real_one_with_moved_organs(films):
    world = WorldFilms(films, CUT)
    real, blend = (world.training(0, 9, blending) for blending in (None, Blending((1.0, 1.0))))
    changed = (real != blend).any(1).float().mean((1, 2))
    assert (changed > 0.02).all() and (changed < 0.6).all()
    assert torch.equal(blend, world.training(0, 9, Blending((1.0, 1.0))))


def test_impossible_films_are_refused(films):
    with pytest.raises(BadConfig, match="spans 9"):
        WorldFilms(films, Cut(3, 4, 98))
    world = WorldFilms(films, CUT)
    world.labels = np.zeros(4, np.int64)
    with pytest.raises(BadConfig, match="no forged films"):
        Mix(world, 0.5, Blending())
