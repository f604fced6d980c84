"""Photographs of people as a data set: lazy, seeded, picture i the same on every machine and in any order.

A `WorldDataset` has `len` and `[i]`, so that a torch `DataLoader` takes it as it is; torch is not imported. Who is
shown, how old, and what is before the face follow from the specification and the index alone. Unlike a
`dataset.ForgerySet`, nothing is kept on disk; `export` writes such a set into the layouts of others.
"""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from engines.errors import BadConfig
from engines.faceworld.camera import finish
from engines.faceworld.occluders import KINDS
from engines.faceworld.people import GROUPS, TRAITS, Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import SIZES_PX, Picture, Truth, render
from engines.faceworld.splits import SPLITS, identities

SPLIT_CODES = {"train": 1, "val": 2, "test": 3}


@dataclass(frozen=True)
class WorldSpec:
    """What a set of photographs holds.

    Args:
        split: "train", "val" or "test"; no person is in two of them.
        people: how many. photos: of each.
        groups: demographic groups that the people belong to in turn; without any, as people come.
        frontal: near-frontal and calmer.
        occluders: share of photographs with something before the face; the world's own share if None.
        ages: each person's age in years is drawn evenly from here; as people come if None.
        age_gap: years over which the photographs of one person are spread.
        size_px: width and height. seed: another one gives other people and other photographs.

    Raises:
        BadConfig: a setting is unknown or out of bounds.
    """

    split: str = "train"
    people: int = 100
    photos: int = 10
    groups: tuple[str, ...] = ()
    frontal: bool = False
    occluders: float | None = None
    ages: tuple[float, float] | None = None
    age_gap: float = 0.0
    size_px: int = 112
    seed: int = 0

    @classmethod
    def balanced(cls, **settings: Any) -> "WorldSpec":
        """A set in which every demographic group has as many people, within one."""
        return cls(**settings, groups=tuple(GROUPS))

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.groups))
        if self.split not in SPLITS:
            raise BadConfig(f"There is no split {self.split!r}; there are {', '.join(SPLITS)}.")
        unknown = [group for group in self.groups if group not in GROUPS]
        if unknown:
            raise BadConfig(f"There is no group {unknown[0]!r}; there are {', '.join(GROUPS)}.")
        if self.seed < 0:
            raise BadConfig(f"seed = {self.seed}: it must be 0 or more.")
        if self.photos < 1:
            raise BadConfig(f"photos = {self.photos}: it must be 1 or more.")
        if self.occluders is not None and not 0 <= self.occluders <= 1:
            raise BadConfig(f"occluders = {self.occluders}: a share is 0 to 1.")
        if not SIZES_PX[0] <= self.size_px <= SIZES_PX[1]:
            raise BadConfig(f"size_px = {self.size_px}: a picture is {SIZES_PX[0]} to {SIZES_PX[1]} px wide.")
        self._check_ages()
        identities(self.split, self.people, self.seed)

    def _check_ages(self) -> None:
        youngest, oldest = TRAITS["years"].low, TRAITS["years"].high
        if not 0 <= self.age_gap <= oldest - youngest:
            raise BadConfig(f"age_gap = {self.age_gap}: it must be 0 to {oldest - youngest:g} years.")
        if self.ages is None:
            return
        object.__setattr__(self, "ages", tuple(float(age) for age in self.ages))
        if len(self.ages) != 2 or not youngest <= self.ages[0] <= self.ages[1] <= oldest:
            raise BadConfig(f"ages = {self.ages}: two ages from {youngest:g} to {oldest:g}, the younger first.")

    def __len__(self) -> int:
        return self.people * self.photos


@dataclass(frozen=True)
class Shot:
    """One photograph to be taken: whose, which one of theirs, and how old they are in it (None: as they are)."""

    identity: int
    group: str | None
    number: int
    photo: int
    occluder: str | None
    years: float | None

    def person(self) -> Person:
        """Who is shown."""
        changes = {} if self.years is None else {"years": self.years}
        return Person.of(self.identity, self.group, **changes)


class WorldDataset:
    """The photographs of a specification; any may be asked for at any time, and from any process."""

    def __init__(self, spec: WorldSpec):
        self.spec = spec
        self._people = identities(spec.split, spec.people, spec.seed)

    def __len__(self) -> int:
        return len(self.spec)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """Photograph `index`: person by person, the photographs of one after another.

        Returns:
            `image` (H, W, 3) uint8 RGB; `identity`, `photo` (its number among this person's); `group`, `years`,
            `male`; `yaw`, `pitch`, `roll` in degrees; `landmarks` (68, 2) and `five` (5, 2) float32, px, pixel (0, 0)
            covering [0, 1) x [0, 1); `occluder` and `place`, names.

        Raises:
            IndexError: there is no such photograph.
        """
        shot = self.shot(index)
        person, photo = shot.person(), self.photo(shot)
        picture = render(person, photo, self.spec.size_px)
        image = np.array(finish(picture.image, photo.camera))
        return {"image": image, **_known(shot, person, photo, picture.truth)}

    def truth(self, index: int) -> Truth:
        """All that is known of photograph `index`: masks, depth, normals, landmarks."""
        return self.picture(index).truth

    def picture(self, index: int) -> Picture:
        """Photograph `index` before the camera's finish, with its truth."""
        shot = self.shot(index)
        return render(shot.person(), self.photo(shot), self.spec.size_px)

    def shot(self, index: int) -> Shot:
        """What photograph `index` is.

        Raises:
            IndexError: there is no such photograph.
        """
        spec, index = self.spec, operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"There is no photograph {index}; there are {len(self)}.")
        place, number = divmod(index % len(self), spec.photos)
        rng = np.random.default_rng([spec.seed, SPLIT_CODES[spec.split], place, number, 0xD5])
        photo, covered, kind = int(rng.integers(1 << 62)), rng.random(), KINDS[1 + int(rng.integers(len(KINDS) - 1))]
        group = spec.groups[place % len(spec.groups)] if spec.groups else None
        return Shot(
            identity=self._people[place],
            group=group,
            number=number,
            photo=photo,
            occluder=None if spec.occluders is None else kind if covered < spec.occluders else "none",
            years=self._years(place, group, rng.uniform(-0.5, 0.5)),
        )

    def shots(self) -> Iterator[Shot]:
        """All photographs, in order, before any is taken."""
        return (self.shot(index) for index in range(len(self)))

    def photo(self, shot: Shot) -> Photo:
        """Everything that changes between two photographs of one person."""
        return Photo.sample(shot.photo, self.spec.frontal, shot.occluder)

    def _years(self, place: int, group: str | None, share: float) -> float | None:
        """The age in a photograph: the person's, and `share` of the years that their photographs are spread over."""
        spec = self.spec
        if spec.ages is not None:
            rng = np.random.default_rng([spec.seed, SPLIT_CODES[spec.split], place, 0xA6E])
            age = rng.uniform(*spec.ages)
        elif spec.age_gap:
            age = Person.sample(self._people[place], group).attributes.years
        else:
            return None
        reach = spec.age_gap / 2
        return float(np.clip(age, TRAITS["years"].low + reach, TRAITS["years"].high - reach) + share * spec.age_gap)


def place_of(photo: Photo) -> str:
    """The kind of place behind a photograph."""
    return photo.place.kind


def _known(shot: Shot, person: Person, photo: Photo, truth: Truth) -> dict[str, Any]:
    yaw, pitch, roll = (float(np.degrees(angle)) for angle in truth.pose)
    return {
        "identity": shot.identity,
        "photo": shot.number,
        "group": person.attributes.group,
        "years": float(person.attributes.years),
        "male": person.attributes.male,
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "landmarks": truth.landmarks.astype(np.float32),
        "five": truth.five.astype(np.float32),
        "occluder": photo.occluder.kind,
        "place": place_of(photo),
    }
