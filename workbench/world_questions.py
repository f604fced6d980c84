"""What the rendering processes can be asked: people, photographs, forgeries, clips, and what is known of them.

As in `questions`: functions `(progress, **arguments)` that import engines and answer in plain data. Person and
photograph are numbers; `traits` and `controls` are changes to what the numbers say, see `studio.Portrait`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from workbench import studio
from workbench.studio import Portrait

Progress = Callable[..., None]
_SMALL_PX = 112
_DRAWS = 200
_LARGEST = 10_000
"""Knobs beyond are numbers of people or photographs: no slider finds one."""


def warm_world(progress: Progress) -> bool:
    """Compile, or read the compiled code, so that the first picture comes at once."""
    Portrait(0, 0, size_px=64).image()
    return True


def catalogue(progress: Progress) -> dict[str, Any]:
    """What can be chosen: `groups`, `traits` and `controls` (name -> what, low, high, unit, choices), `families` (name
    -> title, mirrors, two_people, trained_on, ready, knobs), `occluders`, `clip_families`."""
    from engines.faceworld import clips
    from engines.faceworld.occluders import KINDS
    from engines.faceworld.people import GROUPS, TRAITS
    from engines.faceworld.photo import CONTROLS

    return {
        "groups": list(GROUPS),
        "traits": {name: trait._asdict() for name, trait in TRAITS.items()},
        "controls": {name: control._asdict() for name, control in CONTROLS.items()},
        "families": _families(),
        "occluders": list(KINDS),
        "clip_families": list(clips.FAMILIES),
    }


def bases(progress: Progress, **who: Any) -> dict[str, Any]:
    """What the numbers say before any change: values of `traits` and `controls`."""
    asked = Portrait(**who)
    return {"traits": asked.subject().traits.to_dict(), "controls": asked.shot().controls()}


def portrait(progress: Progress, truth: str = "", **who: Any) -> dict[str, Any]:
    """One photograph.

    Args:
        truth: what to tell besides: "landmarks", "masks", "depth" or "normals".
        who: fields of `Portrait`.

    Returns:
        `image`; `known`, names and numbers; `truth`, arrays.
    """
    asked = Portrait(**who)
    picture = asked.picture()
    return {
        "image": asked.finished(picture),
        "known": asked.known(picture.truth),
        "truth": _truth(picture.truth, truth),
    }


def ages(progress: Progress, years: Sequence[float], **who: Any) -> dict[str, Any]:
    """The same person at several ages, on the same photograph: `images` (N, S, S, 3)."""
    asked = Portrait(**who)
    return {"images": np.stack([asked.with_traits(years=age).image() for age in years])}


def between(progress: Progress, other: int, shares: Sequence[float], **who: Any) -> dict[str, Any]:
    """Look-alikes on the way from the person to person `other`: `images` (N, S, S, 3)."""
    from engines.faceworld import people

    asked = Portrait(**who)
    one, two = asked.subject(), people.Person.sample(other)
    return {"images": np.stack([asked.image(people.between(one, two, share)) for share in shares])}


def twins(progress: Progress, count: int, **who: Any) -> dict[str, Any]:
    """The person, and `count` identical twins: `images` (1 + N, S, S, 3)."""
    from engines.faceworld import people

    asked = Portrait(**who)
    subject = asked.subject()
    born = [subject, *(people.twin(subject, number) for number in range(1, count + 1))]
    return {"images": np.stack([asked.image(person) for person in born])}


def grid(progress: Progress, spec: Mapping[str, Any], indices: Sequence[int]) -> dict[str, Any]:
    """Photographs of a set: `images` and, for each, what is `known`, with `number`, the photograph's."""
    from engines.faceworld.photographs import WorldDataset, WorldSpec

    data = WorldDataset(WorldSpec(**spec))
    images, known = [], []
    for index in indices:
        row = data[index]
        images.append(row.pop("image"))
        plain = {name: value for name, value in row.items() if not isinstance(value, np.ndarray)}
        known.append({**plain, "number": data.shot(index).photo})
        progress(len(images) / len(indices), "rendering")
    return {"images": images, "known": known}


def forgery(
    progress: Progress,
    family: str,
    person: int,
    source: int,
    photo: int,
    seed: int,
    knobs: Mapping[str, Any],
    size_px: int,
) -> dict[str, Any]:
    """A photograph, its forgery, and all that is known of it: `real`, `source`, `forged` (S, S, 3) uint8, `mask`
    (S, S), `quality`, `defects`, `knobs`, and `drawn`, the knobs as the seed draws them."""
    from engines.faceworld.forgery import forge

    target, giver = Portrait(person, photo, size_px=size_px), Portrait(source, photo, size_px=size_px)
    drawn = forge(family, target.subject(), target.shot(), giver.subject(), seed, size_px=size_px) if knobs else None
    made = forge(family, target.subject(), target.shot(), giver.subject(), seed, knobs, size_px)
    return {
        "real": target.image(),
        "source": giver.image(),
        "forged": np.array(made.image),
        "mask": made.mask,
        "quality": float(made.quality),
        "defects": dict(made.defects),
        "knobs": dict(made.knobs),
        "drawn": dict((drawn or made).knobs),
    }


def demographics(progress: Progress, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Who is in a set: tables of counts."""
    from engines.faceworld import stats
    from engines.faceworld.photographs import WorldSpec

    return stats.demographics(WorldSpec(**spec), lambda share: progress(share, "counting"))


def told_apart(progress: Progress, spec: Mapping[str, Any]) -> dict[str, Any]:
    """How well the people of a set are told apart; see `identities.of_world`. Needs torch."""
    from engines.faceworld.photographs import WorldSpec
    from workbench import identities

    return identities.of_world(WorldSpec(**spec), lambda share: progress(share, "rendering and comparing"))


def own_people(progress: Progress, files: Mapping[str, bytes]) -> dict[str, Any]:
    """The same of a visitor's photographs, name -> the bytes of the file. Needs torch."""
    from engines.data.images import read_image
    from workbench import identities

    named = ((name, read_image(data)) for name, data in files.items())
    return identities.of_pictures(named, len(files), lambda share: progress(share, "finding and comparing faces"))


def film(progress: Progress, **asked: Any) -> dict[str, Any]:
    """A clip of a person, real or forged; see `studio.clip`."""
    progress(None, "filming")
    return studio.clip(**asked, progress=lambda share: progress(share, "writing"))


def export(progress: Progress, kind: str, folder: str, spec: Mapping[str, Any], **how: Any) -> dict[str, Any]:
    """Write a set into the folder of exports; see `exporting.Order`."""
    from engines.faceworld.photographs import WorldSpec
    from workbench import exporting

    order = exporting.Order(kind, WorldSpec(**spec), **how)
    return order.write(exporting.named_folder(folder), progress=lambda share: progress(share, "writing"))


def _truth(truth: Any, what: str) -> dict[str, Any]:
    if what == "landmarks":
        return {"landmarks": truth.landmarks, "five": truth.five}
    if what == "masks":
        return {name: np.float32(cover) for name, cover in truth.masks.items() if name != "face"}
    return {what: getattr(truth, what)} if what in ("depth", "normals") else {}


def _families() -> dict[str, dict[str, Any]]:
    from engines.faceworld.forgery.catalogue import CATALOGUE

    told = ("title", "mirrors", "two_people", "trained_on", "ready")
    return {
        name: {**{field: getattr(family, field) for field in told}, "knobs": _knobs(family.sample_knobs)}
        for name, family in CATALOGUE.items()
    }


def _knobs(sample: Callable[[np.random.Generator], dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Knobs with the range, or the values, that they are drawn from, as many draws show it."""
    draws = [sample(np.random.default_rng([number, 0x9A9])) for number in range(_DRAWS)]
    found: dict[str, dict[str, Any]] = {}
    for name in draws[0]:
        values = [draw[name] for draw in draws if name in draw]
        if all(isinstance(value, str | bool) for value in values):
            found[name] = {"choices": sorted(set(values), key=str)}
        elif all(isinstance(value, int | float) for value in values) and max(values) < _LARGEST:
            found[name] = {"low": float(min(values)), "high": float(max(values)), "whole": isinstance(values[0], int)}
    return found


QUESTIONS: dict[str, Callable[..., Any]] = {
    question.__name__: question
    for question in (
        *(
            warm_world,
            catalogue,
            bases,
            portrait,
            ages,
            between,
            twins,
            grid,
            forgery,
            demographics,
            told_apart,
            own_people,
            film,
            export,
        ),
    )
}
"""Name -> function."""
