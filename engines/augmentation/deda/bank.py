"""The bank: objects (CDP), their edited variants, and filled places (CIP), as files that others can open.

`cdp/{class}/{picture}.png` (RGBA, cropped), `cdp_syn/{class}/{picture}_{k}_s{strength}.png`,
`cip/{class}/{picture}.jpg`, `meta.parquet` (path, label, box, area, whose mask, seed, strength, rank, overlap, kept)
and `config.json` with the hash of the content. Built in stages that go on where they were interrupted; a place is
written before its object, so that an object that exists has all of its parts.
"""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from engines.augmentation.deda.decouple import Segment, decouple
from engines.augmentation.deda.editors import Editor
from engines.augmentation.deda.filters import Judge, overlap, ranks
from engines.augmentation.deda.layers import composite, resized
from engines.augmentation.making import Heard, Wish, keep, make, opened
from engines.data.labelled import Labelled
from engines.data.labelled.base import Box
from engines.errors import BadInput
from engines.training.sampling import hash_seed

Row = dict[str, Any]


@dataclass(frozen=True)
class Order:
    """How a bank is made: variants of each object, their strength, the side of pictures, filters, and its seed."""

    variants: int
    strength: float
    size_px: int
    rank_limit: int
    overlap: float
    seed: int
    batch: int = 8


@dataclass(frozen=True, eq=False)
class Bank:
    """A bank that is whole.

    Attributes:
        rows: of every object and variant that is kept, as in `meta.parquet`, objects first in the pictures' order.
    """

    root: Path
    rows: tuple[Row, ...]

    @cached_property
    def objects(self) -> dict[int, list[Row]]:
        """Real objects by class; one that is its whole picture has no place, and hides every other."""
        return _by_label([row for row in self.rows if row["kind"] == "cdp" and row["place"]])

    @cached_property
    def variants(self) -> dict[int, list[Row]]:
        """Variants that passed the filters, by class."""
        return _by_label([row for row in self.rows if row["kind"] == "cdp_syn" and row["kept"] and row["place"]])

    @cached_property
    def places(self) -> list[Row]:
        """Objects whose place is known."""
        return [row for row in self.rows if row["kind"] == "cdp" and row["place"]]

    def layer(self, row: Row) -> np.ndarray:
        """(h, w, 4) uint8 of an object or a variant."""
        return opened(self.root / row["path"])[0]

    def place(self, row: Row) -> np.ndarray:
        """(S, S, 3) uint8 of an object's place."""
        return opened(self.root / row["place"])[0]

    def counted(self) -> dict[str, int]:
        """How many objects, variants and places there are, and how many pairs of object and place."""
        real, made = (sum(len(rows) for rows in kind.values()) for kind in (self.objects, self.variants))
        return {
            "objects": real,
            "variants": made,
            "places": len(self.places),
            "pairs": (real + made) * len(self.places),
        }


def build(
    root: Path, pictures: Labelled, order: Order, editor: Editor, judge: Judge | None, heard: Heard,
    segments: Sequence[tuple[str, Segment]] = (),
) -> Bank:  # fmt: skip
    """Make a bank, or go on with one, or read it.

    Raises:
        Stopped: `heard` said so; what is made stays.
        BadInput: no picture could be taken apart, or the folder cannot be written.
    """
    done = root / "config.json"
    if not done.is_file():
        rows = _taken_apart(root, pictures, order, heard, segments)
        _vary(root, rows, order, editor, heard)
        made = _filtered(root, rows, order, judge, heard)
        _write(root, [*rows, *made], order, editor.name)
    return Bank(root, tuple(pq.read_table(root / "meta.parquet").to_pylist()))


def _taken_apart(
    root: Path, pictures: Labelled, order: Order, heard: Heard, segments: Sequence[tuple[str, Segment]]
) -> list[Row]:
    rows = []
    for number, entry in enumerate(pictures.entries):
        heard(number / len(pictures), f"taking pictures apart: {number} of {len(pictures)}")
        path, place = root / "cdp" / f"{entry.name}.png", root / "cip" / f"{entry.name}.jpg"
        if not path.exists():
            picture = entry.read()
            parts = decouple(entry, picture, segments)
            if parts.place is not None:
                keep(place, resized(parts.place, (order.size_px, order.size_px)))
            said = {"box": json.dumps(parts.box), "area": f"{parts.area:.4f}", "source": parts.source,
                    "refused": "; ".join(parts.refused)}  # fmt: skip
            keep(path, resized(parts.layer, _crop_size(parts.box, order.size_px)), said)
        said = opened(path)[1]
        rows.append({
            "kind": "cdp", "path": str(path.relative_to(root)), "source": number, "label": entry.label,
            "place": str(place.relative_to(root)) if place.exists() else "", "box": json.loads(said["box"]),
            "area": float(said["area"]), "mask": said["source"], "refused": said["refused"], "seed": order.seed,
            "strength": 0.0, "rank": 0, "overlap": 1.0, "kept": True,
        })  # fmt: skip
    _check(rows)
    return rows


def _check(rows: list[Row]) -> None:
    if not any(row["place"] for row in rows):
        why = next((row["refused"] for row in rows if row["refused"]), "there were neither masks nor boxes")
        raise BadInput(
            f"None of {len(rows)} pictures could be taken apart (the first: {why}). A mask must cover 1 % to 90 % of "
            "its picture: give masks or boxes with the data, or a SAM folder."
        )


def _crop_size(box: Box, side: int) -> tuple[int, int]:
    return max(1, round((box[2] - box[0]) * side)), max(1, round((box[3] - box[1]) * side))


def _vary(root: Path, rows: list[Row], order: Order, editor: Editor, heard: Heard) -> None:
    """Variants of every object, edited on a square canvas of the bank's size."""

    def edit(wishes: Sequence[Wish]) -> list[np.ndarray]:
        originals = [opened(root / rows[wish.source]["path"])[0] for wish in wishes]
        canvases = np.stack([squared(layer, order.size_px) for layer in originals])
        labels = [int(wish.label or 0) for wish in wishes]
        made = editor.layers(canvases, labels, order.strength, [wish.seed for wish in wishes])
        return [unsquared(one, layer.shape[:2]) for one, layer in zip(made, originals, strict=True)]

    make(_wishes(root, rows, order), order.batch, edit, heard, "editing objects")


def _wishes(root: Path, rows: list[Row], order: Order) -> list[Wish]:
    return [
        Wish(
            root / "cdp_syn" / f"{Path(row['path']).relative_to('cdp').with_suffix('')}_{k}_s{order.strength:g}.png",
            row["source"], row["label"], order.strength, hash_seed(order.seed, row["source"], k),
        )
        for row in rows for k in range(order.variants)
    ]  # fmt: skip


def squared(layer: np.ndarray, side: int) -> np.ndarray:
    """An object (h, w, 4) in the middle of an empty square, which it fills: (side, side, 4)."""
    height, width = layer.shape[:2]
    size = max(height, width)
    canvas = np.zeros((size, size, 4), np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    canvas[top : top + height, left : left + width] = layer
    return resized(canvas, (side, side))


def unsquared(canvas: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """An object (h, w) taken out of its square again."""
    height, width = shape[0], shape[1]
    size = max(height, width)
    top, left = (size - height) // 2, (size - width) // 2
    return resized(canvas, (size, size))[top : top + height, left : left + width]


def in_place(layer: np.ndarray, box: Sequence[float], side: int) -> np.ndarray:
    """An object where it stood, on an empty picture: (side, side, 4)."""
    height, width = layer.shape[:2]
    canvas = np.zeros((side, side, 4), np.uint8)
    left, top = (min(round(share * side), side - size) for share, size in ((box[0], width), (box[1], height)))
    canvas[top : top + height, left : left + width] = layer
    return canvas


def _filtered(root: Path, rows: list[Row], order: Order, judge: Judge | None, heard: Heard) -> list[Row]:
    """The variants, and which of them are kept: their class among the judge's first guesses, their outline like the
    real one's."""
    found = []
    wishes = _wishes(root, rows, order)
    for start in range(0, len(wishes), order.batch):
        heard(start / len(wishes), "filtering variants")
        part = wishes[start : start + order.batch]
        layers = [opened(wish.path)[0] for wish in part]
        shown = [_shown(root, rows[w.source], layer, order.size_px) for w, layer in zip(part, layers, strict=True)]
        rank = ranks(judge, shown, [rows[w.source]["label"] for w in part]) if judge else [0] * len(part)
        for wish, layer, place in zip(part, layers, rank, strict=True):
            row, alike = rows[wish.source], overlap(layer, opened(root / rows[wish.source]["path"])[0])
            good = (not order.rank_limit or place < order.rank_limit) and alike >= order.overlap
            found.append({**row, "kind": "cdp_syn", "path": str(wish.path.relative_to(root)), "seed": wish.seed,
                          "strength": wish.strength, "rank": int(place), "overlap": alike, "kept": good})  # fmt: skip
    return found


def _shown(root: Path, row: Row, layer: np.ndarray, side: int) -> np.ndarray:
    """A variant on its own place, for the judge."""
    place = opened(root / row["place"])[0] if row["place"] else np.full((side, side, 3), 127, np.uint8)
    return composite(in_place(layer, row["box"], side), place)


def _write(root: Path, rows: list[Row], order: Order, editor: str) -> None:
    """The table, then the file that says the bank is whole."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update((root / row["path"]).read_bytes())
    said = {"order": vars(order), "editor": editor, "pictures": sum(row["kind"] == "cdp" for row in rows),
            "sha256": digest.hexdigest()}  # fmt: skip
    _atomic(root / "meta.parquet", lambda path: pq.write_table(pa.Table.from_pylist(rows), path))
    _atomic(root / "config.json", lambda path: path.write_text(json.dumps(said, indent=1)))


def _atomic(path: Path, write: Callable[[Path], Any]) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    write(draft)
    draft.replace(path)


def _by_label(rows: list[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for row in rows:
        found.setdefault(int(row["label"]), []).append(row)
    return found
