"""The face world's own pictures for its documents: python -m engines.faceworld.portfolio FOLDER

`people.jpg`: 64 people, one photograph each. `photographs.jpg`: 10 photographs each of 8 people, one of each group.
`ages.jpg`: 8 people at 10, 18, 30, 45, 60 and 75 years. `worn.jpg`: what hides a face. `forgeries.jpg`: 8 photographs,
then each family's forgery of them, then its mask. Numbers are fixed, so the same world gives the same pictures.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from engines.faceworld.camera import finish
from engines.faceworld.forgery import FAMILIES, forge
from engines.faceworld.occluders import KINDS
from engines.faceworld.people import Person, balanced
from engines.faceworld.photo import Photo
from engines.faceworld.render import render
from engines.faceworld.sheets import sheet

FIRST, SIZE_PX, AGES, QUALITY = 70_000, 160, (10, 18, 30, 45, 60, 75), 88


def main(folder: str) -> None:
    """Write every sheet."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, columns, pictures in (
        ("people", 8, people()),
        ("photographs", 10, photographs()),
        ("ages", len(AGES), ages()),
        ("worn", 8, worn()),
        ("forgeries", 8, forgeries()),
    ):
        Image.fromarray(sheet(list(pictures), columns)).save(place / f"{name}.jpg", quality=QUALITY)


def people() -> Iterator[np.ndarray]:
    """64 people of all groups, one photograph each, as they come."""
    for number in range(FIRST, FIRST + 64):
        yield _taken(Person.sample(number), Photo.sample(number))


def photographs() -> Iterator[np.ndarray]:
    """Ten photographs of a person, a row each, one person of each group."""
    for number, group in balanced(8, FIRST):
        for shot in range(10):
            yield _taken(Person.sample(number, group), Photo.sample(100 * number + shot))


def ages() -> Iterator[np.ndarray]:
    """One person a row, growing older; the same photograph."""
    for number, group in balanced(8, FIRST + 1000):
        for years in AGES:
            yield _taken(
                Person.sample(number, group).at_age(years), Photo.sample(number, frontal=True, occluder="none")
            )


def worn() -> Iterator[np.ndarray]:
    """Everything that hides a part of a face, a row each."""
    for kind in KINDS[1:]:
        for number, group in balanced(8, FIRST + 2000):
            yield _taken(Person.sample(number, group), Photo.sample(number, occluder=kind))


def forgeries() -> Iterator[np.ndarray]:
    """Photographs, then two rows a family: the forgeries, and what share of the light is forged."""
    who = balanced(8, FIRST + 3000)
    targets, sources = ([Person.sample(number + more, group) for number, group in who] for more in (0, 500))
    photos = [Photo.sample(number, occluder="none") for number, _ in who]
    scenes = list(zip(targets, photos, sources, (number for number, _ in who), strict=True))
    yield from (_taken(person, photo) for person, photo in zip(targets, photos, strict=True))
    for family in FAMILIES:
        made = [forge(family, *scene, size_px=SIZE_PX) for scene in scenes]
        yield from (one.image for one in made)
        yield from (np.repeat(one.mask[..., None], 3, 2) for one in made)


def _taken(person: Person, photo: Photo) -> np.ndarray:
    return finish(render(person, photo, SIZE_PX).image, photo.camera)


if __name__ == "__main__":
    main(sys.argv[1])
