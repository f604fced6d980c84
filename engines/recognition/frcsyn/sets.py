"""The training sets of a run: faces of named people, and which of them each system is trained on.

The last people of a set, a share `held_out`, are never trained on: the threshold is found among them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from engines.data.containers import open_faces
from engines.errors import BadInput
from engines.faceworld.people import GROUPS
from engines.faceworld.photograph_set import PhotographSet, PhotographSpec
from engines.recognition.frcsyn.recipe import DRAWN, REAL, RENDERED, WORLD, FrcsynConfig
from engines.synthesis.id3.drawn import drawn_people

LEAST, MOST = 2, 100
"""People kept out for the threshold: strangers need two, and a hundred are plenty."""


class Faces(Protocol):
    """Faces of known people."""

    @property
    def people(self) -> np.ndarray:
        """Their names, (N,)."""
        ...

    def __len__(self) -> int: ...

    def picture(self, index: int) -> np.ndarray:
        """Face `index`, (112, 112, 3) uint8 RGB."""
        ...


@dataclass(frozen=True, eq=False)
class Rendered:
    """Photographs of the world as a training set."""

    images: np.ndarray
    people: np.ndarray

    def __len__(self) -> int:
        return len(self.people)

    def picture(self, index: int) -> np.ndarray:
        """See `Faces`."""
        return self.images[index]


@dataclass(frozen=True, eq=False)
class Subset:
    """Some faces of several sets as one: `places` (N, 2) holds the set and the number in it."""

    sets: Sequence[Faces]
    places: np.ndarray
    people: np.ndarray

    def __len__(self) -> int:
        return len(self.places)

    def picture(self, index: int) -> np.ndarray:
        """See `Faces`."""
        which, number = self.places[index]
        return self.sets[which].picture(int(number))


@dataclass(frozen=True, eq=False)
class System:
    """What one system is trained on.

    Attributes:
        name: as tables call it. subtasks: of which it is the proposed system. train, held: faces trained on, and those
        for the threshold. share: of synthetic among the pictures trained on. baseline: of real data alone.
    """

    name: str
    subtasks: tuple[str, ...]
    train: Subset
    held: Subset
    share: float
    source: str = ""

    def row(self) -> dict[str, object]:
        """The system as a row."""
        people = len(np.unique(self.train.people))
        says = {"subtasks": ", ".join(self.subtasks), "source": self.source}
        return {"system": self.name, **says, "pictures": len(self.train), "people": people, "synthetic": self.share}


def open_set(name: str, config: FrcsynConfig, heard: Callable[[float], None], stopping: Callable[[], bool]) -> Faces:
    """A training set by its name.

    Raises:
        BadInput: a folder or container cannot be used. MissingWeights: the generator is not at hand.
        Stopped: `stopping` said so while pictures were rendered or drawn.
    """
    if name == DRAWN:
        return open_faces(drawn_people(config.rendered_people, config.rendered_photos, heard, stopping))
    if name not in (WORLD, RENDERED):
        return open_faces(Path(name))
    groups = tuple(GROUPS)
    if name == WORLD:
        spec = PhotographSpec("train", config.people, config.photos, groups=groups, age_gap=config.age_gap)
    else:
        size = config.rendered_people, config.rendered_photos
        spec = PhotographSpec("train", *size, groups=groups, frontal=True, occluders=0.0, seed=1)
    found = PhotographSet.build(spec, progress=heard, stopping=stopping)
    return Rendered(found.images, np.array([f"{name}/{identity}" for identity in found.identities]))


def systems(config: FrcsynConfig, real: Faces, sources: dict[str, Faces]) -> list[System]:
    """Every system of a run, the baseline first."""
    mine, kept = _divided(real, config.held_out)
    made = [System(REAL, (), _subset([real], [mine]), _subset([real], [kept]), 0.0)]
    for name, faces in sources.items():
        made += _of_source(config, Path(name).stem or name, (real, mine, kept), faces)
    return made


def _of_source(
    config: FrcsynConfig, name: str, real: tuple[Faces, np.ndarray, np.ndarray], faces: Faces
) -> list[System]:
    base, mine, kept = real
    every, held = _divided(faces, config.held_out)
    few = _first_people(faces, every, config.limit)
    alone, both = _subset([faces], [held]), _subset([base, faces], [kept, held])
    limited = len(few) < len(every)
    found = []
    if limited:
        found.append(System(f"{name}, limited", ("1.1", "2.1"), _subset([faces], [few]), alone, 1.0, name))
    subtasks = ("1.2", "2.2") if limited else ("1.1", "1.2", "2.1", "2.2")
    found.append(System(name, subtasks, _subset([faces], [every]), alone, 1.0, name))
    mixed = _subset([base, faces], [mine, few])
    share = len(few) / len(mixed)
    found.append(System(f"real + {name}", ("1.3", "2.3"), mixed, both, share, name))
    for part in config.shares:
        own = _first_people(base, mine, round(len(mine) * (1 - part)))
        other = _first_people(faces, every, round(len(mine) * part))
        found.append(System(f"{part:.0%} {name}", (), _subset([base, faces], [own, other]), both, part, name))
    return found


def _divided(faces: Faces, held_out: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the faces trained on, and of those of the last people.

    Raises:
        BadInput: nobody would be left to train on.
    """
    names = list(dict.fromkeys(faces.people.tolist()))
    count = min(MOST, max(LEAST, round(len(names) * held_out)))
    if count >= len(names):
        raise BadInput(f"A training set of {len(names)} people is too small: {count} are kept out for the threshold.")
    kept = np.isin(faces.people, names[-count:])
    return np.flatnonzero(~kept), np.flatnonzero(kept)


def _first_people(faces: Faces, numbers: np.ndarray, limit: int) -> np.ndarray:
    """The faces of the first people, as many whole people as the limit holds; of the first person at least."""
    if len(numbers) <= limit:
        return numbers
    people = faces.people[numbers]
    names, first, counts = np.unique(people, return_index=True, return_counts=True)
    order = np.argsort(first)
    count = max(1, int(np.searchsorted(np.cumsum(counts[order]), limit, "right")))
    return numbers[np.isin(people, names[order[:count]])]


def _subset(sets: Sequence[Faces], numbers: Sequence[np.ndarray]) -> Subset:
    places = np.concatenate([np.stack([np.full(len(n), which), n], 1) for which, n in enumerate(numbers)])
    people = np.concatenate([faces.people[n] for faces, n in zip(sets, numbers, strict=True)])
    return Subset(sets, places, people)
