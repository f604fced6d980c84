"""Faces with what the frozen readers say of them: pictures, identity embeddings y, attributes s.

Every picture counts twice, as it is and mirrored, each with its own readings. Who is on a picture is used by DCFace
and by the judges alone; ID³ needs no labels.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from engines.backbones import readers as bundled
from engines.backbones.device import pick_device
from engines.backbones.readers import Readers
from engines.data.images import read_image
from engines.data.pixels import to_bytes, to_unit
from engines.errors import BadInput, Stopped
from engines.faceworld.photograph_set import PhotographSet, PhotographSpec
from engines.synthesis.id3.recipe import Id3Config
from engines.training.journal import Journal
from engines.training.sampling import Item, hash_seed

WORLD_PX = 112
PART = 64
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
LEAST_HELD = 8
"""Pictures of a person never trained on, in the set that generated ones are held against."""


@dataclass(frozen=True)
class Faces:
    """N pictures (N, S, S, 3) uint8, who is on each (N,), embeddings (N, D) and attributes (N, 4) as read, of the
    pictures and of their mirror images; where they come from, to find one again."""

    images: np.ndarray
    person: np.ndarray
    embedding: np.ndarray
    attributes: np.ndarray
    mirrored_embedding: np.ndarray
    mirrored_attributes: np.ndarray
    origin: dict[str, Any]

    def __len__(self) -> int:
        return len(self.images)


class Conditioned:
    """Latents (2 N, 4, h, w), pictures and mirror images in turn, with their conditions, as the loop asks for them."""

    def __init__(self, latents: Tensor, faces: Faces):
        self.latents = latents
        self.embedding = _in_turn(faces.embedding, faces.mirrored_embedding)
        self.attributes = _in_turn(faces.attributes, faces.mirrored_attributes)
        self.person = np.repeat(faces.person, 2)
        self.places = {who: np.flatnonzero(self.person == who) for who in np.unique(self.person)}

    def __len__(self) -> int:
        return len(self.latents)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        from engines.synthesis.id3.attributes import encode

        here = [index for index, _ in items]
        others = [self._other(index, seed) for index, seed in items]
        return {
            "latents": self.latents[here],
            "identity": torch.from_numpy(self.embedding[here]),
            "attributes": encode(self.attributes[here]),
            "other": torch.from_numpy(self.embedding[others]),
        }

    def _other(self, index: int, seed: int) -> int:
        """Another picture of the same person, or the picture itself where there is none."""
        places = self.places[self.person[index]]
        places = places[places // 2 != index // 2]
        return int(places[hash_seed(seed, 2) % len(places)]) if len(places) else index


def load_readers(config: Id3Config) -> Readers:
    """The bundled readers, or those of a folder.

    Raises:
        MissingWeights, BadWeights: as `Readers.load`.
    """
    folder = bundled.READERS if config.readers == "world" else Path(config.readers)
    return Readers.load(folder).to(pick_device(config.device))


def training(config: Id3Config, readers: Readers, journal: Journal) -> Faces:
    """What is trained on."""
    return _faces("train", config.people, config.pictures, config, readers, journal)


def held_out(config: Id3Config, readers: Readers, journal: Journal) -> Faces:
    """People who are never trained on: at least as many as identities are judged."""
    people = max(config.identities, 2)
    return _faces("test", people, people * LEAST_HELD, config, readers, journal)


def _faces(split: str, people: int, pictures: int, config: Id3Config, readers: Readers, journal: Journal) -> Faces:
    if config.folder:
        images, person, origin = _folder(Path(config.folder), split, people, pictures, config.size_px)
    else:
        journal.phase(f"pictures-{split}", 0.0, f"rendering the {split} pictures; they are kept for the next run")
        photos = -(-pictures // people)
        spec = PhotographSpec(split, people, photos, age_gap=config.age_gap, size_px=WORLD_PX)
        tell = lambda part: journal.phase(f"pictures-{split}", part)  # noqa: E731
        found = PhotographSet.build(spec, progress=tell, stopping=journal.stopping)
        images, person, origin = found.images[:pictures], found.identities[:pictures], {"world": asdict(spec)}
    read, mirrored = (_readings(images, step, split, readers, journal) for step in (1, -1))
    small = np.concatenate([shrunk(images[i : i + PART], config.size_px) for i in range(0, len(images), PART)])
    return Faces(small, np.asarray(person), read[0], read[1], mirrored[0], mirrored[1], origin)


def _readings(images: np.ndarray, step: int, split: str, readers: Readers, journal: Journal) -> list[np.ndarray]:
    """Embeddings and attributes of pictures, or with step -1 of their mirror images."""
    parts = []
    for start in range(0, len(images), PART):
        read = readers.read_arrays(np.asarray(images[start : start + PART])[:, :, ::step])
        parts.append((read["identity"], np.concatenate([read["pose"], read["years"][:, None]], 1)))
        journal.phase(f"readings-{split}", start / len(images))
        if journal.stopping():
            raise Stopped("Stopped while pictures were read; resume it to go on.")
    return [np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True)]


def shrunk(images: np.ndarray, size_px: int) -> np.ndarray:
    """Pictures (N, H, H, 3) uint8 at another size."""
    if images.shape[1] == size_px:
        return np.asarray(images)
    return to_bytes(F.interpolate(to_unit(np.asarray(images)), (size_px, size_px), mode="bilinear", antialias=True))


def _folder(
    root: Path, split: str, people: int, pictures: int, size_px: int
) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Pictures of FOLDER/person/picture; every tenth person is held out. Pictures at the top are a person each."""
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES)
    names = [str(path.parent.relative_to(root)) if path.parent != root else path.stem for path in files]
    order = {name: number for number, name in enumerate(dict.fromkeys(names))}
    kept = [name for name, number in order.items() if (number % 10 == 9) == (split == "test")][:people]
    chosen = [(path, order[name]) for path, name in zip(files, names, strict=True) if name in set(kept)][:pictures]
    if len(kept) < 2:
        raise BadInput(f"{root} has pictures of {len(order)} people; {split} needs two: give 20 or more people.")
    from PIL import Image

    side = (size_px, size_px)
    images = [np.asarray(Image.fromarray(read_image(path)).resize(side, Image.Resampling.BOX)) for path, _ in chosen]
    files_kept = [str(path.relative_to(root)) for path, _ in chosen]
    return np.stack(images), np.array([who for _, who in chosen]), {"folder": str(root), "files": files_kept}


def _in_turn(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.stack([one, other], 1).reshape(-1, one.shape[1])
