"""Sharpness-aware steps by hand, and in the loop."""

import pytest
import torch
from torch import nn

from engines.training import sam
from engines.training.journal import MemoryJournal
from engines.training.loop import Loop
from engines.training.loop_config import LoopConfig


class Bowl(nn.Module):
    """Loss w² + 4 v² of two weights."""

    def __init__(self):
        super().__init__()
        self.w, self.v = nn.Parameter(torch.tensor([1.0])), nn.Parameter(torch.tensor([0.5]))
        self.frozen = nn.Parameter(torch.ones(1), requires_grad=False)

    def forward(self, batch):
        return {"loss": (self.w**2 + 4 * self.v**2).sum()}


class Nothing:
    def __len__(self):
        return 4

    def __getitems__(self, items):
        return torch.zeros(len(items))


def trained(**changes):
    settings = {"steps": 1, "batch": 2, "lr": 0.1, "optimiser": "sgd", "device": "cpu", "precision": "fp32", **changes}
    return Loop(Bowl(), Nothing(), LoopConfig.build(settings), MemoryJournal()).fit()


def test_a_step_by_hand():
    """At (1, 0.5) the gradient is (2, 4); 0.1 along it is (0.0447, 0.0894), where the gradient is (2.0894, 4.7155)."""
    model = trained(sam=0.1)
    assert model.w.item() == pytest.approx(1 - 0.1 * 2 * (1 + 0.1 * 2 / 20**0.5))
    assert model.v.item() == pytest.approx(0.5 - 0.1 * 8 * (0.5 + 0.1 * 4 / 20**0.5))


def test_without_a_radius_it_is_a_plain_step():
    model = trained()
    assert (model.w.item(), model.v.item()) == pytest.approx((0.8, 0.1))


def test_weights_come_back_bit_for_bit_and_frozen_ones_stay():
    model = Bowl()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    parameters = list(model.parameters())
    model(None)["loss"].backward()
    kept = sam.climb(parameters, 0.37)
    moved = (model.w - before["w"]).square() + (model.v - before["v"]).square()
    assert moved.sqrt().item() == pytest.approx(0.37, rel=1e-5) and torch.equal(model.frozen, before["frozen"])
    sam.come_back(parameters, kept)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.parametrize("value", [0.0, float("inf"), float("nan")])
def test_a_gradient_that_leads_nowhere_moves_nothing(value):
    weight = nn.Parameter(torch.ones(3))
    weight.grad = torch.full((3,), value)
    sam.come_back([weight], sam.climb([weight], 0.1))
    assert torch.equal(weight, torch.ones(3))
