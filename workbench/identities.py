"""How well people are told apart, for the command line and the World page: people of the world, or a folder of one's
own. Distances are of an embedder trained on photographs, which never saw the world."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.errors import BadInput

if TYPE_CHECKING:
    from engines.analysis.identity import Pairs, Verification
    from engines.faceworld.photographs import WorldSpec

Progress = Callable[[float], None]
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
MOST = 2000
"""Photographs that are compared at most: pairs grow with the square."""
YAW_EDGES, AGE_EDGES = (0, 10, 20, 30, 45, 90), (0, 5, 10, 20, 30, 70)
FRONTAL_DEG = 15
_SHOWN = 6
_RENDERING, _EMBEDDING = 0.5, 0.9


def of_world(spec: "WorldSpec", progress: Progress | None = None) -> dict[str, Any]:
    """Tell apart the people of a set.

    Returns:
        `pictures`, `people`, `found`; `pairs`, rows with the EER and its 95 % interval over people; `by_yaw`,
        `by_years`, `by_occluder`, the same by how far two photographs lie apart; `closest` and `farthest`, pairs of
        pictures with their distance; and for the page, under `crops`, those pictures.

    Raises:
        BadInput: too many or too few photographs.
    """
    from engines.analysis.identity import chip_at
    from engines.faceworld.photographs import WorldDataset

    _check(len(spec))
    data, tell = WorldDataset(spec), progress or (lambda share: None)
    rows, chips = [], []
    for index in range(len(data)):
        row = data[index]
        chips.append(chip_at(row.pop("image"), row["five"]))
        rows.append(row)
        tell(_RENDERING * (index + 1) / len(data))
    known = {name: [row[name] for row in rows] for name in ("identity", "group", "years", "yaw", "pitch", "occluder")}
    return {"pictures": len(rows), "people": spec.people, "found": len(rows), **_told(chips, known, tell)}


def of_pictures(
    pictures: Iterable[tuple[str, np.ndarray]], count: int, progress: Progress | None = None
) -> dict[str, Any]:
    """Tell apart the people of one's own photographs.

    Args:
        pictures: name and picture (H, W, 3) uint8; `person_of` the name says who it is. The largest face counts.

    Returns:
        As `of_world`; `found` counts the photographs with a face, and `missed` names the others.

    Raises:
        BadInput: too many photographs, or fewer than two people or two photographs of one.
    """
    from engines.data.alignment import align_for_embedder
    from engines.data.faces import find_faces
    from engines.data.quality import face_quality

    _check(count)
    tell = progress or (lambda share: None)
    chips, missed = [], []
    known: dict[str, list[Any]] = {"identity": [], "yaw": [], "pitch": []}
    for number, (name, picture) in enumerate(pictures, 1):
        faces = find_faces(picture)
        if faces:
            measured = face_quality(picture, faces[0])
            chips.append(align_for_embedder(picture, faces[0]))
            for key, value in (("identity", person_of(name)), ("yaw", measured.yaw_deg), ("pitch", measured.pitch_deg)):
                known[key].append(value)
        else:
            missed.append(name)
        tell(_RENDERING * number / count)
    people = len(set(known["identity"]))
    return {"pictures": count, "people": people, "found": len(chips), "missed": missed, **_told(chips, known, tell)}


def of_folder(folder: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Tell apart the people of a folder: one folder a person, or names as in `anna_1.jpg`; see `of_pictures`.

    Raises:
        BadInput: the folder is not there, holds no pictures, or a picture is damaged.
    """
    from engines.data.images import read_image

    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}; name one with a folder of photographs for each person.")
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURES)
    named = ((str(path.relative_to(folder)), read_image(path)) for path in files)
    return of_pictures(named, len(files), progress)


def person_of(name: str) -> str:
    """Whom a file shows: its folder's name, else its own without the number at its end."""
    path = Path(name.replace("\\", "/"))
    if len(path.parts) > 1:
        return path.parent.name
    return re.sub(r"[\s_.-]*\(?\d*\)?$", "", path.stem) or path.stem


def _check(count: int) -> None:
    if count > MOST:
        raise BadInput(f"{count} photographs are too many to compare each with each; take at most {MOST}.")
    if not count:
        raise BadInput("There are no photographs; give JPEG, PNG, WebP or BMP files.")


def _told(chips: Sequence[np.ndarray], known: Mapping[str, Sequence[Any]], tell: Progress) -> dict[str, Any]:
    from engines.analysis import identity

    parts = []
    for start in range(0, len(chips), 50):
        parts.append(identity.embed(chips[start : start + 50]))
        tell(_RENDERING + (_EMBEDDING - _RENDERING) * (start + 50) / max(len(chips), 50))
    pairs = identity.all_pairs(np.concatenate(parts) if parts else np.empty((0, 128)), known["identity"])
    near, far = identity.closest_strangers(pairs, _SHOWN), identity.farthest_selves(pairs, _SHOWN)
    curves = {
        f"by_{name}": [
            {"low": one.low, "high": one.high, **_row(one.result)} for one in identity.curve(pairs, known[name], edges)
        ]
        for name, edges in (("yaw", YAW_EDGES), ("years", AGE_EDGES))
        if name in known
    }
    if "occluder" in known:
        found = identity.by_kind(pairs, known["occluder"])
        curves["by_occluder"] = [{"kind": kind, **_row(result)} for kind, result in found.items()]
    tell(1.0)
    return {
        "pairs": [{"pairs": name, **_row(result)} for name, result in _selections(pairs, known).items()],
        **curves,
        "closest": [_pair(known, *one) for one in near],
        "farthest": [_pair(known, *one) for one in far],
        "crops": {number: chips[number] for one in [*near, *far] for number in one[:2]},
    }


def _selections(pairs: "Pairs", known: Mapping[str, Sequence[Any]]) -> "dict[str, Verification]":
    from engines.analysis import identity

    chosen = {"all": pairs}
    if "group" in known:
        chosen["within one group"] = identity.within(pairs, known["group"])
    calm = (np.abs(known["yaw"]) < FRONTAL_DEG) & (np.abs(known["pitch"]) < FRONTAL_DEG)
    chosen["both near-frontal"] = pairs.only(calm[pairs.first] & calm[pairs.second])
    kept = {name: part for name, part in chosen.items() if part.same.any() and not part.same.all()}
    return {name: identity.verify(part) for name, part in kept.items()}


def _row(result: "Verification") -> dict[str, Any]:
    row = asdict(result)
    interval = row.pop("eer")
    return {"eer": interval["value"], "low_95": interval["low"], "high_95": interval["high"], **row}


def _pair(known: Mapping[str, Sequence[Any]], first: int, second: int, distance: float) -> dict[str, Any]:
    who = known["identity"]
    return {"first": first, "second": second, "people": [who[first], who[second]], "distance": distance}
