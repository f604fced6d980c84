"""Anchors: known best packings, neighbours at a given cosine, and that blocks change nothing."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.errors import BadConfig, Stopped
from engines.synthesis.id3 import anchors


@pytest.mark.parametrize(
    ("count", "width", "best"), [(3, 2, -0.5), (4, 3, -1 / 3), (6, 3, 0.0), (12, 3, 1 / math.sqrt(5)), (8, 4, 0.0)]
)
def test_known_best_packings(count, width, best):
    """Triangle, tetrahedron, octahedron, icosahedron, and the cross of four dimensions."""
    found = min(anchors.largest_cosine(anchors.tammes(count, width, seed, 400).points) for seed in range(3))
    assert found == pytest.approx(best, abs=0.03)


def test_repulsion_spreads_and_keeps_the_best_round():
    spread = anchors.tammes(300, 64, seed=1)
    assert spread.largest[0] == pytest.approx(anchors.largest_cosine(spread.start), abs=1e-5)
    assert min(spread.largest) == pytest.approx(anchors.largest_cosine(spread.points), abs=1e-5)
    assert min(spread.largest) < 0.5 * spread.largest[0]
    rough = spread.largest[::20]
    assert all(later < earlier for earlier, later in itertools.pairwise(rough))
    torch.testing.assert_close(spread.points.norm(dim=1), torch.ones(300))


def test_blocks_change_nothing(monkeypatch):
    whole = anchors.tammes(50, 8, rounds=3).points
    monkeypatch.setattr(anchors, "BLOCK", 7)
    torch.testing.assert_close(anchors.tammes(50, 8, rounds=3).points, whole, atol=1e-4, rtol=0)


def test_nearest_leaves_out_the_point_itself():
    points = torch.tensor([[1.0, 0], [0, 1], [0.6, 0.8]])
    torch.testing.assert_close(anchors.nearest_cosines(points), torch.tensor([0.6, 0.8, 0.8]))


@settings(max_examples=15, deadline=None)
@given(st.floats(-1, 1), st.integers(0, 1000))
def test_near_is_of_length_one_at_the_cosine(cosine, seed):
    anchor = anchors.random_directions(5, 16, seed)
    y = anchors.near(anchor, torch.full((5,), cosine), seed)
    torch.testing.assert_close(y.norm(dim=1), torch.ones(5))
    torch.testing.assert_close((y * anchor).sum(1), torch.full((5,), cosine), atol=1e-5, rtol=0)


def test_refusals():
    with pytest.raises(BadConfig, match="two points"):
        anchors.tammes(1, 8)
    with pytest.raises(Stopped):
        anchors.tammes(10, 8, stopping=lambda: True)


def test_anchors_are_spread_within_what_embeddings_fill() -> None:
    """Embeddings in the first three of six directions, the third hardly used."""
    turned = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(3)))[0]
    flat = torch.tensor([[1.0, 0, 0.1], [-1, 0, 0.1], [0, 1, -0.1], [0, -1, -0.1]])
    embeddings = torch.nn.functional.pad(flat, (0, 3)) @ turned
    space = anchors.filled(embeddings, 0.9)
    assert space.shape == (2, 6)
    points = anchors.spread_within(space, 4, rounds=100)
    torch.testing.assert_close((points @ turned.T)[:, 2:], torch.zeros(4, 4), atol=1e-5, rtol=0)
    assert anchors.largest_cosine(points) == pytest.approx(0, abs=0.05)  # a square in the plane
    y = anchors.near(points, torch.full((4,), 0.8), 0, space)
    torch.testing.assert_close((y * points).sum(1), torch.full((4,), 0.8))
    torch.testing.assert_close(y @ space.T @ space, y, atol=1e-5, rtol=0)


def test_embeddings_that_fill_the_sphere_fill_all_of_it() -> None:
    assert anchors.filled(torch.eye(5), 0.99).shape == (5, 5)
