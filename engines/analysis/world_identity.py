"""How well the people of the face world are told apart by an embedder trained on photographs of real people.

    python -m engines.analysis.world_identity --people 200 --photographs 5 --seed 50000

Groups are equal in number. All pictures are near-frontal photographs but for what a curve changes: the head's yaw, as
in CFP, the person's age, as in AgeDB, or an occluder, as in ROF; a curve compares the plain pictures with each of the
others. Numbers of this world say how much identity its pictures carry, not how well an embedder does on real ones.
"""

import argparse
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from engines.analysis.identity import (
    Pairs,
    Verification,
    all_pairs,
    by_kind,
    chip_at,
    embed,
    found_chips,
    verify,
    within,
)
from engines.backbones.embedder import FaceEmbedder
from engines.faceworld.camera import finish
from engines.faceworld.people import Person, balanced
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

MARGIN = 0.6
"""Size of a face in a picture for the detector, relative to an aligned one: photographs show what is around a face."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class View:
    """How people are shown: their age if not their own, what the photograph changes, what covers the face."""

    years: float | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    occluder: str = "none"


PLAIN = "plain"
CURVES: dict[str, dict[str, View]] = {
    "yaw": {PLAIN: View(), **{f"{yaw} degrees": View(changes={"yaw": yaw}) for yaw in (15, 30, 45, 60)}},
    "years": {
        PLAIN: View(25),
        **{f"{abs(25 - at)} years": View(at) for at in (35, 45, 55, 70)},
        "as a child": View(10),
    },
    "occluder": {
        PLAIN: View(),
        **{kind: View(occluder=kind) for kind in ("sunglasses", "surgical", "cloth", "hat", "hand")},
    },
}
"""Curve -> the views that it compares with its plain one."""


@dataclass(frozen=True)
class Shown:
    """Embeddings (N, 128) of pictures, and each one's identity, group and view."""

    embeddings: np.ndarray
    identities: tuple[int, ...]
    groups: tuple[str, ...]
    views: tuple[str, ...]

    def pairs(self) -> Pairs:
        """Every pair of pictures."""
        return all_pairs(self.embeddings, self.identities)


def show(people: Sequence[tuple[int, str]], views: Mapping[str, View], photographs: int = 1) -> Shown:
    """Photograph people, given as (number, group), that often in each view, and embed what is seen.

    Every picture has its own light, place and camera.
    """
    embedder, chips, rows = FaceEmbedder(), [], []
    for order, (number, group) in enumerate(people):
        for place, (name, view) in enumerate(views.items()):
            person = Person.of(number, group, **({} if view.years is None else {"years": view.years}))
            for repeat in range(photographs):
                photo = Photo.sample((order * len(views) + place) * photographs + repeat, True, view.occluder)
                chips.append(_chip(person, photo.changed(**view.changes)))
                rows.append((number, group, name))
    identities, groups, names = zip(*rows, strict=True)
    return Shown(embed(chips, embedder), identities, groups, names)


def frontal(people: Sequence[tuple[int, str]], photographs: int = 5) -> tuple[Verification, Verification]:
    """Of near-frontal photographs: over all pairs, and with strangers of one group only."""
    shown = show(people, {PLAIN: View()}, photographs)
    return verify(shown.pairs()), verify(within(shown.pairs(), shown.groups))


def measured_curve(
    people: Sequence[tuple[int, str]], name: str
) -> tuple[dict[str, Verification], dict[str, Verification]]:
    """One of `CURVES`, two photographs a view: by view over all pairs, and with strangers of one group only."""
    shown = show(people, CURVES[name], 2)
    pairs = shown.pairs()
    return by_kind(pairs, shown.views, PLAIN), by_kind(within(pairs, shown.groups), shown.views, PLAIN)


def share_found(people: Sequence[tuple[int, str]], size_px: int = 224) -> float:
    """Share of near-frontal photographs, one a person, in which the detector finds a face."""
    pictures = []
    for order, (number, group) in enumerate(people):
        photo = Photo.sample(order, True, "none")
        picture = render(Person.sample(number, group), replace(photo, zoom=photo.zoom * MARGIN), size_px)
        pictures.append(finish(picture.image, photo.camera))
    return float(found_chips(pictures)[1].mean())


def _chip(person: Person, photo: Photo) -> np.ndarray:
    picture = render(person, photo)
    return chip_at(finish(picture.image, photo.camera), picture.truth.five)


def main() -> None:
    """Measure and log one line of JSON a result."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--photographs", type=int, default=5)
    parser.add_argument("--curve-people", type=int, default=80)
    parser.add_argument(
        "--seed",
        type=int,
        default=50_000,
        help="first person; none from 50000 was looked at while shapes and lights were chosen",
    )
    settings = parser.parse_args()
    people, fewer = balanced(settings.people, settings.seed), balanced(settings.curve_people, settings.seed)
    log.info(json.dumps({"found": share_found(people)}))
    for name, result in zip(("all", "within group"), frontal(people, settings.photographs), strict=True):
        log.info(json.dumps({name: asdict(result)}))
    for curve in CURVES:
        for name, results in zip(("all", "within group"), measured_curve(fewer, curve), strict=True):
            for view, result in results.items():
                log.info("%s", json.dumps({f"{curve}: {view}, {name}": asdict(result)}))


if __name__ == "__main__":
    main()
