"""Test sets built on the face world as the challenge's databases are, from people whom no training sees.

- bupt: eight true groups (four ancestry mixes, two sexes), as many mated as non-mated pairs in each; strangers are of
  one group. (The organisers' strangers are of one ethnicity; their gender is not in the lists.)
- agedb: one person 5, 10, 20 and 30 years apart, as many pairs each; strangers 5 years apart.
- cfp-fp: near-frontal against profile, the head turned by 45 to 60 degrees, the farthest that the world turns it.
- rof: neutral against sunglasses and against a mask, five to four.

Each picture is rendered from its own numbers, so a set is the same on every machine. Paths are of the organisers' form
and `lists` reads labels back from them.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.cache import Columns, cached
from engines.faceworld.camera import finish
from engines.faceworld.people import GROUPS, Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.faceworld.splits import identities
from engines.faceworld.version import world_version
from engines.recognition.frcsyn.lists import PairList, of_pairs
from engines.recognition.frcsyn.tasks import DATABASES

GAPS = (0, 5, 10, 20, 30)
"""Years after the first of a person's pictures in agedb."""
YOUNGEST, OLDEST = 15, 45
"""Ages in that first picture, a multiple of five."""
PROFILE_DEG = (45.0, 60.0)
FOLDERS = {"african": "African", "asian": "Asian", "european": "Caucasian", "indian": "Indian"}
"""Ancestry mix -> the name of BUPT's folder."""
_SEEDS = {"bupt": 11, "agedb": 12, "cfp-fp": 13, "rof": 14}
_SHOTS = {"bupt": ("plain",) * 4, "agedb": ("plain",) * 5, "cfp-fp": ("frontal", "frontal", "profile", "profile"),
          "rof": ("neutral", "neutral", "sunglasses", "sunglasses", "mask", "mask")}  # fmt: skip
_MASKS = ("surgical", "cloth")


_identities = cache(identities)


@cache
def _first_year(identity: int) -> int:
    """How old a person is in their first picture of agedb."""
    return YOUNGEST + 5 * int(np.random.default_rng([identity, 0xA6E]).integers((OLDEST - YOUNGEST) // 5 + 1))


@dataclass(frozen=True)
class BenchmarkSpec:
    """The pictures of a database.

    Args:
        database: one of `tasks.DATABASES`. people: how many, groups in turn. size_px: width and height.

    Raises:
        BadConfig: an unknown database, or fewer people than two of each group.
    """

    database: str
    people: int
    size_px: int = 112
    split: str = "test"

    def __post_init__(self) -> None:
        if self.database not in DATABASES:
            raise BadConfig(f"There is no database {self.database!r}; there are {', '.join(DATABASES)}.")
        if self.people < 2 * len(GROUPS):
            raise BadConfig(f"{self.people} people: a test set needs {2 * len(GROUPS)}, two of each group.")

    def __len__(self) -> int:
        return self.people * len(_SHOTS[self.database])

    @property
    def pictures(self) -> int:
        """Pictures to render."""
        return len(self)

    def columns(self) -> Columns:
        """The arrays that the cache keeps."""
        return {"images": ((self.size_px, self.size_px, 3), np.uint8)}

    def row(self, index: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """Picture `index`: person by person."""
        place, shot = divmod(index, len(_SHOTS[self.database]))
        person, photo = self.person(place), self.photo(place, shot)
        if self.database == "agedb":
            person = person.at_age(float(self.years(place, shot)))
        picture = render(person, photo, self.size_px)
        return {"images": np.array(finish(picture.image, photo.camera))}, {}

    def identity(self, place: int) -> int:
        """The number of a person of the set."""
        return _identities(self.split, self.people, _SEEDS[self.database])[place]

    def group(self, place: int) -> str:
        """The demographic group of a person."""
        return list(GROUPS)[place % len(GROUPS)]

    def person(self, place: int) -> Person:
        """A person of the set, at their own age."""
        return Person.of(self.identity(place), self.group(place))

    def years(self, place: int, shot: int) -> int:
        """How old a person of agedb is in a picture."""
        return _first_year(self.identity(place)) + GAPS[shot]

    def photo(self, place: int, shot: int) -> Photo:
        """How a picture is taken."""
        rng, shown = self._chance(place, shot + 1), _SHOTS[self.database][shot]
        number = int(rng.integers(1 << 40))
        if shown in ("frontal", "profile"):
            photo = Photo.sample(number, frontal=True, occluder="none")
            turned = float(rng.choice([-1, 1]) * rng.uniform(*PROFILE_DEG))
            return photo.changed(yaw=turned) if shown == "profile" else photo
        worn = str(rng.choice(_MASKS)) if shown == "mask" else shown if shown == "sunglasses" else "none"
        return Photo.sample(number, self.database == "rof", worn)

    def path(self, place: int, shot: int) -> str:
        """The picture's path, of the form that the organisers' lists have."""
        name, shown = f"w{self.identity(place)}", _SHOTS[self.database][shot]
        if self.database == "bupt":
            return f"{FOLDERS[GROUPS[self.group(place)][0]]}/{name}/{shot}.jpg"
        if self.database == "agedb":
            return f"{place * len(GAPS) + shot}_{name}_{shot}_A_{self.years(place, shot)}.jpg"
        if self.database == "cfp-fp":
            return f"{name}/{shown}/{shot}.jpg"
        folder, ending = {"sunglasses": ("sunglasses", "_wearing_sunglasses"), "mask": ("masked", "_wearing_mask")}.get(
            shown, ("neutral", "")
        )
        return f"{folder}/{name}{ending}/{shot}.jpg"

    def _chance(self, place: int, what: int) -> np.random.Generator:
        return np.random.default_rng([_SEEDS[self.database], self.identity(place), what, 0xF2C])


@dataclass(frozen=True, eq=False)
class Benchmark:
    """A database of the world: its pairs, and its pictures (N, H, W, 3) uint8 in the order of `pairs.paths`."""

    pairs: PairList
    pictures: np.ndarray


def build(
    spec: BenchmarkSpec,
    progress: Callable[[float], None] | None = None,
    stopping: Callable[[], bool] | None = None,
    workers: int | None = None,
) -> Benchmark:
    """Render a database, or read it from the cache, and pair its pictures.

    Raises:
        Stopped: `stopping` said so; nothing is kept.
    """
    pairs = pair(spec)
    key = {"kind": "frcsyn", **asdict(spec), "world": world_version()}
    pictures = cached(spec, key, progress, workers, None, stopping).columns["images"]
    shots = len(_SHOTS[spec.database])
    place = {spec.path(who, shot): who * shots + shot for who in range(spec.people) for shot in range(shots)}
    return Benchmark(pairs, np.asarray(pictures)[[place[path] for path in pairs.paths]])


def pair(spec: BenchmarkSpec) -> PairList:
    """The pairs of a database, mated and as many of strangers, in an order drawn once."""
    rng = np.random.default_rng([_SEEDS[spec.database], spec.people])
    mated = _mated(spec, rng)
    strangers = _strangers(spec, mated, rng)
    chosen = mated + strangers
    order = rng.permutation(len(chosen))
    named = [(spec.path(*chosen[i][0]), spec.path(*chosen[i][1])) for i in order]
    made = of_pairs(spec.database, named)
    if spec.database != "bupt":
        return made
    sexes = {spec.path(who, shot): GROUPS[spec.group(who)][1] for who in range(spec.people) for shot in range(4)}
    return made.with_gender({path: sexes[path] for path in made.paths})


Shot = tuple[int, int]
"""Person's place and number of the picture."""


def _mated(spec: BenchmarkSpec, rng: np.random.Generator) -> list[tuple[Shot, Shot]]:
    pairs = [((who, one), (who, other)) for who in range(spec.people) for one, other in _compared(spec.database)]
    if spec.database != "rof":
        return pairs
    return [each for each in pairs if _SHOTS["rof"][each[1][1]] != "mask" or rng.random() < 0.8]


def _compared(database: str) -> list[tuple[int, int]]:
    """Which pictures of a person are compared."""
    if database == "bupt":
        return list(combinations(range(4), 2))
    if database == "agedb":
        return [(0, shot) for shot in range(1, len(GAPS))]
    plain = (0, 1)
    return [(one, other) for one in plain for other in range(2, len(_SHOTS[database]))]


def _strangers(
    spec: BenchmarkSpec, mated: list[tuple[Shot, Shot]], rng: np.random.Generator
) -> list[tuple[Shot, Shot]]:
    """For each mated pair one of two people, none twice; of one group in bupt, five years apart in agedb."""
    found: dict[tuple[Shot, Shot], None] = {}
    for one, other in mated:
        choices = _candidates(spec, one, other)
        for at in rng.permutation(len(choices)):
            new = (one, choices[at])
            if new not in found and new[::-1] not in found:
                found[new] = None
                break
    return list(found)


def _candidates(spec: BenchmarkSpec, one: Shot, other: Shot) -> list[Shot]:
    others = [who for who in range(spec.people) if who != one[0]]
    if spec.database == "bupt":
        return [(who, other[1]) for who in others if spec.group(who) == spec.group(one[0])]
    if spec.database == "agedb":
        years = spec.years(*one)
        every = ((who, shot) for who in others for shot in range(len(GAPS)))
        return [shot for shot in every if abs(spec.years(*shot) - years) == 5]
    return [(who, other[1]) for who in others]
