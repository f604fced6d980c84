import pytest
import torch
from torch import nn

from engines.analysis.attribution import explain
from engines.analysis.targets import Component, Likeness
from engines.backbones import towers
from engines.errors import BadConfig


class Mean(nn.Module):
    """The mean colour as an embedding."""

    def forward(self, images):
        return images.mean(dim=(2, 3))


def test_likeness_is_the_cosine_with_one_face():
    red, green = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    red[:, 0], green[:, 1] = 1, 0.5
    both = (red + 2 * green) / 2
    target = Likeness(Mean(), red)
    assert target(torch.cat([red * 0.2, green, both])).tolist() == pytest.approx([1, 0, 0.5**0.5])


def test_a_component_is_the_answer_of_one_direction():
    torch.manual_seed(0)
    tower = towers.build("vit-tiny-random").eval()
    weight = tower.projections()["blocks.0.v"].weight
    images = torch.rand(2, 3, 56, 56)
    heard = []
    hook = tower.projections()["blocks.0.v"].register_forward_pre_hook(lambda m, x: heard.append(x[0]))
    tower(images)
    hook.remove()
    _, strength, right = torch.linalg.svd(weight.detach())
    for number in (0, 3):
        direction = right[number] * torch.sign(right[number][right[number].abs().argmax()])
        constant = Component(tower, "blocks.0.v", weight, number).direction @ tower.projections()["blocks.0.v"].bias
        by_hand = strength[number] * (heard[0] @ direction).mean(dim=1) + constant
        found = Component(tower, "blocks.0.v", weight, number)(images)
        torch.testing.assert_close(found, by_hand, atol=1e-5, rtol=1e-4)
    assert not any(module._forward_hooks for module in tower.modules())


def test_targets_can_be_explained():
    tower = towers.build("vit-tiny-random").eval()
    target = Component(tower, "blocks.0.out", tower.projections()["blocks.0.out"].weight, 0)
    for method in ("occlusion", "integrated gradients"):
        assert explain(target, torch.rand(1, 3, 56, 56), method, orders=3, steps=3).map.shape == (1, 56, 56)


def test_a_direction_that_is_not_there_is_said():
    tower = towers.build("vit-tiny-random")
    weight = tower.projections()["blocks.0.q"].weight
    with pytest.raises(BadConfig, match=r"no projection 'blocks\.9\.q'"):
        Component(tower, "blocks.9.q", weight, 0)
    with pytest.raises(BadConfig, match=f"directions 0 to {len(weight) - 1}, not 5000"):
        Component(tower, "blocks.0.q", weight, 5000)
