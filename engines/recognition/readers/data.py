"""The pictures that readers are trained and tested on, from the face world or from the user's folder.

A face is (112, 112, 3) uint8 RGB, aligned. Training pictures are mirrored half of the time, shifted a little, and
some are made coarser, so that the readers are at home with what a 64-px generator makes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from engines.analysis.identity import chip_at
from engines.backbones.irnet import SIZE_PX
from engines.data.images import read_image
from engines.errors import BadInput, Stopped
from engines.faceworld.people import GROUPS
from engines.faceworld.photograph_set import PhotographSet, PhotographSpec
from engines.recognition.readers.mirror import mirror_targets
from engines.recognition.readers.recipe import ReadersConfig, require_data
from engines.training.journal import Journal
from engines.training.sampling import Item, hash_seed

COARSEST_PX = 48
LEAST_PEOPLE = 20
"""People that a folder must hold: a fifth of them are held out."""
_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}


class Faces(Protocol):
    """Faces of known people."""

    people: np.ndarray
    """Whose each face is, (N,), any names."""

    def __len__(self) -> int:
        """Number of faces."""
        ...

    def picture(self, index: int) -> np.ndarray:
        """Face `index`, (112, 112, 3) uint8 RGB."""
        ...


class WorldFaces:
    """Photographs of the world; `targets` (N, 140) float32 is what there is to read, as `AttributeReader` says it."""

    def __init__(self, photographs: PhotographSet):
        self.photographs = photographs
        self.people, self.groups = photographs.identities, photographs.groups
        landmarks = photographs.landmarks.reshape(-1, 136) / photographs.spec.size_px
        self.targets = np.column_stack([photographs.pose, photographs.years, landmarks]).astype(np.float32)

    def __len__(self) -> int:
        return len(self.people)

    def picture(self, index: int) -> np.ndarray:
        """See `Faces`."""
        return self.photographs.images[index]

    def chip(self, index: int) -> np.ndarray:
        """Face `index` as the embedder of photographs wants it, (150, 150, 3) uint8, by its true landmarks."""
        return chip_at(self.picture(index), self.photographs.five[index])


class FolderFaces:
    """Pictures PERSON/PICTURE in a folder, already aligned; read when they are needed."""

    def __init__(self, paths: Sequence[Path]):
        self.paths = list(paths)
        self.people = np.array([path.parent.name for path in self.paths])

    def __len__(self) -> int:
        return len(self.paths)

    def picture(self, index: int) -> np.ndarray:
        """See `Faces`.

        Raises:
            BadInput: the file is no picture.
        """
        image = read_image(self.paths[index])
        if image.shape[:2] == (SIZE_PX, SIZE_PX):
            return image
        return np.asarray(Image.fromarray(image).resize((SIZE_PX, SIZE_PX), Image.Resampling.BILINEAR))


@dataclass(frozen=True)
class Data:
    """Faces by split; no person is in two. `label` says where they are from."""

    label: str
    train: Faces
    val: Faces
    test: Faces


class Training:
    """Faces as the loop wants them: batches {"images": (B, 3, 112, 112) in [0, 1], "people": (B,) from 0, "targets":
    (B, 140) where they are known, "chips": (B, 3, 150, 150) where they are asked for}, varied by each item's seed."""

    def __init__(self, faces: Faces, shift_px: int, coarse: float, chips: bool = False):
        self.faces, self.shift_px, self.coarse, self.chips = faces, shift_px, coarse, chips
        names, self.labels = np.unique(faces.people, return_inverse=True)
        self.classes = len(names)

    def __len__(self) -> int:
        return len(self.faces)

    def __getitems__(self, items: Sequence[Item]) -> dict[str, Tensor]:
        """The batch of some `(index, seed)`."""
        views = [view(self.faces.picture(index), seed, self.shift_px, self.coarse) for index, seed in items]
        batch = {
            "images": torch.stack(views),
            "people": torch.from_numpy(self.labels[[index for index, _ in items]]),
        }
        if isinstance(self.faces, WorldFaces):
            targets = [view_targets(self.faces.targets[index], seed, self.shift_px) for index, seed in items]
            batch["targets"] = torch.from_numpy(np.stack(targets))
            if self.chips:
                batch["chips"] = unit(np.stack([self.faces.chip(index) for index, _ in items]))
        return batch


def view(picture: np.ndarray, seed: int, shift_px: int, coarse: float) -> Tensor:
    """A picture (112, 112, 3) uint8 varied by a seed -> (3, 112, 112) in [0, 1]; its edge pixels go on beyond it."""
    right, down, mirrored = _variation(seed, shift_px)
    places = np.arange(SIZE_PX)
    columns, rows = (np.clip(places - moved, 0, SIZE_PX - 1) for moved in (right, down))
    shifted = picture[rows[:, None], columns[None]]
    result = unit((shifted[:, ::-1] if mirrored else shifted)[None])
    if hash_seed(seed, 4) / 2**32 < coarse:
        small = COARSEST_PX + hash_seed(seed, 5) % (SIZE_PX - COARSEST_PX)
        result = F.interpolate(result, (small, small), mode="bilinear", antialias=True)
        result = F.interpolate(result, (SIZE_PX, SIZE_PX), mode="bilinear")
    return result[0]


def view_targets(targets: np.ndarray, seed: int, shift_px: int) -> np.ndarray:
    """What there is to read (140,) in the view of a seed."""
    right, down, mirrored = _variation(seed, shift_px)
    moved = targets.copy()
    moved[4:] += np.tile(np.array([right, down], np.float32) / SIZE_PX, 68)
    return mirror_targets(moved) if mirrored else moved


def _variation(seed: int, shift_px: int) -> tuple[int, int, bool]:
    """How far a seed moves a picture to the right and down (px), and whether it mirrors it then."""
    right, down = (hash_seed(seed, part) % (2 * shift_px + 1) - shift_px for part in (1, 2))
    return right, down, bool(hash_seed(seed, 3) % 2)


def unit(images: np.ndarray) -> Tensor:
    """uint8 (B, H, W, 3) -> float32 (B, 3, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float().div_(255)


def load(config: ReadersConfig, journal: Journal) -> Data:
    """Make or read the pictures, saying how far it is.

    Raises:
        BadConfig, BadInput: the settings contradict each other, or the folder cannot be used.
        Stopped: the journal asked to stop.
    """
    require_data(config)
    if config.data != "world":
        return Data(config.data, *_folder(Path(config.data)))
    train, val, test = (_world(split, config, journal) for split in ("train", "val", "test"))
    return Data("face world", train, val, test)


def world_spec(split: str, config: ReadersConfig) -> PhotographSpec:
    """The photographs of a split: every group alike. They do not depend on the run's seed, so that seeds compare
    trainings alone."""
    people = {"train": config.people, "val": max(4, config.test_people // 2), "test": config.test_people}[split]
    photos = config.photos if split == "train" else config.test_photos
    return PhotographSpec(split, people, photos, groups=tuple(GROUPS), age_gap=config.age_gap)


def _world(split: str, config: ReadersConfig, journal: Journal) -> WorldFaces:
    name = f"pictures-{split}"
    journal.phase(name, 0.0, f"rendering the {split} photographs; they are kept for the next run")
    photographs = PhotographSet.build(
        world_spec(split, config), progress=lambda part: journal.phase(name, part), stopping=journal.stopping
    )
    if journal.stopping():
        raise Stopped(f"Stopped while the {split} photographs were made; resume it to go on.")
    return WorldFaces(photographs)


def _folder(root: Path) -> tuple[FolderFaces, FolderFaces, FolderFaces]:
    """Train, validation and test: eight, one and one in ten people, in the order of their names."""
    if not root.name or not root.is_dir():
        raise BadInput(f"There is no folder {str(root)!r}; name one that holds a folder of aligned faces per person.")
    people = sorted(folder for folder in root.iterdir() if folder.is_dir())
    if len(people) < LEAST_PEOPLE:
        raise BadInput(f"{root} holds {len(people)} folders of people; at least {LEAST_PEOPLE} are needed.")
    parts: tuple[list[Path], list[Path], list[Path]] = ([], [], [])
    for number, person in enumerate(people):
        pictures = sorted(path for path in person.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not pictures:
            raise BadInput(f"{person} holds no pictures; take the folder away or put faces into it.")
        parts[max(0, number % 10 - 7)].extend(pictures)
    return FolderFaces(parts[0]), FolderFaces(parts[1]), FolderFaces(parts[2])
