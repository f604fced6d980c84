"""Forged pictures with the real frames behind them: the one that was painted on, and the source face's own.

A real picture is its own target and source. Crops of one item lie at the same place of all three pictures and are
mirrored alike, so that a guide or a spectrum from one fits the others; colours are augmented afterwards, by `finished`,
in the picture alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from engines.data.alignment import from_benchmark
from engines.data.images import read_image
from engines.data.pairs import Pair, Pairing, pair
from engines.data.pixels import to_unit
from engines.data.videos import Video, frame_number
from engines.detection.augment import moved_view, plain_view, tinted
from engines.detection.folders import FolderSamples
from engines.detection.samples import WorldSamples, centre_crop
from engines.errors import BadInput
from engines.faceworld.dataset import ForgerySet
from engines.training.sampling import Item, hash_seed

PARTNERS = ("target", "source")
PICTURE = "fake"


class WorldPairs(WorldSamples):
    """Face-world pictures whose set was made with `partners`.

    Raises:
        BadInput: the set has no partners.
    """

    def __init__(self, pictures: ForgerySet, crop_px: int):
        super().__init__(pictures, crop_px)
        if pictures.targets is None or pictures.sources is None:
            raise BadInput("This set of pictures was made without the real frames behind its forgeries: set partners.")
        self._partners = {"target": pictures.targets, "source": pictures.sources}

    @property
    def quality(self) -> np.ndarray:
        """(N,), Q* as constructed."""
        return self.pictures.quality

    def crops(self, items: Sequence[Item]) -> Tensor:
        """Training crops (B, 3, S, S) in [0, 1]."""
        return self._crops(self.pictures.images, items)

    def frames(self, items: Sequence[Item], partner: str = "target") -> Tensor:
        """The real frame behind each, cropped and mirrored as `crops` does: (B, 3, S, S) in [0, 1]."""
        return self._crops(self._partners[partner], items)

    def finished(self, crops: Tensor, items: Sequence[Item]) -> Tensor:
        """The same: the world's colours are its cameras' own."""
        return crops

    def partners(self, indices: Sequence[int], partner: str = "target") -> Tensor:
        """The real frame behind each, cropped as `centre` does: (B, 3, S, S)."""
        return to_unit(centre_crop(self._partners[partner][np.asarray(indices)], self.crop_px))

    def portraits(self, indices: Sequence[int], who: str) -> np.ndarray:
        """Aligned faces (n, H, W, 3) uint8 of the pictures ("fake") or of the frames behind them, see `aligned`."""
        return (self._partners | {PICTURE: self.pictures.images})[who][np.asarray(indices)]

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`; with "target" and "source" beside "images"."""
        return super().__getitems__(items) | {name: self.frames(items, name) for name in PARTNERS}

    def _crops(self, pictures: np.ndarray, items: Sequence[Item]) -> Tensor:
        return to_unit(np.stack([self._random_crop(index, seed, pictures) for index, seed in items]))


class FolderPairs(FolderSamples):
    """A user's photographs, of which forged frames without the real ones behind them are left out and counted.

    A target's frame has the number of the forged one, so that it shows the same moment. A source's has it too, or is
    the nearest there is: the right face at another moment. Frames are crops as DeepfakeBench makes them.

    Args:
        videos, recipe, crop_px, frames, first_k: see `FolderSamples`; partners are sought among all of their frames.
        need_source: without, frames whose target alone is there are kept, and `frames` knows no sources.

    Raises:
        BadInput: no forged frame has its partners.
    """

    quality = None  # nobody knows it of photographs

    def __init__(
        self,
        videos: Sequence[Video],
        recipe: str,
        crop_px: int,
        frames: int,
        first_k: bool = False,
        need_source: bool = True,
    ):
        chosen = [video.sampled(frames, first_k) if video.label else video for video in videos]
        self.pairing = pair(chosen, source_within=None, need_source=need_source)
        if not self.pairing.pairs:
            raise BadInput(_none(self.pairing))
        found = {each.frame: each for each in self.pairing.pairs}
        kept = [replace(v, frames=tuple(f for f in v.frames if f in found)) if v.label else v for v in chosen]
        super().__init__([video for video in kept if video.frames], recipe, crop_px, frames, first_k)
        self._behind = {"target": [found[path].target if path in found else path for path in self.paths]}
        if need_source:
            self._behind["source"] = [_source(found[path]) if path in found else path for path in self.paths]

    @property
    def said(self) -> str:
        """How many forged frames were left out and why, and how many have a source of another moment."""
        apart = sum(bool(each.source) and frame_number(_source(each)) != each.number for each in self.pairing.pairs)
        total = len(self.pairing.pairs) + len(self.pairing.unpaired)
        left = f"{len(self.pairing.unpaired)} of {total} forged frames are left out"
        why = f", for want of the real frames behind them ({_reasons(self.pairing)})" if self.pairing.unpaired else ""
        return f"{left}{why}; of {apart} the source's frame shows another moment."

    def crops(self, items: Sequence[Item]) -> Tensor:
        """Training crops (B, 3, S, S) in [0, 1], moved but in their own colours."""
        return self._views(self.paths, items)

    def frames(self, items: Sequence[Item], partner: str = "target") -> Tensor:
        """See `WorldPairs.frames`."""
        return self._views(self._paths(partner), items)

    def finished(self, crops: Tensor, items: Sequence[Item]) -> Tensor:
        """Crops with the recipe's blur, colour and JPEG."""
        drawn = [hash_seed(seed, 9) for _, seed in items]
        return torch.stack([tinted(crop, self.recipe, seed) for crop, seed in zip(crops, drawn, strict=True)])

    def partners(self, indices: Sequence[int], partner: str = "target") -> Tensor:
        """See `WorldPairs.partners`."""
        paths = self._paths(partner)
        return torch.stack([plain_view(read_image(paths[i]), self.recipe, self.crop_px) for i in indices])

    def portraits(self, indices: Sequence[int], who: str) -> np.ndarray:
        """See `WorldPairs.portraits`; (n, 112, 112, 3)."""
        paths = self.paths if who == PICTURE else self._paths(who)
        return np.stack([from_benchmark(read_image(paths[index])) for index in indices])

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """See `Samples`; with "target" and, where they are needed, "source" beside "images"."""
        labels = torch.from_numpy(self.labels[[index for index, _ in items]])
        behind = {name: self.frames(items, name) for name in self._behind}
        return {"images": self.finished(self.crops(items), items), "labels": labels, **behind}

    def _views(self, paths: Sequence[Path], items: Sequence[Item]) -> Tensor:
        return torch.stack([moved_view(self._read(paths[i], i), self.recipe, self.crop_px, s) for i, s in items])

    def _read(self, path: Path, index: int) -> np.ndarray:
        """A frame; where the recipe crops without resizing, one of the size of the picture that it stands behind."""
        image = read_image(path)
        if self.recipe == "natural" and path != self.paths[index]:
            size = read_image(self.paths[index]).shape
            if image.shape != size:
                raise BadInput(
                    f"{path} is {image.shape[1]} x {image.shape[0]} px and the forgery made of it {size[1]} x "
                    f"{size[0]}: crop both alike (mien data crop), or set recipe to face."
                )
        return image

    def _paths(self, partner: str) -> list[Path]:
        if partner not in self._behind:
            raise BadInput("These pictures were read without their sources' frames, which some forgeries lack.")
        return self._behind[partner]


AnyPairs = WorldPairs | FolderPairs


def _source(found: Pair) -> Path:
    assert found.source is not None  # else it would be unpaired
    return found.source


def _none(pairing: Pairing) -> str:
    why = _reasons(pairing) or "there are no forged frames"
    return (
        f"None of the {len(pairing.unpaired)} forged frames has the real frames behind it: {why}. Real and forged "
        "videos must be there with their ids, and their frames with the same numbers: crop with a stride (mien data "
        "crop --stride), or set data to world."
    )


def _reasons(pairing: Pairing) -> str:
    return ", ".join(f"{count}: {why}" for why, count in pairing.reasons().items())
