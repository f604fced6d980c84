"""IID's losses by hand, and whose identity a picture carries."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from engines.backbones import towers
from engines.detection.detector import Detector
from engines.detection.rivals.identity import EXPLICIT, IdentityLearner, IdentitySamples, contrast, explicit
from engines.detection.samples import WorldSamples
from engines.faceworld.dataset import ForgerySet, ForgerySpec


def test_contrast_by_hand():
    """Forgeries: cosines 1 and 0; reals: 0.6 and -1. Mean 0.5 less mean -0.2."""
    implicit = torch.tensor([[2.0, 0.0], [0.0, 3.0], [3.0, 4.0], [0.0, 1.0]])
    known = torch.tensor([[1.0, 0.0], [5.0, 0.0], [1.0, 0.0], [0.0, -2.0]])
    labels = torch.tensor([1, 1, 0, 0])
    assert contrast(implicit, known, labels).item() == pytest.approx(0.7)
    assert contrast(implicit[:2], known[:2], labels[:2]).item() == pytest.approx(0.5)
    assert contrast(implicit[2:], known[2:], labels[2:]).item() == pytest.approx(0.2)


def test_the_whole_loss_by_hand():
    """Features are replaced by ones of which everything is known: cross-entropy log 2, cosine 1, and a margin softmax
    over two people at right angles."""

    class Known(nn.Module):
        def forward(self, images):
            first = torch.zeros(len(images), 128)
            first[:, 0] = 1.0
            return towers.TowerOutput(first, first, first[:, None])

    tower = towers.build("vit-tiny-random")
    detector = Detector(tower, nn.Linear(tower.feature_width, 2), {})
    nn.init.zeros_(detector.head.weight)
    nn.init.zeros_(detector.head.bias)
    learner = IdentityLearner(detector, 2, contrast=0.1, explore=0.05, margin=0.4, scale=8.0)
    detector.tower = Known()
    with torch.no_grad():
        learner.implicit.weight.copy_(torch.eye(EXPLICIT))
        learner.implicit.bias.zero_()
        learner.who.weight.copy_(torch.eye(EXPLICIT)[:2])
    batch = {
        "images": torch.zeros(1, 3, 56, 56),
        "labels": torch.tensor([1]),
        "explicit": torch.eye(EXPLICIT)[:1],
        "identity": torch.tensor([0]),
    }
    losses = learner(batch)
    known = math.log(1 + math.exp(-8 * math.cos(0.4)))  # cosines 1 and 0, the true one with its margin
    assert losses["identity/contrast"].item() == pytest.approx(1.0)
    assert losses["identity/explore"].item() == pytest.approx(known, rel=2e-2)  # the margin keeps off the edge
    expected = math.log(2) + 0.1 + 0.05 * losses["identity/explore"].item()
    assert losses["loss"].item() == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def samples():
    spec = ForgerySpec(split="train", families=("swap", "selfblend"), identities=3, reals=3, fakes_per_family=3)
    return WorldSamples(ForgerySet.build(spec), 98)


@pytest.mark.parametrize("person", ["target", "source"])
def test_whose_identity(samples, person):
    labelled = IdentitySamples(samples, person, np.zeros((len(samples), EXPLICIT), np.float32))
    batch = labelled.__getitems__([(index, 3) for index in range(len(samples))])
    truth = getattr(samples.pictures, f"{person}_id")
    assert labelled.people == len(set(truth.tolist()))
    same = batch["identity"][:, None] == batch["identity"]
    assert np.array_equal(same.numpy(), truth[:, None] == truth)
    assert batch["images"].shape == (len(samples), 3, 98, 98)


def test_explicit_identity_is_the_picture_s(samples):
    """Each row belongs to its picture: the same whoever stands beside it."""
    found = explicit(samples)
    assert found.shape == (len(samples), EXPLICIT) and found.std(0).max() > 0
    batch = IdentitySamples(samples, "target", found).__getitems__([(4, 1), (0, 2)])
    assert np.array_equal(batch["explicit"].numpy(), found[[4, 0]])
