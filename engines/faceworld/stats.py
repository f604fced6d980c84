"""Demographics of a set: who is in it and how they are photographed, as plain rows of counts, without rendering.

Each table is rows `{label, count, share}`; tables over a number add `low` and `high`. Skin tone is the individual
typology angle, ITA = atan((L* - 50) / b*) in degrees, of the bare skin's reflectance under D65, in the six classes of
Del Bino and Bernerd (Br. J. Dermatol. 169, 2013).
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from engines.errors import Stopped
from engines.faceworld.occluders import KINDS
from engines.faceworld.people import GROUPS, Person
from engines.faceworld.photographs import Shot, WorldDataset, WorldSpec, place_of
from engines.faceworld.places import KINDS as PLACES

Rows = list[dict[str, Any]]
TONES = ("dark", "brown", "tan", "intermediate", "light", "very light")
ITA_EDGES = (-90.0, -30.0, 10.0, 28.0, 41.0, 55.0, 90.0)
BEARDS = ("none", "stubble", "beard")
AGE_EDGES = tuple(range(10, 90, 10))
YAW_EDGES, PITCH_EDGES = tuple(range(-65, 66, 10)), tuple(range(-35, 36, 10))
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def demographics(
    spec: WorldSpec,
    progress: Callable[[float], None] | None = None,
    stopping: Callable[[], bool] | None = None,
) -> dict[str, Rows]:
    """Count the people and photographs of a set.

    Returns:
        Of people: `groups`, `years` (in their first photograph), `skin`, `hair`, `beard`, `glasses`; of photographs:
        `yaw`, `pitch`, `occluders`, `places`.

    Raises:
        Stopped: `stopping` said so.
    """
    data = WorldDataset(spec)
    people, shots = [], []
    for index in range(len(data)):
        shot = data.shot(index)
        shots.append(shot)
        if shot.number == 0:
            people.append(shot.person())
            if progress:
                progress((index + 1) / len(data))
            if stopping and stopping():
                raise Stopped("Counting was stopped.")
    return {**_of_people(people), **_of_photographs(data, shots)}


def _of_people(people: Sequence[Person]) -> dict[str, Rows]:
    return {
        "groups": _names((person.attributes.group for person in people), GROUPS),
        "years": _bins([person.attributes.years for person in people], AGE_EDGES),
        "skin": _bins([ita(person.skin.colour) for person in people], ITA_EDGES, TONES),
        "hair": _names(person.style.name for person in people),
        "beard": _names((_beard(person) for person in people), BEARDS),
        "glasses": _names(("glasses" if person.traits.glasses else "none" for person in people), ("none", "glasses")),
    }


def _of_photographs(data: WorldDataset, shots: Sequence[Shot]) -> dict[str, Rows]:
    photos = [data.photo(shot) for shot in shots]
    return {
        "yaw": _bins(np.degrees([photo.yaw for photo in photos]), YAW_EDGES),
        "pitch": _bins(np.degrees([photo.pitch for photo in photos]), PITCH_EDGES),
        "occluders": _names((photo.occluder.kind for photo in photos), KINDS),
        "places": _names((place_of(photo) for photo in photos), PLACES),
    }


def _beard(person: Person) -> str:
    density = person.skin.beard
    return "none" if density < 0.05 else "stubble" if density < 0.5 else "beard"


def ita(colour: Sequence[float]) -> float:
    """The individual typology angle of a linear RGB reflectance, degrees: above 55 is very light, below -30 dark."""
    _, y, z = _XYZ @ np.asarray(colour, float) / _XYZ.sum(1)
    lightness, b = 116 * _root(y) - 16, 200 * (_root(y) - _root(z))
    return float(np.degrees(np.arctan2(lightness - 50, b)))


def _root(ratio: float) -> float:
    return float(np.cbrt(ratio)) if ratio > (6 / 29) ** 3 else ratio / (3 * (6 / 29) ** 2) + 4 / 29


def _names(values: Iterable[str], all_names: Iterable[str] = ()) -> Rows:
    """A row for each name: in the order given, else the most frequent first."""
    found = list(values)
    names = list(all_names) or sorted(set(found), key=lambda name: (-found.count(name), name))
    return [_row(name, found.count(name), len(found)) for name in names]


def _bins(values: Iterable[float], edges: Sequence[float], labels: Sequence[str] = ()) -> Rows:
    """A row for each bin [low, high); values beyond the ends count in the outermost."""
    found = np.clip(list(values), edges[0], np.nextafter(edges[-1], edges[0]))
    counts, _ = np.histogram(found, edges)
    names = labels or [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    rows = [_row(name, int(count), len(found)) for name, count in zip(names, counts, strict=True)]
    return [{**row, "low": low, "high": high} for row, (low, high) in zip(rows, pairwise(edges), strict=True)]


def _row(label: str, count: int, total: int) -> dict[str, Any]:
    return {"label": label, "count": count, "share": count / total if total else 0.0}
