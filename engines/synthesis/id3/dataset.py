"""A data set of identities: anchors, folders, one row a picture; resumed where it stopped, and never retried for ever.

ID³, algorithm 3: identity i is an anchor w_i; its picture j is drawn from an embedding y_ij at a cosine c in [lb, ub]
to w_i and from attributes s_ij. A picture that fails a criterion is drawn again from other noise, `retries` times at
most; then the best attempt is kept and its row names what it fails.

    FOLDER/dataset.json          the order, and what drew it
    FOLDER/manifest.jsonl        a row a picture: file, identity, number, seed, attempts, c, what was asked for and
                                 what was read (yaw, pitch, roll in degrees, years), cosine, passed, failing
    FOLDER/000012/003.png        picture 3 of identity 12

Pictures are made in chunks; a chunk depends on the order and its own place alone, so that a set that was interrupted
ends with the same rows and files as one that was not.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from engines.backbones.readers import Readers
from engines.data.pixels import to_bytes
from engines.errors import BadConfig, BadInput, Stopped
from engines.synthesis.id3 import attributes as attr
from engines.synthesis.id3.anchors import near
from engines.synthesis.id3.sampling import CHUNK, Generator, Guidance, Pace
from engines.training.sampling import hash_seed

ORDER, MANIFEST = "dataset.json", "manifest.jsonl"


@dataclass(frozen=True)
class Order:
    """What a set holds.

    Args:
        identities, images: people, and pictures of each. seed: of all that is random.
        closest, farthest: bounds of c. attributes: "empirical" or "stratified".
        least_cosine: to y; -1 accepts any. most_yaw, most_years: largest errors of what is read; inf accepts any.
        retries: further attempts for a picture that fails.

    Raises:
        BadConfig: a number is out of its bounds.
    """

    identities: int = 10
    images: int = 8
    seed: int = 0
    closest: float = 0.7
    farthest: float = 1.0
    attributes: str = "empirical"
    least_cosine: float = -1.0
    most_yaw: float = 180.0
    most_years: float = 200.0
    retries: int = 2

    def __post_init__(self) -> None:
        if self.identities < 1 or self.images < 1 or self.retries < 0:
            raise BadConfig("A set has at least one identity with one picture, and no negative number of retries.")
        if not -1 <= self.closest <= self.farthest <= 1:
            raise BadConfig(f"Cosines go from -1 to 1, lb first, not {self.closest} to {self.farthest}.")
        if self.attributes not in ("empirical", "stratified"):
            raise BadConfig(f"Attributes are empirical or stratified, not {self.attributes!r}.")

    def __len__(self) -> int:
        return self.identities * self.images


@dataclass(frozen=True)
class Asked:
    """What each of N pictures is asked to be: whose (N,), y (N, D), c (N,), attributes (N, 4) in degrees and years."""

    identity: np.ndarray
    embedding: Tensor
    cosine: np.ndarray
    attributes: np.ndarray


def asked(order: Order, anchors: Tensor, known: np.ndarray, space: Tensor | None = None) -> Asked:
    """The wishes of a whole set, drawn from its seed.

    Args:
        anchors: (M, D), at least as many as identities. known: (K, 4) attributes of the training set.
        space: directions within which embeddings turn away from their anchors, see `anchors.near`.

    Raises:
        BadConfig: there are too few anchors.
    """
    if len(anchors) < order.identities:
        raise BadConfig(f"{order.identities} identities need as many anchors; there are {len(anchors)}.")
    who = np.repeat(np.arange(order.identities), order.images)
    rng = np.random.default_rng([order.seed, 0x1D3])
    cosine = rng.uniform(order.closest, order.farthest, len(who)).astype(np.float32)
    y = near(anchors[torch.from_numpy(who)], torch.from_numpy(cosine), order.seed, space)
    even = order.attributes == "stratified"
    s = attr.stratified(len(who), order.seed) if even else attr.empirical(known, len(who), order.seed)
    return Asked(who, y, cosine, s)


def generate(
    folder: Path,
    order: Order,
    wishes: Asked,
    generator: Generator,
    readers: Readers,
    guidance: Guidance,
    pace: Pace,
    made_by: dict[str, Any] | None = None,
    heard: Callable[[float], None] | None = None,
    stopping: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Write a set, or go on with one of the same order; what was written, in numbers.

    Raises:
        BadInput: the folder holds a set of another order.
        Stopped: `stopping` said so; whole chunks are kept, and a second call goes on.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, {"order": asdict(order), "guidance": asdict(guidance), "pace": asdict(pace), **(made_by or {})})
    rows = _whole_chunks(folder, len(order))
    for start in range(len(rows), len(order), CHUNK):
        if heard:
            heard(start / len(order))
        if stopping and stopping():
            raise Stopped(f"Stopped after {start} of {len(order)} pictures; the same order goes on from there.")
        part = range(start, min(start + CHUNK, len(order)))
        images, made = _chunk(part, order, wishes, generator, readers, guidance, pace, stopping)
        for image, row in zip(images, made, strict=True):
            place = folder / row["file"]
            place.parent.mkdir(exist_ok=True)
            Image.fromarray(image).save(place)
        with (folder / MANIFEST).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in made)
        rows += made
    if heard:
        heard(1.0)
    return told(rows, folder)


def told(rows: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """A set in numbers."""
    failing = sorted({name for row in rows for name in row["failing"]})
    return {
        "folder": str(folder),
        "pictures": len(rows),
        "identities": len({row["identity"] for row in rows}),
        "cosine": float(np.mean([row["cosine"] for row in rows])),
        "attempts": float(np.mean([row["attempts"] for row in rows])),
        "failed": sum(not row["passed"] for row in rows),
        "failing": {name: sum(name in row["failing"] for row in rows) for name in failing},
    }


def failing(order: Order, cosine: float, wanted: np.ndarray, read: np.ndarray) -> list[str]:
    """The criteria that a picture fails: its cosine, and attributes (4,) wanted against those read."""
    tests = {
        "cosine": cosine < order.least_cosine,
        "yaw": abs(wanted[0] - read[0]) > order.most_yaw,
        "years": abs(wanted[3] - read[3]) > order.most_years,
    }
    return [name for name, fails in tests.items() if fails]


def _chunk(
    part: range, order: Order, wishes: Asked, generator: Generator, readers: Readers, guidance: Guidance, pace: Pace,
    stopping: Callable[[], bool] | None,
) -> tuple[list[np.ndarray], list[dict[str, Any]]]:  # fmt: skip
    """Pictures and rows of a chunk: attempts until each passes or the retries are used up; the best one counts."""
    best: dict[int, tuple[np.ndarray, dict[str, Any]]] = {}
    left = list(part)
    for attempt in range(order.retries + 1):
        seeds = [hash_seed(order.seed, index, attempt) for index in left]
        drawn = generator.draw(
            wishes.embedding[left], attr.encode(wishes.attributes[left]), seeds, guidance, pace, stopping=stopping
        )
        images = to_bytes(drawn.images)
        read = readers.read_arrays(images)
        for place, index in enumerate(left):
            seen = np.append(read["pose"][place], read["years"][place])
            cosine = float(read["identity"][place] @ wishes.embedding[index].numpy())
            fails = failing(order, cosine, wishes.attributes[index], seen)
            row = _row(index, order, wishes, seeds[place], attempt + 1, cosine, seen, fails)
            if index not in best or _rank(row) > _rank(best[index][1]):
                best[index] = (images[place], row)
            best[index][1]["attempts"] = attempt + 1
        left = [index for index in left if not best[index][1]["passed"]]
        if not left:
            break
    return [best[index][0] for index in part], [best[index][1] for index in part]


def _rank(row: dict[str, Any]) -> tuple[int, float]:
    return -len(row["failing"]), row["cosine"]


def _row(
    index: int, order: Order, wishes: Asked, seed: int, attempts: int, cosine: float, seen: np.ndarray, fails: list[str]
) -> dict[str, Any]:
    who, number = divmod(index, order.images)
    wanted = wishes.attributes[index]
    return {
        "file": f"{who:06d}/{number:03d}.png", "identity": who, "number": number, "seed": seed, "attempts": attempts,
        "c": round(float(wishes.cosine[index]), 4),
        **{name: round(float(value), 2) for name, value in zip(attr.NAMES, wanted, strict=True)},
        **{f"{name}_read": round(float(value), 2) for name, value in zip(attr.NAMES, seen, strict=True)},
        "cosine": round(cosine, 4), "passed": not fails, "failing": fails,
    }  # fmt: skip


def _claim(folder: Path, what: dict[str, Any]) -> None:
    place, text = folder / ORDER, json.dumps(what, indent=2, sort_keys=True) + "\n"
    if place.exists():
        if place.read_text(encoding="utf-8") != text:
            raise BadInput(f"{folder} holds a set of another order; choose a new folder, or repeat the order.")
        return
    if any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty; choose a new folder, so that nothing in it is overwritten.")
    draft = place.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(place)


def _whole_chunks(folder: Path, count: int) -> list[dict[str, Any]]:
    """Rows of whole chunks; what an interruption left of another is forgotten."""
    place = folder / MANIFEST
    if not place.exists():
        return []
    rows = []
    for line in place.read_text(encoding="utf-8").splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:  # the last line, cut off
            break
    whole = len(rows) if len(rows) == count else len(rows) // CHUNK * CHUNK
    draft = place.with_suffix(".draft")
    draft.write_text("".join(json.dumps(row) + "\n" for row in rows[:whole]), encoding="utf-8")
    draft.replace(place)
    return rows[:whole]
