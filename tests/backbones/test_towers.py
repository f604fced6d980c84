"""Towers: shapes, parity with timm's fused attention, live projections, refusals."""

import pytest
import timm
import torch
from torch import nn

from engines.backbones import towers
from engines.backbones.vit import DinoV2, TimmTower
from engines.errors import BadConfig, BadInput


@pytest.fixture
def tiny() -> towers.Tower:
    return towers.build("vit-tiny-random")


@pytest.fixture(scope="module")
def bundled() -> towers.Tower:
    return towers.build("dinov2-s6")


def images(size_px: int, count: int = 2) -> torch.Tensor:
    return torch.rand(count, 3, size_px, size_px, generator=torch.Generator().manual_seed(1))


def test_the_bundled_tower_has_the_shapes_it_says(bundled: towers.Tower) -> None:
    pooled, cls, patches = bundled(images(bundled.size_px))
    assert (bundled.size_px, bundled.patch_px, bundled.depth, bundled.heads) == (98, 14, 6, 6)
    assert pooled.shape == (2, 768) == (2, bundled.feature_width)
    assert cls.shape == (2, 384) == (2, bundled.width)
    assert patches.shape == (2, 49, 384)
    assert torch.equal(pooled, torch.cat([cls, patches.mean(dim=1)], dim=-1))


def test_the_bundled_tower_sees_more_than_noise(bundled: towers.Tower) -> None:
    """Two crops of one texture are closer than crops of two textures: false for constant or broken features."""
    rows = torch.linspace(0, 20, 98)
    stripes = (rows.sin() > 0).float().expand(3, 98, 98)
    shifted, checks = stripes.roll(5, dims=2), ((rows[:, None].sin() * rows.sin()) > 0).float().expand(3, 98, 98)
    features = nn.functional.normalize(bundled(torch.stack([stripes, shifted, checks])).pooled, dim=-1)
    similar = features @ features.T
    assert similar[0, 1] > similar[0, 2] + 0.1


def test_other_sizes_work_if_they_are_multiples_of_the_patch(bundled: towers.Tower) -> None:
    assert bundled(images(112, 1)).patches.shape == (1, 64, 384)
    with pytest.raises(BadInput, match="multiples of 14"):
        bundled(images(100))
    with pytest.raises(BadInput, match="98 x 98"):
        bundled(images(98)[:, :1])


@pytest.mark.parametrize(
    "model", ["vit_tiny_patch16_224", "deit_tiny_distilled_patch16_224", "vit_betwixt_patch16_reg1_gap_256"]
)
def test_split_attention_equals_the_fused_one(model: str) -> None:
    torch.manual_seed(0)
    kwargs = {"num_classes": 0, "depth": 2, "dynamic_img_size": True}
    fused = timm.create_model(model, pretrained=False, **kwargs).eval()
    split = timm.create_model(model, pretrained=False, **kwargs)
    split.load_state_dict(fused.state_dict())
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.3, 0.1)
    tower = TimmTower("t", split, 64, concat_mean=False, mean=mean, std=std).eval()
    x = images(64)
    expected = fused((x - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1))
    assert (tower(x).pooled - expected).abs().max() < 1e-5


def test_split_attention_equals_the_fused_one_in_dinov2() -> None:
    torch.manual_seed(0)
    fused, split = DinoV2(64, 2, 2).eval(), DinoV2(64, 2, 2)
    split.load_state_dict(fused.state_dict())
    for block in (*fused.blocks, *split.blocks):  # the real ones are not near zero, as they begin
        block.ls1.gamma.data.fill_(1)
        block.ls2.gamma.data.fill_(1)
    tower = TimmTower("d", split, 98, concat_mean=True).eval()
    x = images(98)
    tokens = fused.forward_features((x - tower.mean) / tower.std)
    assert (tower(x).cls - tokens[:, 0]).abs().max() < 1e-5
    assert (tower(x).patches - tokens[:, 1:]).abs().max() < 1e-5


def test_gradients_reach_each_projection(tiny: towers.Tower) -> None:
    tiny(images(56)).pooled.square().sum().backward()
    projections = tiny.projections()
    assert list(projections) == [f"blocks.{i}.{part}" for i in range(2) for part in ("q", "k", "v", "out")]
    for name, linear in projections.items():
        assert linear.weight.shape == (64, 64)
        assert linear.weight.grad is not None and linear.weight.grad.abs().sum() > 0, name


def test_a_replaced_projection_is_the_one_that_runs(tiny: towers.Tower) -> None:
    x = images(56)
    before = tiny(x).pooled
    old = tiny.projections()["blocks.1.v"]
    twice = nn.Sequential(old, nn.Identity())
    tiny.replace_projection("blocks.1.v", twice)
    assert tiny.projections()["blocks.1.v"] is twice
    assert torch.equal(tiny(x).pooled, before)
    tiny.replace_projection("blocks.1.v", nn.Linear(64, 64))
    assert (tiny(x).pooled - before).abs().max() > 1e-3


def test_an_unknown_projection_is_refused(tiny: towers.Tower) -> None:
    with pytest.raises(BadConfig, match=r"blocks\.9\.q"):
        tiny.replace_projection("blocks.9.q", nn.Identity())


def test_attention_is_a_distribution_and_is_what_the_forward_uses(tiny: towers.Tower) -> None:
    x = images(56)
    maps = tiny.attention(x)
    assert len(maps) == 2
    assert all(layer.shape == (2, 2, 17, 17) for layer in maps)
    assert all(torch.allclose(layer.sum(-1), torch.ones(2, 2, 17)) for layer in maps)
    tiny.projections()["blocks.0.q"].weight.data.zero_()
    tiny.projections()["blocks.0.q"].bias.data.zero_()
    assert torch.allclose(tiny.attention(x)[0], torch.full((2, 2, 17, 17), 1 / 17))  # no query, no preference


def test_no_hook_stays_behind(tiny: towers.Tower) -> None:
    tiny.attention(images(56))
    tiny(images(56))
    assert not any(m._forward_hooks or m._forward_pre_hooks or m._backward_hooks for m in tiny.modules())


def test_the_test_tower_is_the_same_each_time_and_leaves_the_seed_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    one, other = towers.build("vit-tiny-random"), towers.build("vit-tiny-random")
    assert torch.equal(torch.rand(3), expected)
    assert torch.equal(one(images(56)).pooled, other(images(56)).pooled)


def test_untrained_towers_of_timm_keep_their_own_pixels_and_size() -> None:
    tower = towers.build("timm/vit_tiny_patch16_224", pretrained=False)
    assert (tower.size_px, tower.patch_px, tower.feature_width) == (224, 16, 192)
    assert torch.allclose(tower.mean.flatten(), torch.full((3,), 0.5))  # the augreg models', not ImageNet's
    assert tower(images(64)).cls.shape == (2, 192)


@pytest.mark.parametrize("name", ["dinov3", "timm/", "clip/", "timm/no_such_model"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(BadConfig):
        towers.build(name)


@pytest.mark.parametrize("name", ["timm/swin_tiny_patch4_window7_224", "timm/eva02_tiny_patch14_224"])
def test_models_that_cannot_be_taken_apart_are_refused(name: str) -> None:
    with pytest.raises(BadConfig, match="plain vision transformer"):
        towers.build(name, pretrained=False)


@pytest.mark.parametrize("name", ["timm/resnet10t", "timm/efficientnet_b0", "timm/legacy_xception"])
def test_convolutional_networks_are_towers_without_attention(name: str) -> None:
    tower = towers.build(name, pretrained=False)
    with torch.inference_mode():
        found = tower(images(98))
    grid = found.grid()
    assert grid.shape[:2] == (2, tower.width) and grid.shape[2] == grid.shape[3]
    assert found.pooled.shape == (2, tower.feature_width)
    torch.testing.assert_close(found.pooled, grid.mean((2, 3)), atol=1e-5, rtol=1e-4)
    assert tower.projections() == {}
    with pytest.raises(BadConfig, match="no attention to show"):
        tower.attention(images(98))
    with pytest.raises(BadInput, match="32 px or more"):
        tower(images(16))
