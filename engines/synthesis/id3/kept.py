"""A trained model as one file: denoiser, conditions, decoder, and the readings of what it was trained on.

`id3.safetensors` (kernels and matrices in half precision, embeddings in bytes) beside its card `id3.json`, in
`assets/id3` or in `artifacts/model` of a run. Readings of the training set make leaks findable and attributes drawable
without the set.
"""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel
from torch import Tensor

from engines import ASSETS
from engines.backbones.cards import Card, load_bundled, save_bundled
from engines.backbones.readers import READERS, Readers
from engines.errors import BadInput, BadWeights, MissingWeights
from engines.synthesis.id3 import autoencoder
from engines.synthesis.id3.anchors import filled, spread_within
from engines.synthesis.id3.losses import Autoencoder
from engines.synthesis.id3.model import ConditionalDenoiser, restore
from engines.synthesis.id3.sampling import Generator, Guidance, Pace

NAME, BUNDLED = "id3", ASSETS / "id3"
COMMAND = "mien train id3 --preset full --wait"
LEAST_SPREAD = 64
"""Anchors that are pushed apart even where fewer are asked for, so that the first ones stay who they are."""
_ENCODING = ("encoder.", "quant_conv.")
"""Parts of the autoencoder that are not kept: what is drawn is only ever decoded."""


@dataclass
class Model:
    """What draws, with what is known of its training set: embeddings (N, D), who (N,), attributes (N, 4), anchors of
    people never trained on (M, D); `guidance` and `pace` as its makers chose them."""

    generator: Generator
    readers: Readers
    embedding: np.ndarray
    person: np.ndarray
    attributes: np.ndarray
    people: np.ndarray
    guidance: Guidance
    pace: Pace
    origin: dict[str, Any]
    card: Card | None = None

    @cached_property
    def space(self) -> Tensor:
        """The directions (K, D) that embeddings fill, see `anchors.filled`."""
        return filled(torch.from_numpy(self.embedding))

    def anchors(self, source: str, count: int) -> Tensor:
        """Anchors (count, D): "people" never trained on, or directions "spread" within `space`.

        Raises:
            BadInput: more people are asked for than are known.
        """
        if source == "spread":
            return spread_within(self.space, max(count, LEAST_SPREAD))[:count]
        if count > len(self.people):
            raise BadInput(
                f"The generator knows {len(self.people)} people it never saw; choose spread anchors for more."
            )
        return torch.nn.functional.normalize(torch.from_numpy(self.people[:count]), dim=1)


def save(model: Model, card: Card, folder: Path) -> Card:
    """Write a model and its card; the card with hash and size filled in."""
    drawn = model.generator
    parts: dict[str, Tensor] = {}
    for name, module in (("unet", drawn.model.unet), ("conditions", drawn.model.conditions),
                         ("vae", drawn.autoencoder.vae)):  # fmt: skip
        parts |= {f"{name}.{key}": _small(tensor) for key, tensor in _drawing(module.state_dict()).items()}
    for name in ("attributes", "people"):
        parts[f"known.{name}"] = torch.from_numpy(np.asarray(getattr(model, name), np.float32)).half()
    parts["known.embedding"], parts["known.scale"] = _bytes(model.embedding)
    parts["known.person"] = torch.from_numpy(np.asarray(model.person, np.int32))
    config = {
        "unet": _plain(drawn.model.unet.config), "vae": _plain(drawn.autoencoder.vae.config),
        "schedule": _plain(drawn.schedule.config), "inject": drawn.model.inject,
        "guidance": vars(model.guidance), "pace": vars(model.pace), "origin": model.origin,
    }  # fmt: skip
    return save_bundled(parts, replace(card, name=NAME, config={**card.config, **config}), folder)


def load(folder: Path = BUNDLED, readers: Path = READERS) -> Model:
    """The bundled model, or one of a run.

    Raises:
        MissingWeights: there is none; the message says what makes it.
        BadWeights: the file is not the one of its card, or does not fit.
    """
    if not (folder / f"{NAME}.json").is_file():
        raise MissingWeights(
            f"The identity generator is not in {folder}. Make one with `{COMMAND}`, and take it in with "
            "`python -m engines.synthesis.bundle RUN_FOLDER`."
        )
    tensors, card = load_bundled(NAME, folder)
    people = Readers.load(readers)
    try:
        generator = _generator(tensors, card.config, people)
        known = {name: tensors[f"known.{name}"] for name in ("embedding", "attributes", "people", "person", "scale")}
    except (KeyError, RuntimeError, ValueError) as error:
        raise BadWeights(
            f"{folder / card.file} does not fit its card: {error}. Make it with: {card.command}"
        ) from error
    numbers = {name: tensor.float().numpy() for name, tensor in known.items()}
    return Model(
        generator, people, numbers["embedding"] * numbers["scale"], known["person"].numpy(), numbers["attributes"],
        numbers["people"], Guidance(**card.config["guidance"]), Pace(**card.config["pace"]),
        card.config["origin"], card,
    )  # fmt: skip


def _generator(tensors: dict[str, Tensor], config: dict[str, Any], readers: Readers) -> Generator:
    def part(name: str) -> dict[str, Tensor]:
        return {key.removeprefix(f"{name}."): tensor.float() for key, tensor in tensors.items()
                if key.startswith(f"{name}.")}  # fmt: skip

    unet: Any = UNet2DConditionModel.from_config(config["unet"])
    unet.load_state_dict(part("unet"))
    vae: Any = AutoencoderKL.from_config(config["vae"])
    vae.encoder = vae.quant_conv = None
    vae.load_state_dict(part("vae") or _drawing(autoencoder.load(autoencoder.WORLD).state_dict()))
    denoiser: ConditionalDenoiser = restore(unet, part("conditions"), config["inject"])
    schedule: Any = DDIMScheduler.from_config(config["schedule"])
    return Generator(denoiser, Autoencoder(vae), readers.identity, schedule)


def without_bundled(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a file without its autoencoder, where that is the one that is bundled already."""
    own = {name.removeprefix("vae."): tensor for name, tensor in tensors.items() if name.startswith("vae.")}
    known = _drawing(autoencoder.load(autoencoder.WORLD).state_dict())
    if own.keys() != known.keys() or any(not torch.equal(own[name], _small(known[name])) for name in own):
        return tensors
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("vae.")}


def _drawing(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor for name, tensor in state.items() if not name.startswith(_ENCODING)}


def _small(tensor: Tensor) -> Tensor:
    tensor = tensor.detach().cpu()
    return tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor


def _bytes(rows: np.ndarray) -> tuple[Tensor, Tensor]:
    """Rows (N, D) as bytes and each row's scale (N, 1): half of half precision, and cosines stay within 0.005."""
    scale = np.maximum(np.abs(rows).max(1, keepdims=True), 1e-12) / 127
    return torch.from_numpy(np.rint(rows / scale).astype(np.int8)), torch.from_numpy(scale.astype(np.float32))


def _plain(config: Any) -> dict[str, Any]:
    """A diffusers config as JSON values that mean the same."""
    return json.loads(json.dumps({k: v for k, v in dict(config).items() if not k.startswith("_")}))
