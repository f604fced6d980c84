"""A labelled picture, and sets of them: what every reader of classification data gives.

Pictures are (H, W, 3) uint8 RGB, masks (H, W) float32 in [0, 1], boxes (left, top, right, bottom) in px.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.data.images import read_image
from engines.errors import BadInput

Box = tuple[float, float, float, float]
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass(frozen=True, eq=False)
class Entry:
    """One picture.

    Args:
        name: "class/picture", unique in its set, fit for a path. label: number of its class. read: decodes it.
        mask: the object's mask, where it is known. box: around the object, where it is known.
        group: what it is pooled under in tests of groups, as "waterbird on land"; may be empty.
    """

    name: str
    label: int
    read: Callable[[], np.ndarray]
    mask: Callable[[], np.ndarray] | None = None
    box: Box | None = None
    group: str = ""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures of some classes; a class may have none."""

    classes: tuple[str, ...]
    entries: tuple[Entry, ...]

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def labels(self) -> np.ndarray:
        """(N,) int64."""
        return np.array([entry.label for entry in self.entries], np.int64)

    @property
    def groups(self) -> np.ndarray:
        """(N,) str."""
        return np.array([entry.group for entry in self.entries])

    def subset(self, places: Sequence[int] | np.ndarray) -> "Labelled":
        """Some of the pictures, in that order."""
        return Labelled(self.classes, tuple(self.entries[int(place)] for place in places))

    def few(self, shots: int) -> "Labelled":
        """The first pictures of each class, at most `shots`."""
        labels = self.labels
        return self.subset(np.sort(np.concatenate([np.flatnonzero(labels == k)[:shots] for k in np.unique(labels)])))

    def split(self, share: float, seed: int) -> tuple["Labelled", "Labelled"]:
        """A stratified split: the larger part, and `share` of each class, at least one picture of it.

        Raises:
            BadInput: a class has one picture, which cannot be in both.
        """
        rng, labels, taken = np.random.default_rng([seed, 0x5B11]), self.labels, []
        for k in np.unique(labels):
            places = np.flatnonzero(labels == k)
            if len(places) < 2:
                raise BadInput(
                    f"The class {self.classes[k]!r} has one picture, {self.entries[places[0]].name}: one for training "
                    "and one to choose the best epoch by are needed. Add pictures, or take the class away."
                )
            taken.append(rng.permutation(places)[: max(1, round(share * len(places)))])
        held = np.sort(np.concatenate(taken))
        return self.subset(np.setdiff1d(np.arange(len(self)), held)), self.subset(held)


@dataclass(frozen=True)
class Splits:
    """A data set as it is shipped: its training and its test pictures."""

    train: Labelled
    test: Labelled


def pictures_in(folder: Path) -> list[Path]:
    """Pictures of a folder by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)


def reader(path: Path, cut_px: int = 0) -> Callable[[], np.ndarray]:
    """Decodes a file when it is asked; `cut_px` rows are cut off at the foot."""

    def read() -> np.ndarray:
        picture = read_image(path)
        return picture[: len(picture) - cut_px]

    return read


def mask_reader(path: Path) -> Callable[[], np.ndarray]:
    """Decodes a grey mask when it is asked: (H, W) float32 in [0, 1]."""
    return lambda: read_image(path)[..., 0].astype(np.float32) / 255


def lines(path: Path) -> list[list[str]]:
    """The words of each line of a text file.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        return [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read ({error}); is this the folder as the data set is shipped?") from error
