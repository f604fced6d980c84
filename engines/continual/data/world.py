"""Streams of the face world. Nothing here is a paper's data set, and every label says so.

- identities: people arrive, some in each session; a class is a person.
- families: forgery families arrive; every session has real and forged pictures, and test people are never trained on.
- ages, occluders, places: the same people in another condition in each session; a class is a person.

Pictures are made block by block when they are first asked for, so that the first session can begin before the last is
made; they are kept on disk. They do not depend on the run's seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from engines.continual.data.photographed import ConditionSpec
from engines.continual.safe.recipe import SafeConfig
from engines.continual.stream import Part, Stream
from engines.faceworld.cache import cached
from engines.faceworld.dataset import FAMILIES, ForgerySet, ForgerySpec
from engines.faceworld.occluders import KINDS as OCCLUDERS
from engines.faceworld.places import KINDS as PLACES
from engines.faceworld.version import world_version
from engines.training.journal import Journal

LABEL = "face world"
FIRST_SEED = 700
"""Blocks of people have seeds of the world from here on, which no other set of Mien's uses."""
AGES = {"20 to 28 years": (20.0, 28.0), "32 to 40 years": (32.0, 40.0), "44 to 52 years": (44.0, 52.0),
        "56 to 64 years": (56.0, 64.0), "68 to 76 years": (68.0, 76.0)}  # fmt: skip
PEOPLE_IN_A_BLOCK = 3
LARGEST_PLACES = 6

Make = Callable[[], np.ndarray]


class Blocks:
    """Pictures in blocks, each made when it is first asked for.

    Args:
        makers: give a block's pictures (n, H, W, 3) uint8. where: (N, 2) block and row of each picture.
    """

    def __init__(self, makers: Sequence[Make], where: np.ndarray):
        self.makers, self.where = list(makers), where
        self._made: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.where)

    def read(self, indices: Sequence[int]) -> list[np.ndarray]:
        """See `stream.Pictures`."""
        return [np.asarray(self._block(int(self.where[index, 0]))[self.where[index, 1]]) for index in indices]

    def _block(self, number: int) -> np.ndarray:
        if number not in self._made:
            self._made[number] = self.makers[number]()
        return self._made[number]


def stream(config: SafeConfig, journal: Journal) -> Stream:
    """The stream of that name; its pictures are not made yet."""
    if config.data == "families":
        return _families(config, journal)
    if config.data == "identities":
        return _identities(config, journal)
    return _conditions(config, journal)


def _identities(config: SafeConfig, journal: Journal) -> Stream:
    photos, people = config.train_each + config.test_each, PEOPLE_IN_A_BLOCK
    starts, bare = range(0, config.classes, people), 0.0 if config.frontal else None
    specs = [
        ConditionSpec("train", min(people, config.classes - start), photos, frontal=config.frontal, occluders=bare,
                      seed=FIRST_SEED + start // people)
        for start in starts
    ]  # fmt: skip
    makers = [_maker(spec, journal, f"people {start + 1} on") for spec, start in zip(specs, starts, strict=True)]
    numbers = np.arange(config.classes)
    rows = np.stack([numbers // people, numbers % people * photos], 1)  # of each person's first photograph
    train, test = _cut(makers, rows, numbers, np.zeros_like(numbers), config)
    return Stream(f"{LABEL}: identities", tuple(f"person {n + 1}" for n in numbers), train, test)


def _conditions(config: SafeConfig, journal: Journal) -> Stream:
    photos = config.train_each + config.test_each
    base: dict[str, Any] = {
        "split": "train",
        "people": config.classes,
        "photos": photos,
        "frontal": config.frontal,
        "seed": FIRST_SEED,
    }
    if config.data == "ages":
        specs = {name: ConditionSpec(**base, occluders=0.0, ages=years) for name, years in AGES.items()}
    elif config.data == "occluders":
        specs = {kind: ConditionSpec(**base, occluder=kind) for kind in OCCLUDERS}
    else:
        specs = {kind: ConditionSpec(**base, occluders=0.0, place=kind) for kind in PLACES[:LARGEST_PLACES]}
    makers = [_maker(spec, journal, name) for name, spec in specs.items()]
    domains, people = (grid.ravel() for grid in np.indices((len(specs), config.classes)))
    rows = np.stack([domains, people * photos], 1)
    train, test = _cut(makers, rows, people, domains, config)
    names = tuple(f"person {number + 1}" for number in range(config.classes))
    return Stream(f"{LABEL}: {config.data}", names, train, test, domains=tuple(specs))


def _families(config: SafeConfig, journal: Journal) -> Stream:
    parts = []
    for split, each in (("train", config.train_each), ("test", config.test_each)):
        people = max(4, each // 2)
        specs = [
            ForgerySpec(split, (family,), people, each, each, seed=FIRST_SEED + n) for n, family in enumerate(FAMILIES)
        ]
        makers = [_forger(spec, journal) for spec in specs]
        block, row = (grid.ravel() for grid in np.indices((len(specs), 2 * each)))
        where = np.stack([block, row], 1)
        parts.append(Part(Blocks(makers, where), (row >= each).astype(np.int64), block.astype(np.int64)))
    return Stream(f"{LABEL}: families", ("real", "forged"), parts[0], parts[1], domains=FAMILIES)


def _cut(
    makers: list[Make], firsts: np.ndarray, labels: np.ndarray, domains: np.ndarray, config: SafeConfig
) -> tuple[Part, Part]:
    """Each person's first photographs train, the rest test. firsts: (C, 2) block and row of the first."""
    parts = []
    for start, count in ((0, config.train_each), (config.train_each, config.test_each)):
        rows = np.repeat(firsts, count, 0)
        rows[:, 1] += start + np.tile(np.arange(count), len(firsts))
        parts.append(Part(Blocks(makers, rows), np.repeat(labels, count), np.repeat(domains, count)))
    return parts[0], parts[1]


def _maker(spec: ConditionSpec, journal: Journal, note: str) -> Make:
    key = {"kind": "condition", **asdict(spec), "world": world_version()}

    def make() -> np.ndarray:
        progress = lambda part: journal.phase("pictures", part, note)  # noqa: E731
        return cached(spec, key, progress, None, None, journal.stopping).columns["images"]

    return make


def _forger(spec: ForgerySpec, journal: Journal) -> Make:
    def make() -> np.ndarray:
        progress = lambda part: journal.phase("pictures", part, spec.families[0])  # noqa: E731
        return ForgerySet.build(spec, progress, stopping=journal.stopping).images

    return make
