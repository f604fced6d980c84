"""Which places of a picture raise a detector's score, each map beside a control and a test of whether it says anything.

A model is any module from RGB pictures in [0, 1], (B, 3, H, W), to a logit (B,) that grows with "forged"; a map is
(B, H, W), signed where the method is, positive where the place raises the logit.

Methods, through captum where it has them: integrated gradients (M. Sundararajan et al., 2017, arXiv 1703.01365),
GradientSHAP (S. Lundberg and S. Lee, 2017, arXiv 1705.07874), occlusion (M. Zeiler and R. Fergus, 2014, arXiv
1311.2901), Grad-CAM (R. Selvaraju et al., 2017, arXiv 1610.02391), guided backpropagation (J. Springenberg et al.,
2014, arXiv 1412.6806), attention rollout (S. Abnar and W. Zuidema, 2020, arXiv 2005.00928) and gradient-weighted
rollout (H. Chefer et al., 2021, arXiv 2103.15679). The control is the same method on a network whose weights are
shuffled within each tensor (J. Adebayo et al., Sanity Checks for Saliency Maps, 2018, arXiv 1810.03292); the test is
`faithfulness`.

What stands for "nothing" is black throughout (`faithfulness` says why). Differs from the papers: Grad-CAM on a
transformer reads the tokens that enter the last block as a grid.
"""

import copy
import math
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import GradientShap, GuidedBackprop, IntegratedGradients, Occlusion
from torch import Tensor, nn

from engines.analysis.attention import gradients, rollout_map, weighted_rollout_map
from engines.analysis.faithfulness import Floats, covered, faithfulness
from engines.backbones.precision import autocast
from engines.backbones.tower import Tower
from engines.errors import BadInput

Method = Callable[[nn.Module, Tensor], Tensor]

DEFAULT = "occlusion"
"""The one whose maps cover true forgery masks best: mean AUC of map against mask over 24 rendered swaps and blends
under a probe of DINOv2 is 0.73; attention rollout 0.59, Grad-CAM 0.51, integrated gradients 0.50."""

_BATCH = 64
_CURVES = ("deletion", "insertion", "control_deletion", "random", "p", "likeness")
_RANDOM = threading.Lock()


@dataclass(frozen=True)
class Attribution:
    """Maps of B pictures and what they are worth; curves have S points.

    Attributes:
        map, control: (B, H, W), of the model and of its shuffled copy.
        covered: share of the picture covered (deletion) or shown (insertion) at each point, (S,).
        deletion, insertion, control_deletion: logit along the map's and the control's order, (B, S).
        random: logit while the map's pattern is deleted in wrong places, (B, R, S).
        p: of the deletion curve among the wrong places, (B,).
        likeness: absolute rank correlation of map and control, (B,).
        significant: whether the map is better than chance and unlike its control, for each picture.
        words: the same for people, for each picture.
    """

    method: str
    map: Floats
    control: Floats
    covered: Floats
    deletion: Floats
    insertion: Floats
    control_deletion: Floats
    random: Floats
    p: Floats
    likeness: Floats
    significant: list[bool]
    words: list[str]


def explain(
    model: nn.Module,
    images: Tensor,
    method: str = DEFAULT,
    *,
    cells: int = 7,
    steps: int = 6,
    orders: int = 20,
    seed: int = 0,
) -> Attribution:
    """Map, control, curves and verdict. The model is left as it was, and the same call gives the same again.

    Args:
        images: RGB in [0, 1], (B, 3, H, W), on the model's device.
        method: a key of `METHODS`.
        cells, steps, orders: of the test, see `faithfulness`.

    Raises:
        BadInput: an unknown method, pictures of another shape, or a model that the method cannot look into.
    """
    if method not in METHODS:
        raise BadInput(f"There is no attribution method {method!r}; choose {', '.join(METHODS)}.")
    if images.ndim != 4 or images.shape[1] != 3 or not len(images):
        raise BadInput(f"Attribution takes pictures (B, 3, H, W), not {tuple(images.shape)}.")
    with _evaluating(model), _seeded(seed):
        maps = attribute(model, images, method)
        control = attribute(shuffled(model, seed), images, method)
        rng = np.random.default_rng(seed)
        tests = [
            faithfulness(model, *one, rng, cells=cells, steps=steps, orders=orders)
            for one in zip(images, maps, control, strict=True)
        ]
    stacked = {name: np.stack([np.float32(getattr(test, name)) for test in tests]) for name in _CURVES}
    kept = {"map": maps.cpu().numpy(), "control": control.cpu().numpy(), "covered": covered(cells, steps)}
    good, words = [test.significant for test in tests], [test.words for test in tests]
    return Attribution(method, **kept, **stacked, significant=good, words=words)


def attribute(model: nn.Module, images: Tensor, method: str) -> Tensor:
    """The bare maps (B, H, W), without control and test."""
    return METHODS[method](model, images).detach().float()


def shuffled(model: nn.Module, seed: int = 0) -> nn.Module:
    """A copy whose every weight tensor and floating buffer has its entries in random order."""
    twin = copy.deepcopy(model)
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in [*twin.parameters(), *twin.buffers()]:
            if tensor.is_floating_point():
                order = torch.randperm(tensor.numel(), generator=random).to(tensor.device)
                tensor.copy_(tensor.flatten()[order].view_as(tensor))
    return twin


def _integrated_gradients(model: nn.Module, images: Tensor) -> Tensor:
    found = IntegratedGradients(model).attribute(images, n_steps=24, internal_batch_size=_BATCH)
    return found.sum(dim=1)


def _gradient_shap(model: nn.Module, images: Tensor) -> Tensor:
    explainer, black = GradientShap(model), torch.zeros_like(images[:1])
    return torch.cat([explainer.attribute(one, black, n_samples=24, stdevs=0.02).sum(1) for one in images.split(1)])


def _occlusion(model: nn.Module, images: Tensor) -> Tensor:
    """A square of a seventh of the side, moved by half of itself."""
    side = max(2, min(images.shape[-2:]) // 7)
    window, step = (3, side, side), (3, side // 2, side // 2)
    with autocast(images.device):
        found = Occlusion(model).attribute(
            images, window, strides=step, perturbations_per_eval=_BATCH // len(images) + 1
        )
    return found.mean(dim=1)


def _grad_cam(model: nn.Module, images: Tensor) -> Tensor:
    kept: list[Tensor] = []
    hook = _cam_layer(model).register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        logits = model(images.detach().requires_grad_())
    finally:
        hook.remove()
    (gradient,) = torch.autograd.grad(logits.sum(), kept[-1])
    act, gradient = _as_grid(kept[-1].detach()), _as_grid(gradient)
    cam = (gradient.mean(dim=(2, 3), keepdim=True) * act).sum(dim=1, keepdim=True)
    return F.interpolate(cam, images.shape[-2:], mode="bilinear")[:, 0]


def _guided(model: nn.Module, images: Tensor) -> Tensor:
    """Gradients that pass no rectifier backwards where they would lower the logit."""
    if not any(isinstance(module, nn.ReLU) for module in model.modules()):
        raise BadInput("Guided backpropagation needs a network with rectifiers (ReLU); choose another method.")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Setting backward hooks on ReLU")
        return GuidedBackprop(model).attribute(images).sum(dim=1)


def _attention_rollout(model: nn.Module, images: Tensor) -> Tensor:
    layers, prefix = _attention(model, images)
    return F.interpolate(rollout_map(layers, prefix)[:, None], images.shape[-2:], mode="bilinear")[:, 0]


def _weighted_rollout(model: nn.Module, images: Tensor) -> Tensor:
    layers, prefix = _attention(model, images)
    found = weighted_rollout_map(layers, gradients(_tower(model), model, images), prefix)
    return F.interpolate(found[:, None], images.shape[-2:], mode="bilinear")[:, 0]


def _attention(model: nn.Module, images: Tensor) -> tuple[list[Tensor], int]:
    """Attention of each block, and how many tokens stand before the patches."""
    with torch.no_grad():
        layers = _tower(model).attention(images)
    return layers, layers[0].shape[-1] - math.isqrt(layers[0].shape[-1]) ** 2


def _tower(model: nn.Module) -> Tower:
    tower = getattr(model, "tower", model)
    if not isinstance(tower, Tower) or not tower.projections():
        raise BadInput("Attention rollout needs a transformer; choose another method for this model.")
    return tower


METHODS: dict[str, Method] = {
    "integrated gradients": _integrated_gradients,
    "gradient shap": _gradient_shap,
    "occlusion": _occlusion,
    "grad-cam": _grad_cam,
    "guided backpropagation": _guided,
    "attention rollout": _attention_rollout,
    "gradient-weighted rollout": _weighted_rollout,
}
"""Name -> `(model, pictures)` to maps (B, H, W)."""


def _cam_layer(model: nn.Module) -> nn.Module:
    """What enters the last attention block, else the last convolution."""
    norms = [module for name, module in model.named_modules() if name.endswith(("norm1", "layer_norm1"))]
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    if not norms and not convolutions:
        raise BadInput("Grad-CAM needs a transformer block or a convolution; choose another method for this model.")
    return (norms or convolutions)[-1]


def _as_grid(features: Tensor) -> Tensor:
    """(B, C, h, w) as it is; tokens (B, T, D) without class token and registers as (B, D, h, h)."""
    if features.ndim == 4:
        return features
    side = math.isqrt(features.shape[1])
    return features[:, -side * side :].mT.unflatten(2, (side, side))


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """captum draws from the global generators: they are seeded, given back as they were, and used by one at a time."""
    with _RANDOM, torch.random.fork_rng():
        before = np.random.get_state()
        torch.manual_seed(seed)
        np.random.seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)
