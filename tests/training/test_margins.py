"""The margin losses, by the numbers of their papers' formulas."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import BadConfig
from engines.training.margins import MarginHead, adaface, arcface, cosface


def cosine(degrees):
    return torch.tensor([math.cos(math.radians(degrees))], dtype=torch.float64)


def test_arcface_adds_to_the_angle():
    assert float(arcface(cosine(60), math.radians(30))) == pytest.approx(0.0, abs=1e-9)  # cos 90
    assert float(arcface(cosine(100), math.radians(20))) == pytest.approx(-0.5)  # cos 120


def test_arcface_falls_on_beyond_pi():
    margin = math.radians(30)
    assert float(arcface(cosine(170), margin)) == pytest.approx(math.cos(math.radians(170)) - margin * 0.5)
    angles = torch.linspace(0.01, 3.13, 400, dtype=torch.float64)
    assert (arcface(angles.cos(), margin).diff() < 0).all()


def test_cosface_subtracts_from_the_cosine():
    assert float(cosface(cosine(60), 0.35)) == pytest.approx(0.15)


def test_adaface_by_hand():
    """With quality 1 the angle shrinks by m and 2 m are taken off; with -1 it is ArcFace; with 0 it is CosFace."""
    for quality, wanted in ((1.0, math.cos(math.pi / 3 - 0.4) - 0.8), (-1.0, math.cos(math.pi / 3 + 0.4)), (0.0, 0.1)):
        assert float(adaface(cosine(60), 0.4, torch.tensor([quality]))) == pytest.approx(wanted, abs=1e-6)


def head(loss, margin, scale=10.0):
    made = MarginHead(2, 3, loss, margin, scale)
    with torch.no_grad():
        made.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 5.0], [-1.0, 0.0]]))
    return made


def test_logits_by_hand():
    """A feature at 45 degrees of whatever length: only the true class's cosine is changed."""
    half = math.sqrt(0.5)
    logits = head("arcface", math.pi / 4)(torch.tensor([[3.0, 3.0]]), torch.tensor([1]))
    assert logits[0].tolist() == pytest.approx([10 * half, 0.0, -10 * half], abs=1e-5)
    logits = head("cosface", 0.2)(torch.tensor([[3.0, 3.0]]), torch.tensor([0]))
    assert logits[0].tolist() == pytest.approx([10 * (half - 0.2), 10 * half, -10 * half], abs=1e-5)


def test_strength_lets_the_margin_in():
    features, labels = torch.tensor([[1.0, 1.0]]), torch.tensor([0])
    none, half, full = (head("cosface", 0.2)(features, labels, part)[0, 0].item() for part in (0.0, 0.5, 1.0))
    assert none - half == pytest.approx(1.0) and half - full == pytest.approx(1.0)


def test_adaface_measures_lengths():
    """Lengths 1, 2, 3: mean 2, standard deviation 1; the next batch moves them by a hundredth, tests not at all."""
    made = head("adaface", 0.4)
    lengths = torch.tensor([1.0, 2.0, 3.0])
    features = torch.stack([lengths, torch.zeros(3)], 1)
    logits = made(features, torch.zeros(3, dtype=torch.long))
    assert made.length.tolist() == pytest.approx([2.0, 1.0])
    quality = [-1 / (1 / 0.333 + 1e-3), 0.0, 1 / (1 / 0.333 + 1e-3)]
    angles = [min(max(math.acos(1 - 1e-6) - 0.4 * q, 1e-6), math.pi) for q in quality]
    wanted = [10 * (math.cos(a) - (0.4 * q + 0.4)) for a, q in zip(angles, quality, strict=True)]
    assert logits[:, 0].tolist() == pytest.approx(wanted, abs=1e-3)
    made(features + torch.tensor([1.0, 0.0]), torch.zeros(3, dtype=torch.long))
    assert made.length.tolist() == pytest.approx([2.01, 1.0])
    made.eval()(features, torch.zeros(3, dtype=torch.long))
    assert made.length.tolist() == pytest.approx([2.01, 1.0])


@pytest.mark.parametrize("loss", ["arcface", "cosface", "adaface"])
def test_gradients_are_finite_at_the_poles(loss):
    features = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], requires_grad=True)
    head(loss, 0.5)(features, torch.tensor([0, 0])).sum().backward()
    assert torch.isfinite(features.grad).all()


@given(st.floats(-0.999, 0.999), st.floats(0, 1))
def test_a_margin_never_helps(value, margin):
    cosines = torch.tensor([value], dtype=torch.float64)
    for changed in (arcface(cosines, margin), cosface(cosines, margin)):
        assert float(changed) <= value + 1e-6


def test_an_unknown_loss():
    with pytest.raises(BadConfig, match="there are arcface, cosface, adaface"):
        MarginHead(2, 3, "softmax")
