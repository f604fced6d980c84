import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.continual.llaca.ema import FORMS, DynamicEma
from engines.errors import BadConfig


def parameter(values):
    return torch.nn.Parameter(torch.tensor(values))


def stepped(ema, weight, value, gradient):
    """As a training loop: the optimiser has moved the weight, and the gradient is still there."""
    with torch.no_grad():
        weight.copy_(torch.tensor(value))
    weight.grad = torch.tensor(gradient)
    ema.update()


def test_the_papers_form_by_hand():
    weight = parameter([0.0, 0.0])
    ema = DynamicEma([("w", weight)], "paper")
    stepped(ema, weight, [1.0, 0.0], [1.0, -1.0])
    assert ema.last["w"].branch == "no previous gradient"
    assert ema.average["w"].tolist() == pytest.approx([0.01, 0])  # the fallback keeps 0.99 of the loaded weights
    stepped(ema, weight, [1.0, 1.0], [9.0, 8.0])
    # moved 1, gradient 17, distance 0.99 + 1, change 8 + 9: beta = 18 * 1 / (1.99 * 17)
    beta = 18 / (1.99 * 17)
    assert ema.last["w"].branch == "formula"
    assert ema.last["w"].keep == pytest.approx(beta)
    assert ema.average["w"].tolist() == pytest.approx([beta * 0.01 + 1 - beta, 1 - beta])


@pytest.mark.parametrize(("form", "k"), [("coin", 2.0), ("next", 0.01)])
def test_the_codes_weigh_the_new_and_start_after_the_first_step(form, k):
    weight = parameter([0.0, 0.0])
    ema = DynamicEma([("w", weight)], form)
    stepped(ema, weight, [1.0, 0.0], [1.0, -1.0])
    assert ema.average["w"].tolist() == [1.0, 0.0]
    stepped(ema, weight, [1.0, 10.0], [9.0, 8.0])
    alpha = k * 18 / (10 * 17)
    assert ema.last["w"].keep == pytest.approx(1 - alpha)
    assert ema.average["w"].tolist() == pytest.approx([1.0, 10 * alpha])


def test_on_a_parabola_the_difference_quotient_is_the_curvature():
    curvature, weight = 4.0, parameter([3.0])
    ema = DynamicEma([("w", weight)], "paper")
    for value in (2.5, 2.0):
        before = float(ema.average["w"])
        stepped(ema, weight, [value], [curvature * value])
    # beta = (|L'| + 1) / (|th - th*| L''), with L'' = 4 exactly
    assert ema.last["w"].branch == "out of range"  # (8 + 1) / (0.995 * 4) is above 1
    assert float(ema.average["w"]) == pytest.approx(0.99 * before + 0.01 * 2.0)
    ema.average["w"] = torch.tensor([-10.0])
    stepped(ema, weight, [1.5], [curvature * 1.5])
    assert ema.last["w"].keep == pytest.approx((6 + 1) / (11.5 * curvature))


def test_every_way_to_fall_back_is_counted_and_none_gives_nan():
    weight = parameter([1.0])
    ema = DynamicEma([("w", weight)], "paper")
    stepped(ema, weight, [1.0], [1.0])  # no previous gradient
    stepped(ema, weight, [1.0], [1.0])  # nothing has changed: zero denominator
    weight.grad = None
    ema.update()
    stepped(ema, weight, [2.0], [1.0])  # the gradient before was missing
    assert dict(ema.taken) == {"no previous gradient": 2, "zero denominator": 1, "no gradient": 1}
    assert ema.in_range == 0
    assert torch.isfinite(ema.average["w"]).all()


@given(st.floats(0.0, 1.0), st.lists(st.floats(-5, 5), min_size=3, max_size=3))
@settings(max_examples=30)
def test_the_fallback_is_a_share(share, values):
    weight = parameter([0.0, 0.0, 0.0])
    ema = DynamicEma([("w", weight)], "paper", fallback=share)
    stepped(ema, weight, values, [1.0, 1.0, 1.0])
    assert ema.average["w"].tolist() == pytest.approx([share * value for value in values], abs=1e-5)


def test_tensors_layers_and_all_together():
    named = [(f"layers.{i}.{part}", parameter([0.0])) for i in range(2) for part in ("a", "b")]
    groups = {g: DynamicEma(named, granularity=g).groups for g in ("tensor", "layer", "global")}
    assert {g: len(found) for g, found in groups.items()} == {"tensor": 4, "layer": 2, "global": 1}
    assert groups["layer"]["layers.1"] == ["layers.1.a", "layers.1.b"]
    ema = DynamicEma(named, granularity="layer")
    for value, gradient in (([1.0], [1.0]), ([2.0], [9.0])):
        for _, weight in named:
            with torch.no_grad():
                weight.copy_(torch.tensor(value))
            weight.grad = torch.tensor(gradient)
        ema.update()
    # both tensors of a layer add up: 1 (1 + 18) 2 / (3.98 * 16)
    assert ema.last["layers.0"].keep == pytest.approx(38 / (3.98 * 16))


def train(ema_form, steps, resume_at=None):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    data, optimizer = torch.randn(40, 6), torch.optim.SGD(model.parameters(), 0.05)
    ema = DynamicEma(model.named_parameters(), ema_form)
    for step in range(steps):
        if step == resume_at:
            kept = ema.state_dict()
            ema = DynamicEma(model.named_parameters(), ema_form)
            ema.load_state_dict(kept)
        optimizer.zero_grad()
        (model(data) - data[:, :1].sin()).square().mean().backward()
        optimizer.step()
        ema.update()
    return model, ema


@pytest.mark.parametrize("form", FORMS)
def test_a_resumed_average_is_the_same_bit_for_bit(form):
    (_, whole), (_, resumed) = train(form, 20), train(form, 20, resume_at=11)
    assert all(torch.equal(whole.average[name], resumed.average[name]) for name in whole.average)
    assert whole.taken == resumed.taken


def test_averages_are_swapped_in_for_a_while_and_for_good():
    model, ema = train("paper", 10)
    own = {name: value.detach().clone() for name, value in model.named_parameters()}
    with ema.applied():
        assert all(torch.equal(value, ema.average[name]) for name, value in model.named_parameters())
    assert all(torch.equal(value, own[name]) for name, value in model.named_parameters())
    ema.write()
    assert all(torch.equal(value, ema.average[name]) for name, value in model.named_parameters())


def test_half_precision_loses_what_float32_keeps():
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(20_000, generator=generator)
    target, closed = start + 0.2, {}
    for precise in (True, False):
        weight = torch.nn.Parameter(start.bfloat16())
        ema = DynamicEma([("w", weight)], "paper", precise=precise)
        with torch.no_grad():
            weight.copy_(target)
        for _ in range(600):
            ema.update()  # without gradients every update is the fallback: a fixed average of 0.99
        moved = ema.average["w"].float() - start.bfloat16().float()
        closed[precise] = float(moved.mean() / (weight.detach().float() - start.bfloat16().float()).mean())
    assert closed[True] > 0.99
    assert closed[False] < 0.7


def test_what_cannot_be_averaged_is_said():
    with pytest.raises(BadConfig, match="no form 'v3'"):
        DynamicEma([("w", parameter([0.0]))], "v3")
    with pytest.raises(BadConfig, match="need parameters"):
        DynamicEma([])
    with pytest.raises(BadConfig, match="between 0 and 1"):
        DynamicEma([("w", parameter([0.0]))], fallback=2.0)
