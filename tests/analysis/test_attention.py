import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.analysis.attention import class_maps, entropy, gradients, rollout, rollout_map, weighted_rollout
from engines.backbones import towers
from engines.errors import BadInput


def rows(batch, heads, tokens, seed=0):
    random = torch.Generator().manual_seed(seed)
    return torch.rand(batch, heads, tokens, tokens, generator=random).softmax(dim=-1)


def test_class_maps_by_hand():
    attention = torch.zeros(1, 1, 5, 5)
    attention[0, 0, 0] = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.0])
    assert class_maps(attention)[0, 0].flatten().tolist() == pytest.approx([0.2, 0.3, 0.4, 0.0])
    assert class_maps(attention)[0, 0].shape == (2, 2)
    assert class_maps(attention, grid=(1, 4)).shape == (1, 1, 1, 4)
    assert class_maps(attention, prefix=2, grid=(3, 1))[0, 0, :, 0].tolist() == pytest.approx([0.3, 0.4, 0.0])


def test_rollout_by_hand():
    swap = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).view(1, 1, 2, 2)
    # half of everything is exchanged in each of two layers: (0.5 I + 0.5 P)^2 = 0.5 I + 0.5 P
    torch.testing.assert_close(rollout([swap, swap])[0], torch.full((2, 2), 0.5))
    torch.testing.assert_close(rollout([swap])[0], torch.full((2, 2), 0.5))
    self_only = torch.eye(3).expand(2, 4, 3, 3)
    torch.testing.assert_close(rollout([self_only, self_only]), torch.eye(3).expand(2, 3, 3))


def test_rollout_multiplies_from_the_left():
    first = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 1, 0]]).view(1, 1, 3, 3)  # token 2 takes from 1
    second = torch.tensor([[0.0, 0, 1], [0, 1, 0], [0, 0, 1]]).view(1, 1, 3, 3)  # then token 0 takes from 2
    assert rollout([first, second])[0, 0].tolist() == pytest.approx([0.5, 0.25, 0.25])


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(2, 6), st.integers(0, 50))
def test_rollout_rows_sum_to_one(layers, tokens, seed):
    flow = rollout([rows(2, 3, tokens, seed + i) for i in range(layers)])
    torch.testing.assert_close(flow.sum(dim=-1), torch.ones(2, tokens))
    assert (flow >= 0).all()


def test_entropy_by_hand():
    even, single = torch.full((1, 1, 4, 4), 0.25), torch.eye(4).view(1, 1, 4, 4)
    assert entropy(even).item() == pytest.approx(2)
    assert entropy(single).item() == 0
    assert (entropy(rows(2, 3, 8)) <= math.log2(8) + 1e-6).all()


def test_a_real_tower_gives_maps():
    tower = towers.build("vit-tiny-random")
    layers = tower.attention(torch.rand(2, 3, 56, 56))
    assert class_maps(layers[0]).shape == (2, tower.heads, 4, 4)
    assert rollout_map(layers).shape == (2, 4, 4)


def test_bad_input_is_said():
    with pytest.raises(BadInput, match="do not fill"):
        class_maps(rows(1, 1, 6))
    with pytest.raises(BadInput, match="no class token"):
        class_maps(rows(1, 1, 5), prefix=0)
    with pytest.raises(BadInput, match="no attention layers"):
        rollout([])


def test_the_gradient_of_attention_is_that_of_the_explicit_product(monkeypatch):
    from engines.backbones.vit import SplitAttention

    torch.manual_seed(0)
    tower = towers.build("vit-tiny-random").eval()
    head = torch.nn.Linear(tower.feature_width, 1)

    def target(x):
        return head(tower(x).pooled)[:, 0]

    images = torch.rand(2, 3, 56, 56)
    found = gradients(tower, target, images)
    kept = []

    def explicit(self, x, attn_mask=None, is_causal=False):
        weights = self.weights(x)
        weights.retain_grad()
        kept.append(weights)
        mixed = weights @ self._by_head(self.v(x))
        return self.out(self.norm(mixed.transpose(1, 2).flatten(2)))

    monkeypatch.setattr(SplitAttention, "forward", explicit)
    target(images.requires_grad_()).sum().backward()
    assert len(found) == len(kept) == tower.depth
    for one, other in zip(found, kept, strict=True):
        torch.testing.assert_close(one, other.grad, atol=1e-6, rtol=1e-4)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in tower.modules())


def test_weighted_rollout_by_hand():
    attention = torch.tensor([[0.25, 0.75], [0.5, 0.5]]).view(1, 1, 2, 2)
    slope = torch.tensor([[4.0, -1.0], [2.0, 0.0]]).view(1, 1, 2, 2)
    # max(0, slope * attention) = [[1, 0], [1, 0]]; R = I + that = [[2, 0], [1, 1]]
    assert weighted_rollout([attention], [slope])[0].tolist() == [[2.0, 0.0], [1.0, 1.0]]
    # a second layer that adds [[0, 1], [0, 0]] times R
    second, rise = torch.tensor([[0.5, 0.5], [1.0, 0.0]]).view(1, 1, 2, 2), torch.tensor([[0.0, 2], [-1, 3]])
    found = weighted_rollout([attention, second], [slope, rise.view(1, 1, 2, 2)])[0]
    assert found.tolist() == [[3.0, 1.0], [1.0, 1.0]]


def test_what_does_not_come_from_the_attention_is_refused():
    tower = towers.build("vit-tiny-random")
    with pytest.raises(BadInput, match="another target"):
        gradients(tower, lambda x: x.mean(dim=(1, 2, 3)), torch.rand(1, 3, 56, 56))
    with pytest.raises(BadInput, match="no attention"):
        weighted_rollout([], [])
