"""The split layer and its constraints against dense forms and hand-computed answers."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from engines.detection.effort.constraints import averaged, kept_size, orthogonality
from engines.detection.effort.residual import ResidualLinear


def linear(out, inputs, seed=0, bias=True):
    torch.manual_seed(seed)
    return nn.Linear(inputs, out, bias=bias)


def shaken(layer, size=0.1, seed=1):
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in (layer.u, layer.s, layer.v):
            parameter.add_(size * torch.randn_like(parameter))
    return layer


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 40), st.integers(2, 40), st.data())
def test_starts_as_the_layer_it_came_from(out, inputs, data):
    rank = data.draw(st.integers(1, min(out, inputs)))
    source = linear(out, inputs)
    layer = ResidualLinear(source, rank)
    x = torch.randn(3, 5, inputs)
    assert (layer.weight_now() - source.weight).abs().max() < 1e-5
    assert torch.allclose(layer(x), source(x), atol=1e-5)


def test_a_diagonal_weight_by_hand():
    source = linear(3, 3, bias=False)
    source.weight.data = torch.diag(torch.tensor([5.0, 0.5, 2.0]))
    layer = ResidualLinear(source, 1)
    assert layer.s.item() == pytest.approx(0.5)
    assert torch.allclose(layer.residual(), torch.diag(torch.tensor([0.0, 0.5, 0.0])), atol=1e-6)
    assert torch.allclose(layer.principal, torch.diag(torch.tensor([5.0, 0.0, 2.0])), atol=1e-6)


def test_a_floor_passes_over_what_is_too_small():
    source = linear(4, 4, bias=False)
    source.weight.data = torch.diag(torch.tensor([5.0, 1e-4, 2.0, 0.3]))
    assert ResidualLinear(source, 1, floor=0.1).s.tolist() == pytest.approx([0.3])
    assert sorted(ResidualLinear(source, 2, floor=0.1).s.tolist()) == pytest.approx([0.3, 2.0])
    # fewer than k reach the floor: the largest k are taken
    assert sorted(ResidualLinear(source, 3, floor=4.0).s.tolist()) == pytest.approx([0.3, 2.0, 5.0])


def test_every_direction_has_a_gradient_and_nothing_else():
    layer = ResidualLinear(linear(16, 16), 2)
    layer(torch.randn(8, 16)).square().mean().backward()
    assert {name for name, _ in layer.named_parameters()} == {"u", "s", "v"}
    for parameter in layer.parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0


def test_gradient_equals_that_of_the_dense_residual():
    layer = shaken(ResidualLinear(linear(12, 9), 3))
    x = torch.randn(5, 9)
    layer(x).square().sum().backward()
    light = [parameter.grad.clone() for parameter in (layer.u, layer.s, layer.v)]
    layer.zero_grad()
    nn.functional.linear(x, layer.principal + layer.residual(), layer.bias).square().sum().backward()
    for got, parameter in zip(light, (layer.u, layer.s, layer.v), strict=True):
        assert torch.allclose(got, parameter.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("shape", [(16, 16), (12, 20), (20, 12)])
def test_merged_equals_unmerged(shape):
    layer = shaken(ResidualLinear(linear(*shape), 2))
    x = torch.randn(4, shape[1])
    assert torch.allclose(layer.merge()(x), layer(x), atol=1e-4)


def dense_losses(layer):
    """The paper's figure, computed the long way in float64, and the released code's norm of it."""
    u, s, vh = torch.linalg.svd(layer.weight_before().double())
    r = len(s) - layer.rank
    sides = []
    for frozen, now in ((u[:, :r], layer.u), (vh[:r].T, layer.v)):
        basis = torch.cat([frozen, now.detach().double()], 1)
        sides.append((basis.T @ basis - torch.eye(basis.shape[1])).square().sum())
    size = (layer.weight_now().double().square().sum() - layer.weight_before().double().square().sum()).abs()
    return sides[0] + sides[1], 0.5 * (sides[0].sqrt() + sides[1].sqrt()), size


@pytest.mark.parametrize("rank", [1, 5])
@pytest.mark.parametrize("size", [0.0, 0.05, 0.5])
def test_light_forms_equal_dense_forms(rank, size):
    layer = shaken(ResidualLinear(linear(64, 64), rank), size)
    squared, code, growth = dense_losses(layer)
    assert orthogonality(layer).item() == pytest.approx(float(squared), rel=1e-3, abs=1e-4)
    assert orthogonality(layer, "code").item() == pytest.approx(float(code), rel=1e-3, abs=5e-3)
    assert kept_size(layer).item() == pytest.approx(float(growth), rel=1e-3, abs=1e-4)


def test_both_are_zero_at_the_start_and_not_after():
    layer = ResidualLinear(linear(64, 64), 1)
    assert all(float(loss) < 1e-4 for loss in averaged([layer]))
    assert all(float(loss) > 1e-3 for loss in averaged([shaken(layer, 0.3)]))


def test_the_codes_form_has_a_finite_gradient_at_the_start():
    layer = ResidualLinear(linear(16, 16), 1)
    orthogonality(layer, "code").backward()
    assert torch.isfinite(layer.u.grad).all()


def test_averaged_ignores_a_surrounding_autocast():
    layer = shaken(ResidualLinear(linear(64, 64), 1), 0.01)
    outside = averaged([layer])
    with torch.autocast("cpu", torch.bfloat16):
        inside = averaged([layer])
    assert [float(a) for a in outside] == [float(b) for b in inside]
