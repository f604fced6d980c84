import copy
import threading

import numpy as np
import pytest
import torch
from torch import nn

from engines.analysis import attribution, faithfulness
from engines.analysis.attribution import METHODS, attribute, explain, shuffled
from engines.backbones import towers
from engines.errors import BadInput

SIDE = 28


class Corner(nn.Module):
    """Logit = squared smoothed brightness inside the top left quadrant: the answer is known."""

    def __init__(self):
        super().__init__()
        self.smooth = nn.Conv2d(3, 1, 3, padding=1, bias=False)
        kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
        self.smooth.weight.data = kernel.expand(1, 3, 3, 3).clone()
        window = torch.zeros(SIDE, SIDE)
        window[: SIDE // 2, : SIDE // 2] = 1
        self.register_buffer("window", window)

    def forward(self, images):
        return (self.smooth(images).square() * self.window).sum(dim=(1, 2, 3))


class Toy(nn.Module):
    """A real (random) transformer under a linear head."""

    def __init__(self):
        super().__init__()
        self.tower = towers.build("vit-tiny-random")
        self.head = nn.Linear(self.tower.feature_width, 1)

    def forward(self, images):
        return self.head(self.tower(images).pooled)[:, 0]


class Blind(nn.Module):
    """A logit that hears nothing, from a net with a weight to shuffle."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))

    def forward(self, images):
        return (images.mean(dim=(2, 3)) * self.weight).sum(dim=1)


def noise(count=2, side=SIDE, seed=0):
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def share_in_corner(found):
    h, w = found.shape[-2] // 2, found.shape[-1] // 2
    positive = np.clip(found, 0, None)
    return positive[:, :h, :w].sum((1, 2)) / positive.sum((1, 2))


@pytest.mark.parametrize("method", ["integrated gradients", "gradient shap", "occlusion"])
def test_the_corner_is_found_and_significant(method):
    found = explain(Corner(), noise(), method)
    assert (share_in_corner(found.map) > 0.8).all()
    assert found.significant == [True, True]
    assert (found.p <= 0.05).all()
    assert all("faster" in words for words in found.words)
    assert (found.deletion.mean(1) < found.control_deletion.mean(1)).all()
    assert (found.insertion.mean(1) > found.random.mean((1, 2))).all()
    assert found.map.shape == found.control.shape == (2, SIDE, SIDE)


def test_curves_begin_and_end_where_they_must():
    model, images = Corner(), noise()
    found = explain(model, images, steps=7, orders=5)
    whole, bare = model(images), model(torch.zeros_like(images))
    assert found.covered.tolist() == pytest.approx(np.linspace(0, 1, 8).tolist(), abs=0.02)
    for curve, first, last in (
        (found.deletion, whole, bare),
        (found.insertion, bare, whole),
        (found.control_deletion, whole, bare),
        (found.random.mean(1), whole, bare),
    ):
        np.testing.assert_allclose(curve[:, 0], first.detach(), rtol=2e-2)
        np.testing.assert_allclose(curve[:, -1], last.detach(), rtol=2e-2)  # bfloat16 where it is
    assert found.random.shape == (2, 5, 8)


def test_integrated_gradients_add_up():
    model, images = Corner(), noise()
    found = attribute(model, images, "integrated gradients")
    difference = model(images) - model(torch.zeros_like(images))
    torch.testing.assert_close(found.sum(dim=(1, 2)), difference.detach(), rtol=1e-3, atol=1e-3)


def test_a_map_of_nothing_is_no_better_than_chance():
    found = explain(Blind(), noise())
    assert found.significant == [False, False]
    assert all(words.startswith("No better than chance") for words in found.words)


def test_a_wrong_map_is_no_better_than_chance():
    model, image = Corner(), noise(1)[0]
    wrong = torch.zeros(SIDE, SIDE)
    wrong[SIDE // 2 :, SIDE // 2 :] = 1
    test = faithfulness.faithfulness(model, image, wrong, torch.rand(SIDE, SIDE), np.random.default_rng(0))
    assert test.p > 0.3
    assert not test.significant


def test_chance_is_called_significant_as_rarely_as_promised():
    """Maps that know nothing of the score: p at most 0.05 in about one of twenty."""
    rng, random = np.random.default_rng(0), torch.Generator().manual_seed(0)
    weights = torch.randn(60, 3, SIDE, SIDE, generator=random)
    image = noise(1)[0]

    class Sum(nn.Module):
        def __init__(self, weight):
            super().__init__()
            self.weight = weight

        def forward(self, images):
            return (images * self.weight).sum(dim=(1, 2, 3))

    hits = 0
    for weight in weights:
        found = torch.randn(SIDE, SIDE, generator=random)
        test = faithfulness.faithfulness(Sum(weight), image, found, -found.rot90(), rng, orders=20, steps=4)
        hits += test.p <= 0.05
    assert hits <= 9  # expected 3; P(more than 9) is below 0.001


def test_a_map_like_its_control_is_not_significant():
    model, image = Corner(), noise(1)[0]
    right = model.window.clone() + 0.01 * torch.rand(SIDE, SIDE)
    test = faithfulness.faithfulness(model, image, right, right, np.random.default_rng(0))
    assert test.p <= 0.05
    assert test.likeness == pytest.approx(1)
    assert not test.significant
    assert "shows the picture" in test.words


@pytest.mark.parametrize("method", [name for name in METHODS if name != "guided backpropagation"])
def test_every_method_runs_on_a_transformer_and_leaves_it_alone(method):
    model = Toy().train()
    before = copy.deepcopy(model.state_dict())
    hooks = [(len(m._forward_hooks), len(m._backward_hooks), len(m._forward_pre_hooks)) for m in model.modules()]
    python, numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
    found = explain(model, noise(2, 56), method, orders=3, steps=3)
    assert found.map.shape == (2, 56, 56)
    assert np.isfinite(found.map).all()
    assert np.ptp(found.map) > 0
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert hooks == [
        (len(m._forward_hooks), len(m._backward_hooks), len(m._forward_pre_hooks)) for m in model.modules()
    ]
    assert all(module.training for module in model.modules())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert torch.equal(torch.get_rng_state(), python)
    assert (np.random.get_state()[1] == numpy).all()


def test_hooks_go_even_when_the_model_fails():
    class Failing(Corner):
        def forward(self, images):
            super().forward(images)
            raise RuntimeError("no memory")

    model = Failing()
    with pytest.raises(RuntimeError, match="no memory"):
        attribute(model, noise(), "grad-cam")
    assert not model.smooth._forward_hooks


@pytest.mark.parametrize("method", ["gradient shap", "integrated gradients"])
def test_the_same_call_gives_the_same_map(method):
    model = Toy()
    first, second = (explain(model, noise(1, 56), method, orders=2, steps=2) for _ in range(2))
    np.testing.assert_array_equal(first.map, second.map)
    np.testing.assert_array_equal(first.control, second.control)
    np.testing.assert_array_equal(first.random, second.random)


def test_two_threads_do_not_disturb_each_other():
    model, images = Toy().eval(), noise(1, 56)
    alone = explain(model, images, "grad-cam", orders=2, steps=2).map
    found = [None] * 4

    def work(i):
        found[i] = explain(model, images, "grad-cam", orders=2, steps=2).map

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in found:
        np.testing.assert_allclose(one, alone, rtol=1e-4, atol=1e-7)


def test_grad_cam_on_tokens_by_hand():
    """One block whose tokens go through untouched, and a head that reads channel 0 of patch 5 alone."""

    class Tokens(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1 = nn.Identity()

        def forward(self, images):
            patches = nn.functional.avg_pool2d(images, 7).flatten(2).mT  # (B, 16, 3)
            tokens = self.norm1(torch.cat([patches.new_zeros(len(images), 1, 3), patches], dim=1))
            return tokens[:, 1 + 5, 0]

    image = torch.zeros(1, 3, SIDE, SIDE)
    image[0, 0, 7:14, 7:14] = 0.8  # patch 5: row 1, column 1
    cam = attribute(Tokens(), image, "grad-cam")[0]
    # the gradient of channel 0 is 1/16 on average, so the map is 0.8 / 16 in the middle of that patch
    assert cam[10, 10].item() == pytest.approx(0.8 / 16, rel=0.2)
    assert cam[21:, 21:].abs().max() == 0
    assert np.unravel_index(int(cam.argmax()), cam.shape)[0] in range(7, 14)


def test_occlusion_of_a_linear_score_by_hand():
    class Pixel(nn.Module):
        def forward(self, images):
            return images[:, 0, 10, 10]

    image = torch.zeros(1, 3, SIDE, SIDE)
    image[0, :, 10, 10] = 1
    found = attribute(Pixel(), image, "occlusion")[0]
    assert found[10, 10].item() == pytest.approx(1)
    assert found[20:, 20:].abs().max() == 0


def test_shuffling_keeps_every_weight_and_moves_it():
    model = Toy()
    twin = shuffled(model, 3)
    for (name, value), other in zip(model.state_dict().items(), twin.state_dict().values(), strict=True):
        torch.testing.assert_close(other.flatten().sort().values, value.flatten().sort().values)
        if value.numel() > 100 and value.std() > 0:
            assert not torch.equal(value, other), name
    assert torch.equal(shuffled(model, 3).head.weight, twin.head.weight)
    assert not torch.equal(shuffled(model, 4).head.weight, twin.head.weight)


def test_what_effort_freezes_is_shuffled_too():
    """Frozen weights that live in buffers must not survive in the control."""
    from engines.detection import methods

    tower = towers.build("vit-tiny-random")
    methods.prepare(tower, "effort")
    twin = shuffled(tower)
    for name, layer in methods.residual_layers(tower).items():
        assert not torch.equal(methods.residual_layers(twin)[name].principal, layer.principal)


def test_bad_input_is_said():
    with pytest.raises(BadInput, match="choose integrated gradients"):
        explain(Corner(), noise(), "lime")
    for shape in ((3, SIDE, SIDE), (0, 3, SIDE, SIDE), (1, 1, SIDE, SIDE)):
        with pytest.raises(BadInput, match="takes pictures"):
            explain(Corner(), torch.zeros(shape))
    with pytest.raises(BadInput, match="transformer"):
        explain(Corner(), noise(), "attention rollout")
    with pytest.raises(BadInput, match="convolution"):
        explain(Blind(), noise(), "grad-cam")


def test_guided_backpropagation_passes_no_rectifier_downwards():
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    model[1].weight.data = torch.stack([torch.ones(12), torch.full((12,), 2.0)])
    model[3].weight.data = torch.tensor([[1.0, -5.0]])
    summed = nn.Sequential(model, nn.Flatten(0))
    found = attribute(summed, torch.ones(1, 3, 2, 2), "guided backpropagation")
    assert found.flatten().tolist() == [3.0] * 4  # the gradient would be 3 * (1 - 10)
    with pytest.raises(BadInput, match="rectifiers"):
        attribute(Toy(), noise(1, 56), "guided backpropagation")


def test_the_methods_are_those_promised():
    assert list(METHODS) == [
        "integrated gradients", "gradient shap", "occlusion", "grad-cam", "guided backpropagation", "attention rollout",
        "gradient-weighted rollout",
    ]  # fmt: skip
    assert attribution.Attribution.__dataclass_fields__.keys() >= {"map", "control", "deletion", "insertion", "random"}
