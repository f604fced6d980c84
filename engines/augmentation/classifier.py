"""The classifier that methods are compared by: from random weights, on soft labels, its best epoch by validation.

A convolutional network that ends in the mean of its last map and one linear layer, so that the class activation map
(Zhou et al., CVPR 2016) is exact: the layer's weights times the map.
"""

import copy
from typing import Any

import numpy as np
import timm
import torch
from timm.models.resnet import BasicBlock, ResNet
from torch import Tensor, nn
from torch.nn import functional as F

from engines.augmentation.deda.recipe import DedaConfig
from engines.augmentation.stream import Pictures, centre
from engines.data.pixels import to_unit
from engines.errors import BadConfig

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SMALL = (32, 64, 96, 128)
PART = 64


class Classifier(nn.Module):
    """Pictures (B, 3, S, S) in [0, 1] -> logits (B, C).

    Args:
        network: "small", a residual network of four blocks, or "timm/NAME".

    Raises:
        BadConfig: timm has no such network, or it does not end in a linear layer over one mean of a map.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: str, classes: int):
        super().__init__()
        self.network = _network(network, classes)
        for name, values in (("mean", MEAN), ("std", STD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.network((images - self.mean) / self.std)

    def cam(self, images: Tensor, labels: Tensor) -> Tensor:
        """Class activation maps (B, h, w) of these classes, relative to the mean over classes."""
        maps = self.network.forward_features((images - self.mean) / self.std)
        weight = self.network.get_classifier().weight
        return torch.einsum("bchw,bc->bhw", maps, weight[labels] - weight.mean(0))


def _network(name: str, classes: int) -> Any:
    if name == "small":
        block: Any = BasicBlock  # timm's signature asks for a block where it takes a kind of block
        return ResNet(block, (1, 1, 1, 1), num_classes=classes, channels=SMALL)
    try:
        network: Any = timm.create_model(name.removeprefix("timm/"), pretrained=False, num_classes=classes)
    except RuntimeError as error:
        raise BadConfig(f"There is no network {name!r}: {error}. Choose small, or a name of timm's.") from error
    if not isinstance(network.get_classifier(), nn.Linear):
        raise BadConfig(f"{name} does not end in one linear layer; choose a ResNet, DenseNet or the like.")
    return network


class Learner(nn.Module):
    """Cross-entropy with soft labels: `forward({"images", "targets"})` -> losses."""

    def __init__(self, model: Classifier, config: DedaConfig):
        super().__init__()
        self.model, self.smoothing, self.config = model, config.smoothing, config

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Scalars; "loss" is the one to minimise."""
        logits = self.model(batch["images"]).float()
        return {"loss": F.cross_entropy(logits, batch["targets"], label_smoothing=self.smoothing)}

    def parameter_groups(self, lr: float) -> list[dict[str, Any]]:
        """All weights; with sgd they have Nesterov momentum."""
        group: dict[str, Any] = {"params": list(self.parameters()), "lr": lr}
        if self.config.optimiser == "sgd" and self.config.momentum:
            group |= {"momentum": self.config.momentum, "nesterov": True}
        return [group]


class Watcher:
    """The loop's observer: asks validation at every epoch's end and keeps the best epoch's weights.

    Args:
        told: hears (step, accuracy).
    """

    def __init__(self, pictures: Pictures, config: DedaConfig, told: Any):
        self.pictures, self.config, self.told = pictures, config, told
        self.best, self.best_step, self.weights = -1.0, 0, dict[str, Tensor]()

    def __call__(self, step: int, learner: Any) -> None:
        """See `training.loop.Observer`."""
        epoch = max(1, self.config.steps // self.config.epochs)
        if step % epoch and step != self.config.steps:
            return
        accuracy = float((guessed(learner.model, self.pictures, self.config) == self.pictures.labels).mean())
        learner.train()
        self.told(step, accuracy)
        if accuracy > self.best:
            self.best, self.best_step = accuracy, step
            self.weights = {name: value.detach().cpu().clone() for name, value in learner.model.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self.best, "step": self.best_step, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` gave."""
        self.best, self.best_step, self.weights = state["best"], state["step"], state["weights"]

    def model(self, last: Classifier) -> Classifier:
        """The classifier of the best epoch."""
        best = copy.deepcopy(last)
        best.load_state_dict(self.weights)
        return best


@torch.inference_mode()
def logits(model: Classifier, pictures: np.ndarray) -> np.ndarray:
    """What a classifier says of crops (N, S, S, 3) uint8: (N, C) float32."""
    model.eval()
    device = next(model.parameters()).device
    parts = [model(to_unit(pictures[start : start + PART]).to(device)) for start in range(0, len(pictures), PART)]
    return torch.cat(parts).float().cpu().numpy()


def guessed(model: Classifier, pictures: Pictures, config: DedaConfig) -> np.ndarray:
    """The class that a classifier gives each picture: (N,)."""
    said = [
        logits(model, np.stack([centre(pictures[n], config.size_px) for n in part])).argmax(1)
        for part in np.array_split(np.arange(len(pictures)), -(-len(pictures) // PART))
    ]
    return np.concatenate(said)
