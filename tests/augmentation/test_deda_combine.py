"""The online combination: labels, places, geometry, and that all follows from the sample's seed."""

import numpy as np
import pytest
from scipy.stats import chisquare

from engines.augmentation.deda import bank
from engines.augmentation.deda.combine import Combiner, Geometry, Rules, lay
from engines.augmentation.deda.editors import Jitter
from engines.augmentation.deda.layers import premultiplied
from engines.augmentation.stream import Parts, Pictures, Stream
from engines.data import labelled
from engines.data.labelled import Labelled
from engines.errors import BadInput
from tests.labelled_trees import folder_tree

STILL = Geometry.still()


@pytest.fixture(scope="module")
def train(tmp_path_factory):
    return labelled.read(folder_tree(tmp_path_factory.mktemp("tree"))).train


@pytest.fixture(scope="module")
def made(train, tmp_path_factory):
    order = bank.Order(variants=1, strength=0.3, size_px=48, rank_limit=0, overlap=0.0, seed=0)
    return bank.build(tmp_path_factory.mktemp("bank"), train, order, Jitter(), None, lambda share, note: None)


def combiner(made, **rules):
    return Combiner(made, 3, 48, Rules(**{"combined": 1.0, **rules}))


def test_labels_sum_to_one_and_hold_only_what_shows(made):
    one = combiner(made, mixed=1.0)
    for seed in range(60):
        picture, target = one(seed % 12, np.random.default_rng(seed))
        assert picture.shape == (48, 48, 3) and picture.dtype == np.uint8
        assert target.sum() == pytest.approx(1, abs=1e-5) and target.min() >= 0 and (target > 0).sum() <= 2


def test_a_second_object_over_the_first_takes_its_label(made):
    """Two equal objects at the same place: the later hides the earlier all but for its soft edge."""
    row = made.objects[0][0]
    _, target = combiner(made, geometry=STILL)._laid([(row, 0), (row, 2)], np.zeros((48, 48, 3), np.uint8), _rng())
    assert target[2] > 0.85 and target[1] == 0


def test_inter_class_places_are_never_of_the_own_class_and_even(made):
    one = combiner(made)
    row = one.rows[5]
    drawn = np.array([one.draw_place(row, np.random.default_rng(n)) for n in range(800)])
    labels = np.array([place["label"] for place in made.places])
    assert row["label"] not in set(labels[drawn])
    counts = np.bincount(drawn, minlength=12)[labels != row["label"]]
    assert chisquare(counts).pvalue > 1e-3


@pytest.mark.parametrize(("mode", "wanted"), [("own", {5}), ("same-class", {4, 5, 6, 7}), ("any", set(range(12)))])
def test_other_modes_of_places(made, mode, wanted):
    one = combiner(made, places=mode)
    assert {one.draw_place(one.rows[5], np.random.default_rng(n)) for n in range(300)} == wanted


def test_own_object_before_own_place_is_the_picture(made, train):
    """The bottom rung without variants: what comes out is the training picture, but for JPEG and soft edges."""
    one = combiner(made, places="own", synthetic=0.0, mixed=0.0, own_object=True, geometry=STILL)
    picture, target = one(0, _rng())
    plain = Pictures(train, 48)[0]
    assert target.tolist() == [1, 0, 0]
    assert np.abs(picture.astype(int) - plain).mean() < 8
    assert np.corrcoef(picture.ravel(), plain.ravel())[0, 1] > 0.95


def test_the_same_seed_the_same_sample_in_any_order(made, train):
    stream = Stream(Pictures(train, 48), 3, 40, Parts(combiner(made)))
    items = [(index, 100 + index) for index in range(8)]
    forward = stream.__getitems__(items)
    for place, item in reversed(list(enumerate(items))):
        alone = Stream(Pictures(train, 48), 3, 40, Parts(combiner(made))).__getitems__([item])
        assert (alone["images"][0] == forward["images"][place]).all()
        assert (alone["targets"][0] == forward["targets"][place]).all()


def test_loader_processes_see_the_same_pictures(made, train):
    from torch.utils.data import DataLoader

    stream = Stream(Pictures(train, 48), 3, 40, Parts(combiner(made)))
    batches = [[(n, n + 7) for n in range(4)], [(n, n + 9) for n in range(4)]]
    here = [stream.__getitems__(batch) for batch in batches]
    there = list(DataLoader(stream, batch_sampler=batches, num_workers=2, collate_fn=lambda batch: batch))
    assert all((one["images"] == other["images"]).all() for one, other in zip(here, there, strict=True))


def test_chances_of_none_and_one(made):
    assert combiner(made, combined=0.0)(0, _rng()) is None
    assert combiner(made, combined=1.0)(0, _rng()) is not None


def test_an_object_that_stays_is_left_alone_and_one_mirrored_is_mirrored():
    layer = premultiplied(np.random.default_rng(0).integers(0, 256, (32, 32, 4), np.uint8))
    box = (0.0, 0.0, 1.0, 1.0)
    assert (lay(layer, box, 32, STILL, _rng()) == layer).all()
    mirrored = lay(layer, box, 32, Geometry(flip=1.0, turn_deg=0.0, reach=0.0), _rng())
    assert np.abs(mirrored.astype(int) - layer[:, ::-1]).max() <= 1


def test_free_placement_keeps_most_of_the_object_and_its_size():
    layer = np.full((20, 10, 4), 255, np.uint8)
    geometry = Geometry(flip=0.5, turn_deg=0.0, placed="free", least=0.4, most=0.5, visible=0.7)
    for seed in range(40):
        laid = lay(layer, (0, 0, 0.2, 0.4), 64, geometry, np.random.default_rng(seed))
        area = (laid[..., 3] / 255.0).sum()
        assert 0.68 * (0.4 * 64) ** 2 / 2 <= area <= 1.1 * (0.5 * 64) ** 2 / 2


def test_one_class_alone_has_no_other_places(train, tmp_path):
    alone = Labelled(train.classes, tuple(entry for entry in train.entries if entry.label == 0))
    order = bank.Order(variants=0, strength=0.3, size_px=48, rank_limit=0, overlap=0, seed=0)
    single = bank.build(tmp_path, alone, order, Jitter(), None, lambda share, note: None)
    with pytest.raises(BadInput, match="has no place of another class"):
        combiner(single)


def test_a_class_of_one_picture_still_has_others_places(train, tmp_path):
    few = train.few(1)
    order = bank.Order(variants=0, strength=0.3, size_px=48, rank_limit=0, overlap=0, seed=0)
    single = bank.build(tmp_path, few, order, Jitter(), None, lambda share, note: None)
    picture, target = combiner(single, mixed=0.0)(0, _rng())
    assert picture.shape == (48, 48, 3) and target.tolist() == [1, 0, 0]


def _rng():
    return np.random.default_rng(0)
