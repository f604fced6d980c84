"""Data sets of identities: requests, manifest, retries and resuming."""

import json

import numpy as np
import pytest
import torch

from engines.errors import BadConfig, BadInput, Stopped
from engines.synthesis.id3 import attributes, dataset
from engines.synthesis.id3.anchors import random_directions
from engines.synthesis.id3.dataset import Order
from engines.synthesis.id3.sampling import Guidance, Pace
from tests.synthesis import toy_generator as toy

KNOWN = np.array([[10.0, 1, 2, 30], [-20, 3, 4, 50]], np.float32)
PACE = Pace("dpm++", 4, "fp32")


def make(folder, order, stopping=None, scale=5.0):
    wishes = dataset.asked(order, random_directions(order.identities, toy.WIDTH, 3), KNOWN)
    return dataset.generate(
        folder, order, wishes, toy.generator(), toy.Readers(), Guidance(scale), PACE, stopping=stopping
    )


def rows(folder):
    return [json.loads(line) for line in (folder / dataset.MANIFEST).read_text().splitlines()]


def test_requests_are_at_their_cosine_and_follow_the_seed():
    order, anchors = Order(5, 4, closest=0.7, farthest=0.9), random_directions(5, 16)
    found = dataset.asked(order, anchors, KNOWN)
    cosine = (found.embedding * anchors[torch.from_numpy(found.identity)]).sum(1).numpy()
    np.testing.assert_allclose(cosine, found.cosine, atol=1e-5)
    assert cosine.min() >= 0.7 and cosine.max() <= 0.9
    again = dataset.asked(order, anchors, KNOWN)
    assert torch.equal(found.embedding, again.embedding) and np.array_equal(found.attributes, again.attributes)


def test_attributes_are_those_seen_or_even():
    seen = attributes.empirical(KNOWN, 50, 0)
    assert {tuple(row) for row in seen.tolist()} == {tuple(row) for row in KNOWN.tolist()}
    even = attributes.stratified(50, 0)
    counts, *_ = np.histogram2d(even[:, 0], even[:, 3], 5, [attributes.YAW, attributes.YEARS])
    assert (counts == 2).all()
    encoded = attributes.encode(np.array([[15, -12, 1, 55], [0, 0, 0, 40]]))
    np.testing.assert_allclose(encoded, [[1, -2, 0.5, 1], [0, 0, 0, 0]])
    np.testing.assert_array_equal(attributes.grid([-30, 30], [20, 60])[1], [30, 0, 0, 20])


def test_folders_and_manifest(tmp_path):
    told = make(tmp_path, Order(5, 4))
    written = rows(tmp_path)
    assert told["pictures"] == 20 and told["identities"] == 5 and len(written) == 20
    assert all((tmp_path / row["file"]).is_file() for row in written)
    assert written[7]["file"] == "000001/003.png" and written[7]["passed"] and written[7]["attempts"] == 1
    assert {"yaw", "yaw_read", "years", "cosine", "c", "seed"} <= set(written[0])


def test_interrupted_and_whole_end_alike(tmp_path):
    order, calls = Order(10, 4), []
    whole = make(tmp_path / "whole", order)

    def later():
        calls.append(1)
        return len(calls) > 7  # in the middle of the second chunk

    with pytest.raises(Stopped):
        make(tmp_path / "parts", order, later)
    assert 0 < len(rows(tmp_path / "parts")) < 40
    with (tmp_path / "parts" / dataset.MANIFEST).open("a") as file:
        file.write('{"file": "0000')  # as a machine that loses power leaves it
    again = make(tmp_path / "parts", order)
    assert {**again, "folder": ""} == {**whole, "folder": ""}
    for path in (tmp_path / "whole").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "parts" / path.relative_to(tmp_path / "whole")).read_bytes()


def test_retries_end_and_name_what_fails(tmp_path):
    order = Order(2, 3, least_cosine=1.1, most_yaw=0.0, retries=2)
    told = make(tmp_path, order)
    assert told["failed"] == 6 and told["attempts"] == 3 and told["failing"] == {"cosine": 6, "yaw": 6}
    assert all(row["failing"] == ["cosine", "yaw"] and not row["passed"] for row in rows(tmp_path))


def test_a_retry_keeps_the_best_and_ends_when_it_passes(tmp_path):
    """With more attempts no picture gets worse, and some that failed pass."""
    once, often = (make(tmp_path / str(n), Order(6, 4, least_cosine=0.6, retries=n), scale=1.0) for n in (0, 6))
    assert often["failed"] < once["failed"]
    for first, last in zip(rows(tmp_path / "0"), rows(tmp_path / "6"), strict=True):
        assert last["cosine"] >= first["cosine"] - 1e-6
        assert last["attempts"] == 1 or not first["passed"]


def test_criteria_by_hand():
    order = Order(least_cosine=0.5, most_yaw=10, most_years=8)
    wanted = np.array([20.0, 0, 0, 40])
    assert dataset.failing(order, 0.5, wanted, np.array([30.0, 0, 0, 48])) == []
    assert dataset.failing(order, 0.49, wanted, np.array([31.0, 0, 0, 31])) == ["cosine", "yaw", "years"]


def test_another_order_and_a_used_folder_are_refused(tmp_path):
    make(tmp_path / "set", Order(2, 2))
    with pytest.raises(BadInput, match="another order"):
        make(tmp_path / "set", Order(2, 3))
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(BadInput, match="not empty"):
        make(tmp_path, Order(2, 2))


@pytest.mark.parametrize("wrong", [{"identities": 0}, {"closest": 0.9, "farthest": 0.5}, {"attributes": "odd"}])
def test_orders_that_make_no_sense(wrong):
    with pytest.raises(BadConfig):
        Order(**wrong)
