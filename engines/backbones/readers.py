"""Readers: small networks that say of a face who it is, how it is turned, how old it is, and where its landmarks are.

Trained on the face world by the recipe `readers`, so what they know is the world's; on photographs of people they are
out of their depth. Gradients flow to the picture (never to the weights), so that they can guide a generator.

Input: aligned faces (B, 3, S, S), RGB in [0, 1], framed as the world's pictures are (`engines.data.alignment.align`);
any S, resized to 112 px inside. Output: `Readings`.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engines import ASSETS
from engines.backbones.cards import Card, cards, load_bundled, save_bundled
from engines.backbones.irnet import SIZE_PX, IRNet
from engines.errors import BadInput, BadWeights

READERS = ASSETS / "readers"
TARGETS = 4 + 2 * 68
"""Yaw, pitch, roll (degrees), years, and 68 times x, y (shares of the picture's side)."""


class Readings(NamedTuple):
    """What is read of B faces.

    Attributes:
        identity: (B, D) of length 1; the cosine of two faces tells whether they are one person.
        pose: (B, 3) yaw, pitch, roll in degrees; yaw > 0 turns to the person's left.
        years: (B,).
        landmarks: (B, 68, 2) x, y in px of the picture, pixel (0, 0) covering [0, 1) x [0, 1); order of iBUG.
    """

    identity: Tensor
    pose: Tensor
    years: Tensor
    landmarks: Tensor


class IdentityReader(nn.Module):
    """Faces (B, 3, S, S) -> embeddings (B, D) of length 1.

    Raises:
        BadConfig: there is no such network.
    """

    name = "identity"

    def __init__(self, network: str = "ir-s"):
        super().__init__()
        self.net = IRNet(network)

    def features(self, images: Tensor) -> Tensor:
        """Embeddings (B, D) before they are brought to length 1: AdaFace's quality is their length."""
        return self.net(prepared(images)).float()

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return F.normalize(self.features(images), dim=1)


class AttributeReader(nn.Module):
    """Faces (B, 3, S, S) -> `TARGETS` numbers (B, 140): pose, years, landmarks.

    The network says how many standard deviations each number is from its mean over the training set.

    Raises:
        BadConfig: there is no such network.
    """

    name = "attributes"
    centre: Tensor
    spread: Tensor

    def __init__(self, network: str = "ir-s"):
        super().__init__()
        self.net = IRNet(network, TARGETS)
        self.register_buffer("centre", torch.zeros(TARGETS))
        self.register_buffer("spread", torch.ones(TARGETS))

    def standardised(self, images: Tensor) -> Tensor:
        """The numbers (B, 140) in standard deviations from their means."""
        return self.net(prepared(images)).float()

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        return self.standardised(images) * self.spread + self.centre


Reader = IdentityReader | AttributeReader
KINDS: dict[str, type[Reader]] = {"identity": IdentityReader, "attributes": AttributeReader}


class Readers(nn.Module):
    """Both readers together, frozen and in evaluation mode."""

    def __init__(self, identity: IdentityReader, attributes: AttributeReader, threshold: float = 0.5):
        super().__init__()
        self.identity, self.attributes = identity, attributes
        self.threshold = threshold
        """Cosine from which two faces are said to be one person: one pair of strangers in a hundred passes."""
        self.eval().requires_grad_(False)

    @classmethod
    def load(cls, folder: Path = READERS) -> "Readers":
        """The bundled readers, or those that a run of the recipe `readers` kept in `artifacts/model`.

        Raises:
            MissingWeights: the folder does not hold them.
            BadWeights: a file is damaged or not the one that its card names.
        """
        identity, card = load("identity", folder)
        attributes, _ = load("attributes", folder)
        assert isinstance(identity, IdentityReader) and isinstance(attributes, AttributeReader)
        return cls(identity, attributes, float(card.config["threshold"]))

    def forward(self, images: Tensor) -> Readings:
        """Faces (B, 3, S, S), RGB in [0, 1] -> what is read of them.

        Raises:
            BadInput: the pictures have another shape or are not float.
        """
        numbers = self.attributes(images)
        landmarks = numbers[:, 4:].unflatten(1, (68, 2)) * images.shape[-1]
        return Readings(self.identity(images), numbers[:, :3], numbers[:, 3], landmarks)

    read = forward

    @torch.inference_mode()
    def read_arrays(self, images: np.ndarray, batch: int = 64) -> dict[str, np.ndarray]:
        """Faces (N, S, S, 3) uint8 -> the fields of `Readings` by name, as float32 arrays; no gradients.

        Raises:
            BadInput: the pictures have another shape or are not uint8.
        """
        parts = [self(part) for part in _batches(images, batch, next(self.parameters()).device)]
        fields = zip(Readings._fields, zip(*parts, strict=True), strict=True)
        return {name: torch.cat(field).cpu().numpy() for name, field in fields}


def prepared(images: Tensor) -> Tensor:
    """Faces (B, 3, S, S) in [0, 1] -> (B, 3, 112, 112) in [-1, 1].

    Raises:
        BadInput: they have another shape or are not float.
    """
    if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] != images.shape[3] or not images.is_floating_point():
        raise BadInput(
            f"Readers take float pictures (B, 3, S, S) in [0, 1], not {images.dtype} {tuple(images.shape)}; "
            "align the faces and divide bytes by 255."
        )
    if images.shape[-1] != SIZE_PX:
        images = F.interpolate(images, (SIZE_PX, SIZE_PX), mode="bilinear", antialias=True)
    return images * 2 - 1


def load(name: str, folder: Path = READERS) -> tuple[Reader, Card]:
    """One reader, in evaluation mode, and its card.

    Raises:
        MissingWeights: the folder does not hold it.
        BadWeights: the file is damaged, not the one that its card names, or of another network.
    """
    tensors, card = load_bundled(name, folder)
    if name not in KINDS or "network" not in card.config:
        raise BadWeights(f"{folder / card.file} is no reader; train one with: mien train readers")
    reader = KINDS[name](card.config["network"])
    missing = {key for key in reader.state_dict() if not key.endswith("num_batches_tracked")} ^ set(tensors)
    if missing:
        raise BadWeights(f"{folder / card.file} does not fit {card.config['network']}: {min(missing)} is odd.")
    try:
        reader.load_state_dict({key: tensor.float() for key, tensor in tensors.items()}, strict=False)
    except RuntimeError as error:
        raise BadWeights(f"{folder / card.file} does not fit {card.config['network']}: {error}") from error
    return reader.eval(), card


def save(reader: Reader, card: Card, folder: Path) -> Card:
    """Write a reader and its card into a folder, and return the card with hash and size filled in."""
    return save_bundled(dict(_kept(reader)), replace(card, name=reader.name), folder)


@torch.no_grad()
def rounded(reader: Reader) -> Reader:
    """The reader with the weights that `save` would keep, in place: figures measured now are the file's."""
    reader.load_state_dict({key: tensor.float() for key, tensor in _kept(reader)}, strict=False)
    return reader


def bundled_cards() -> list[Card]:
    """Cards of the bundled readers, in the form that all bundled weights have."""
    return [replace(card, name=f"readers/{card.name}") for card in cards(READERS)]


def _kept(reader: Reader) -> Iterator[tuple[str, Tensor]]:
    """Matrices and kernels in half precision, all that there is one of for each channel in full."""
    for key, tensor in reader.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            yield key, tensor.half() if tensor.ndim > 1 else tensor


def _batches(images: np.ndarray, batch: int, device: torch.device) -> Iterator[Tensor]:
    if images.ndim != 4 or images.shape[3] != 3 or images.dtype != np.uint8 or not len(images):
        raise BadInput(f"Readers take faces (N, S, S, 3) uint8, not {images.dtype} {images.shape}.")
    for start in range(0, len(images), batch):
        part = torch.from_numpy(np.array(images[start : start + batch])).to(device)
        yield part.permute(0, 3, 1, 2).float().div_(255)
