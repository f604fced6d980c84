"""What the network is fed: views of pictures, as tokens that are computed once where only the last blocks are tuned.

Training views: RandomResizedCrop (share from `smallest_crop`, sides 3:4 to 4:3), flip 0.5, bicubic. Test views: resize,
centre crop. Everything random follows from the item's seed.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from engines.backbones.precision import autocast
from engines.continual.network import Network
from engines.continual.safe.recipe import SafeConfig
from engines.continual.stream import Part
from engines.training.sampling import hash_seed

BATCH = 64


class Inputs:
    """Views of a stream's pictures, ready for a network's tail."""

    def __init__(self, network: Network, config: SafeConfig, device: torch.device):
        self.network, self.config, self.device = network, config, device
        self.cached = network.first > 0 and config.views > 0
        self._kept: dict[tuple[int, int, int], Tensor] = {}

    def clean(self, part: Part, indices: Sequence[int]) -> Tensor:
        """Test views (n, …) of some pictures."""
        if not self.cached:
            return self.network.prefix(self._images(part, indices, None))
        return self._from_kept(part, [(int(index), 0) for index in indices])

    def augmented(self, part: Part, indices: Sequence[int], seeds: Sequence[int]) -> Tensor:
        """Training views (n, …)."""
        if not self.cached:
            return self.network.prefix(self._images(part, indices, seeds))
        views = self.config.views
        return self._from_kept(part, [(int(i), 1 + seed % views) for i, seed in zip(indices, seeds, strict=True)])

    def _from_kept(self, part: Part, wanted: list[tuple[int, int]]) -> Tensor:
        missing = sorted({index for index, view in wanted if (id(part), index, view) not in self._kept})
        for start in range(0, len(missing), BATCH):
            self._keep(part, missing[start : start + BATCH], max(view for _, view in wanted))
        return torch.stack([self._kept[id(part), index, view] for index, view in wanted]).to(self.device).float()

    def _keep(self, part: Part, indices: list[int], last: int) -> None:
        """Compute the test view of some pictures and, once a training view was asked for, all of those."""
        for view in range(1 if last == 0 else 1 + self.config.views):
            fresh = [index for index in indices if (id(part), index, view) not in self._kept]
            if not fresh:
                continue
            seeds = None if view == 0 else [hash_seed(index, view) for index in fresh]
            with autocast(self.device, self.config.precision):
                tokens = self.network.prefix(self._images(part, fresh, seeds)).half().cpu()
            self._kept |= {(id(part), index, view): row for index, row in zip(fresh, tokens, strict=True)}

    def _images(self, part: Part, indices: Sequence[int], seeds: Sequence[int] | None) -> Tensor:
        pictures = part.pictures.read([int(index) for index in indices])
        if seeds is None:
            views = [test_view(picture, self.config) for picture in pictures]
        else:
            views = [training_view(picture, self.config, seed) for picture, seed in zip(pictures, seeds, strict=True)]
        return torch.stack(views).to(self.device)


class Samples:
    """A session's training pictures, as the loop takes them: labels as classes arrive."""

    def __init__(self, inputs: Inputs, part: Part, rows: np.ndarray, labels: np.ndarray):
        self.inputs, self.part, self.rows, self.labels = inputs, part, rows, torch.from_numpy(labels[rows])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitems__(self, items: Sequence[tuple[int, int]]) -> dict[str, Tensor]:
        """The batch `{"x": (B, …), "labels": (B,)}`."""
        places = [index for index, _ in items]
        x = self.inputs.augmented(self.part, self.rows[places].tolist(), [seed for _, seed in items])
        return {"x": x, "labels": self.labels[places]}


def training_view(picture: np.ndarray, config: SafeConfig, seed: int) -> Tensor:
    """An augmented crop (3, S, S) in [0, 1]."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        crop = v2.RandomResizedCrop(
            config.crop_px, (config.smallest_crop, 1.0), interpolation=v2.InterpolationMode.BICUBIC, antialias=True
        )
        return v2.RandomHorizontalFlip()(crop(_tensor(picture))).clamp(0, 1)


def test_view(picture: np.ndarray, config: SafeConfig) -> Tensor:
    """The crop (3, S, S) in [0, 1] that is tested: the shorter side resized, the centre cut out."""
    image, side = _tensor(picture), config.resize_px or config.crop_px
    scale = side / min(image.shape[1:])
    size = [max(side, round(length * scale)) for length in image.shape[1:]]
    image = F.interpolate(image[None], size, mode="bicubic", antialias=True, align_corners=False)[0]
    return v2.functional.center_crop(image, [config.crop_px, config.crop_px]).clamp(0, 1)


def _tensor(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).float().div(255)
