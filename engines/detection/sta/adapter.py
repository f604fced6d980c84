"""The adapter: after a block of a frozen image tower, features of several frames meet in space and in time.

On a transformer, after the MLP of every block: down = GELU(Linear D -> C); the class token passes by the
convolutions; patch tokens become (B, C, T, H, W), go through both streams and the attention between them; the mean of
the two, GELU, Linear C -> D, GELU, added to what came in. The last linear layer starts at zero, so that the tower is,
at first, the image tower it was.

On a convolutional network, whose adapters the authors describe and did not release, the same beside each scale: the two
linear layers act at each place as 1 x 1 convolutions; a kernel of k within the frame and one of k over time stand for
the network's own, inflated; and since early maps are large, the streams attend to each other on maps averaged down to
at most 7 x 7.

A stream is switched off (`use`) by leaving out what it adds: it then carries on what it was given.

Differs from the authors' code: tokens of different clips never mix, any number of frames is taken, and the settings
that it accepts without effect (drop path, scale) are not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engines.detection.sta.streams import CrossAttention, Looked, Stream

STREAMS = ("spatial", "temporal")
CONV_SIDE, TOKEN_SIDE = 7, 1 << 15
"""Largest map that streams attend to each other on: of a convolutional network, and of a transformer (any)."""


class Inside(NamedTuple):
    """What went on in an adapter: what each stream added, as the root mean square over a clip (B,), relative to what
    the streams were given; and how they looked at each other, where they do."""

    spatial: Tensor
    temporal: Tensor
    looked: list[Looked]


class Mixer(nn.Module):
    """Down, both streams, up: (B, T, H, W, D) and further tokens (B, T, P, D) -> what is to be added to each.

    Args:
        width: D. bottleneck: C. kernels: of the branches. heads: of the attention between the streams.
        streams: which there are, of `STREAMS`. cross: whether they attend to each other; it takes both.
        side: see `streams.CrossAttention`.
    """

    def __init__(
        self, width: int, bottleneck: int, kernels: tuple[int, ...], heads: int, streams: tuple[str, ...], cross: bool,
        side: int,
    ):  # fmt: skip
        super().__init__()
        self.down, self.up = nn.Linear(width, bottleneck), nn.Linear(bottleneck, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self.spatial = Stream(bottleneck, kernels, "space") if "spatial" in streams else None
        self.temporal = Stream(bottleneck, kernels, "time") if "temporal" in streams else None
        self.cross = CrossAttention(bottleneck, heads, side) if cross and len(streams) == len(STREAMS) else None
        self.use: tuple[str, ...] = STREAMS
        self.watching = False
        self.inside: Inside | None = None

    def forward(self, places: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        z, aside = F.gelu(self.down(places)), F.gelu(self.down(others))
        maps = z.permute(0, 4, 1, 2, 3)  # (B, C, T, H, W)
        mixed = F.gelu(self._streams(maps)).permute(0, 2, 3, 4, 1)
        return F.gelu(self.up(mixed)), F.gelu(self.up(aside))

    def _streams(self, z: Tensor) -> Tensor:
        parts = {"spatial": self.spatial, "temporal": self.temporal}
        added = {
            name: stream(z) if name in self.use else torch.zeros_like(z) for name, stream in parts.items() if stream
        }
        looked: list[Looked] = []
        carried = [z + change for change in added.values()]
        if self.cross is not None:
            *carried, looked = self.cross(carried[0], carried[1], look=self.watching)
        if self.watching:
            self.inside = Inside(_share(added.get("spatial"), z), _share(added.get("temporal"), z), looked)
        return torch.stack(carried).mean(0)


def _share(added: Tensor | None, z: Tensor) -> Tensor:
    if added is None:
        return torch.zeros(len(z))
    of = [part.float().flatten(1).square().mean(1).sqrt() for part in (added, z)]
    return (of[0] / of[1].clamp(min=1e-9)).cpu()


class Adapted(nn.Module):
    """A tower's block with an adapter behind it; `frames` says how many of a batch's pictures are one clip.

    Args:
        block: the tower's own. mixer: the adapter. prefix: tokens before the patches; None where features are maps
            (N, D, H, W).
    """

    def __init__(self, block: nn.Module, mixer: Mixer, prefix: int | None):
        super().__init__()
        self.block, self.mixer, self.prefix = block, mixer, prefix
        self.frames = 1

    def forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """As the block, and the adapter."""
        x = self.block(x, *args, **kwargs)
        return self._maps(x) if self.prefix is None else self._tokens(x, self.prefix)

    def _tokens(self, x: Tensor, prefix: int) -> Tensor:
        clips = x.unflatten(0, (-1, self.frames))  # (B, T, P + H W, D)
        side = round((x.shape[1] - prefix) ** 0.5)
        places = clips[:, :, prefix:].unflatten(2, (side, side))
        added, aside = self.mixer(places, clips[:, :, :prefix])
        return x + torch.cat([aside, added.flatten(2, 3)], 2).flatten(0, 1)

    def _maps(self, x: Tensor) -> Tensor:
        places = x.unflatten(0, (-1, self.frames)).permute(0, 1, 3, 4, 2)
        added, _ = self.mixer(places, places.new_zeros(*places.shape[:2], 0, places.shape[-1]))
        return x + added.permute(0, 1, 4, 2, 3).flatten(0, 1)


def adapters(module: nn.Module) -> list[Adapted]:
    """The adapted blocks, first to last."""
    return [part for part in module.modules() if isinstance(part, Adapted)]


@contextmanager
def using(module: nn.Module, streams: tuple[str, ...]) -> Iterator[None]:
    """Only these streams, for a while."""
    mixers = [part.mixer for part in adapters(module)]
    before = [mixer.use for mixer in mixers]
    try:
        for mixer in mixers:
            mixer.use = streams
        yield
    finally:
        for mixer, earlier in zip(mixers, before, strict=True):
            mixer.use = earlier


@contextmanager
def watched(module: nn.Module) -> Iterator[list[Mixer]]:
    """Have the adapters keep what goes on in them, as `Mixer.inside` of the last batch, for a while."""
    mixers = [part.mixer for part in adapters(module)]
    try:
        for mixer in mixers:
            mixer.watching = True
        yield mixers
    finally:
        for mixer in mixers:
            mixer.watching, mixer.inside = False, None
