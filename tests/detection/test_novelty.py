"""The distance by hand, and that it tells what it was fitted on from what it was not."""

import numpy as np
import pytest
import torch

from engines.detection.novelty import AXES, Novelty


def test_unfitted_claims_nothing():
    assert Novelty(8)(torch.randn(3, 8) * 100).tolist() == [0, 0, 0]


def test_one_axis_by_hand():
    """All spread lies on the first axis, standard deviation about 2; four deviations off are 4 / sqrt(AXES) away."""
    features = np.zeros((400, 5), np.float32)
    features[:, 0] = np.random.default_rng(0).normal(0, 2, 400)
    novelty = Novelty(5)
    novelty.fit(features)
    half = features[::2]
    point = torch.from_numpy(half.mean(0))[None]
    point[0, 0] += 4 * half[:, 0].std(ddof=1)
    assert novelty.distance(point).item() == pytest.approx(4 / AXES**0.5, rel=1e-3)


def test_tells_strange_from_usual():
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(100, 300))
    novelty = Novelty(300)
    novelty.fit((rng.normal(size=(800, 100)) @ mix).astype(np.float32))
    usual = torch.from_numpy(rng.normal(size=(200, 100)) @ mix)
    assert (novelty(usual) > 1).float().mean() < 0.05
    assert (novelty(torch.from_numpy(rng.normal(size=(200, 300)) * 10)) > 1).all()
