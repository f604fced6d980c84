"""The online part: an object of the sample's class before a place of another, drawn anew for every sample.

Everything follows from the sample's own seed, so that a resumed training, or one with more loader processes, sees the
very same pictures. Labels are probability vectors: a second object of another class shares the label by the area of
it that shows. A part of the samples stays whole, and with `places=own` objects stand before their own filled place, so
that a seam is no sign of a class.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from engines.augmentation.deda.bank import Bank, Row
from engines.augmentation.deda.layers import premultiplied, resized
from engines.errors import BadInput

CACHE_BYTES = 1 << 30
_TRIES = 8


@dataclass(frozen=True)
class Geometry:
    """How an object is laid into a picture; see the fields of the same names in `recipe.DedaConfig`."""

    flip: float = 0.5
    turn_deg: float = 15.0
    placed: str = "near"
    reach: float = 0.1
    least: float = 0.2
    most: float = 0.8
    visible: float = 0.7

    @classmethod
    def still(cls) -> "Geometry":
        """Objects stay where and as they are."""
        return cls(flip=0.0, turn_deg=0.0, reach=0.0)


@dataclass(frozen=True)
class Rules:
    """How often, whose place, and how; see `recipe.DedaConfig`."""

    combined: float = 0.5
    synthetic: float = 0.5
    places: str = "inter-class"
    mixed: float = 0.25
    own_object: bool = False
    geometry: Geometry = Geometry()


class Combiner:
    """See the module: `(index, label, rng) -> picture (S, S, 3) uint8, target (C,) float32`, or None for "as it is".

    Args:
        bank: of the training pictures, index by index. classes: how many. canvas_px: side of the pictures given.

    Raises:
        BadInput: places are wanted of other pictures of the class, or of other classes, and there are none.
    """

    def __init__(self, bank: Bank, classes: int, canvas_px: int, rules: Rules):
        self.bank, self.classes, self.canvas_px, self.rules = bank, classes, canvas_px, rules
        self.rows = sorted((row for row in bank.rows if row["kind"] == "cdp"), key=lambda row: row["source"])
        labels = np.array([row["label"] for row in bank.places])
        self._places = {int(k): np.flatnonzero(labels != k) for k in bank.objects}
        self._alike = {int(k): np.flatnonzero(labels == k) for k in bank.objects}
        self._check()
        room = max(64, CACHE_BYTES // (canvas_px**2 * 4))
        self._layer = lru_cache(room)(self._read_layer)
        self._place = lru_cache(room)(self._read_place)
        self._by_path = {row["path"]: row for row in bank.rows}

    def _check(self) -> None:
        pools = {"inter-class": self._places, "same-class": self._alike}.get(self.rules.places, {})
        empty = [label for label, pool in pools.items() if not len(pool)]
        if empty:
            whose = "another class" if self.rules.places == "inter-class" else "its own"
            raise BadInput(
                f"Class {empty[0]} has no place of {whose} to be put before, with places={self.rules.places}. "
                "Choose places=any, or give more pictures."
            )

    def __call__(self, index: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray] | None:
        """A picture put together, or None where the plain one is to be used."""
        row, rules = self.rows[index], self.rules
        if rng.random() >= rules.combined or not row["place"]:
            return None
        label = int(row["label"])
        objects = [(self._object(row, label, rng), label)]
        if rng.random() < rules.mixed:
            other = int(rng.choice(list(self.bank.objects)))
            objects.append((self._object(None, other, rng), other))
        place = self.bank.places[self.draw_place(row, rng)]
        return self._laid(objects, self._place(place["place"]), rng)

    def _object(self, own: Row | None, label: int, rng: np.random.Generator) -> Row:
        """A member of a class: its own object or another's, real or a variant."""
        made = self.bank.variants.get(label, [])
        if self.rules.own_object and own is not None:
            made = [row for row in made if row["source"] == own["source"]]
        if made and rng.random() < self.rules.synthetic:
            return made[int(rng.integers(len(made)))]
        real = self.bank.objects[label]
        return own if own is not None and self.rules.own_object else real[int(rng.integers(len(real)))]

    def draw_place(self, row: Row, rng: np.random.Generator) -> int:
        """Which of the bank's places stands behind: uniform over classes, then over their pictures."""
        mode, label = self.rules.places, int(row["label"])
        if mode == "own":
            return next(n for n, place in enumerate(self.bank.places) if place["source"] == row["source"])
        if mode == "same-class":
            return int(rng.choice(self._alike[label]))
        others = [k for k, pool in self._alike.items() if len(pool) and (mode == "any" or k != label)]
        return int(rng.choice(self._alike[others[int(rng.integers(len(others)))]]))

    def _laid(
        self, objects: Sequence[tuple[Row, int]], place: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Objects one after another, the later before the earlier, and the label by what shows of each."""
        out, shows = place.astype(np.uint16), list[np.ndarray]()
        for row, _ in objects:
            layer = lay(self._layer(row["path"]), row["box"], self.canvas_px, self.rules.geometry, rng)
            alpha = layer[..., 3:].astype(np.uint16)
            out = layer[..., :3] + (out * (255 - alpha) + 127) // 255
            shows = [area * (1 - alpha[..., 0] / 255.0) for area in shows] + [alpha[..., 0] / 255.0]
        target = np.zeros(self.classes, np.float32)
        if len(objects) == 1:
            target[objects[0][1]] = 1
        else:
            sizes = np.array([float(area.sum()) for area in shows])
            for (_, label), size in zip(objects, sizes / max(1e-9, float(sizes.sum())), strict=True):
                target[label] += size
        return np.minimum(out, 255).astype(np.uint8), target

    def _read_layer(self, path: str) -> np.ndarray:
        """An object at the canvas's scale, premultiplied."""
        row = self._by_path[path]
        layer, box = self.bank.layer(row), row["box"]
        size = [max(1, round((box[n + 2] - box[n]) * self.canvas_px)) for n in (0, 1)]
        return premultiplied(resized(layer, (size[0], size[1])))

    def _read_place(self, path: str) -> np.ndarray:
        return resized(self.bank.place({"place": path}), (self.canvas_px, self.canvas_px))


def lay(layer: np.ndarray, box: Sequence[float], side: int, geometry: Geometry, rng: np.random.Generator) -> np.ndarray:
    """A premultiplied object (h, w, 4) moved, turned, sized and mirrored onto an empty picture (side, side, 4)."""
    height, width = layer.shape[:2]
    mirrored, turn = rng.random() < geometry.flip, np.radians(rng.uniform(-geometry.turn_deg, geometry.turn_deg))
    if geometry.placed == "near":
        scale = float(np.exp(rng.uniform(-geometry.reach, geometry.reach)))
        x = (1 - (box[0] + box[2]) / 2 if mirrored else (box[0] + box[2]) / 2) * side
        centre = np.array([x, (box[1] + box[3]) / 2 * side])
        centre += rng.uniform(-geometry.reach, geometry.reach, 2) * side
    else:
        scale = rng.uniform(geometry.least, geometry.most) * side / max(height, width)
        centre = _somewhere(np.array([width, height]) * scale, side, geometry.visible, rng)
    cos, sin = np.cos(turn) / scale, np.sin(turn) / scale
    sign = -1.0 if mirrored else 1.0
    x0 = width / 2 - sign * (cos * centre[0] + sin * centre[1])
    y0 = height / 2 - (-sin * centre[0] + cos * centre[1])
    if not turn and scale == 1:
        x0, y0 = round(x0), round(y0)  # whole pixels, so that an object that stays is not blurred
    data = (sign * cos, sign * sin, x0, -sin, cos, y0)
    picture = Image.frombytes("RGBa", (width, height), layer.tobytes())
    moved = picture.transform((side, side), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.frombuffer(moved.tobytes(), np.uint8).reshape(side, side, 4)


def _somewhere(size: np.ndarray, side: int, visible: float, rng: np.random.Generator) -> np.ndarray:
    """A centre for an object of this (width, height) of which at least `visible` lies within the picture."""
    for _ in range(_TRIES):
        centre = rng.uniform(0, side, 2)
        inside = np.minimum(centre + size / 2, side) - np.maximum(centre - size / 2, 0)
        if float(np.prod(inside.clip(0) / size)) >= visible:
            return centre
    return np.full(2, side / 2.0)
