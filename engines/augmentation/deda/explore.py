"""De-DA by hand: one picture taken apart, put together anew, edited, and what each method would make of it.

A subject is a rendered person, whose mask is known, or a photograph from outside, of which the face found in it gives
the box. Everything is small and quick; nothing is kept. Pictures (S, S, 3) uint8 RGB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from engines.augmentation.deda import editors, segment
from engines.augmentation.deda.bank import in_place, squared, unsquared
from engines.augmentation.deda.combine import Geometry, lay
from engines.augmentation.deda.decouple import Parts, decouple
from engines.augmentation.deda.layers import composite, hole, premultiplied, resized
from engines.augmentation.deda.prompts import prompts
from engines.augmentation.rivals.mixing import MIXERS
from engines.backbones import denoiser
from engines.data.labelled import Entry
from engines.data.pixels import to_bytes, to_unit
from engines.errors import BadInput
from engines.faceworld.camera import finish
from engines.faceworld.classed import ZOOM, cover
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render

SIDE_PX = 112
WIDER = 0.6
"""A box about a face, widened by this share on each side, is a box about a head."""
SQUARE_PX = 14
WHOLE, WHOLE_MIX, EDIT = 0.5, 0.7, 0.3


@dataclass(frozen=True, eq=False)
class Subject:
    """A picture and its parts."""

    picture: np.ndarray
    parts: Parts


@lru_cache(maxsize=64)
def person(number: int, photo: int, place: str = "") -> Subject:
    """A rendered person, somewhere or at a kind of place.

    Raises:
        BadConfig: there is no such place.
    """
    taken = Photo.sample(photo, occluder="none").changed(zoom=ZOOM, **({"place": place} if place else {}))
    seen = render(Person.of(number), taken, SIDE_PX)
    picture, mask = np.array(finish(seen.image, taken.camera)), cover(seen.truth.masks)
    entry = Entry(f"person/{number}", 0, lambda: picture, lambda: mask.astype(np.float32) / 255)
    return Subject(picture, decouple(entry, picture))


def photograph(image: np.ndarray) -> Subject:
    """A photograph (H, W, 3), made square about the largest face in it.

    Raises:
        BadInput: no face is found in it.
    """
    from engines.data.faces import find_faces

    found = find_faces(image)
    if not found:
        raise BadInput("No face was found, so nothing says where the object is. Use a picture with a clear face.")
    box = max((face.box for face in found), key=lambda b: (b[2] - b[0]) * (b[3] - b[1]))
    square, inner = _about(image, [float(value) for value in box])
    picture = resized(square, (SIDE_PX, SIDE_PX))
    share = SIDE_PX / len(square)
    shrunk = (inner[0] * share, inner[1] * share, inner[2] * share, inner[3] * share)
    entry = Entry("photograph/0", 0, lambda: picture, box=shrunk)
    return Subject(picture, decouple(entry, picture, segment.segments()))


def _about(image: np.ndarray, box: Sequence[float]) -> tuple[np.ndarray, tuple[float, float, float, float]]:
    """A square about the head, as far as the picture goes, and the head's box in it."""
    height, width = image.shape[:2]
    more = WIDER * max(box[2] - box[0], box[3] - box[1]) / 2
    head = (box[0] - more, box[1] - more, box[2] + more, box[3] + more)
    side = int(min(height, width, 1.6 * max(head[2] - head[0], head[3] - head[1])))
    left = int(np.clip((head[0] + head[2] - side) / 2, 0, width - side))
    top = int(np.clip((head[1] + head[3] - side) / 2, 0, height - side))
    inner = (head[0] - left, head[1] - top, head[2] - left, head[3] - top)
    return image[top : top + side, left : left + side], inner


def chequered(layer: np.ndarray) -> np.ndarray:
    """A layer (S, S, 4) on a chequerboard."""
    rows, columns = np.indices(layer.shape[:2]) // (SQUARE_PX // 2)
    board = np.where((rows + columns) % 2, 205, 245).astype(np.uint8)[..., None].repeat(3, 2)
    return composite(layer, board)


def apart(subject: Subject, other: Subject, scale: float, right: float, down: float, turn_deg: float) -> dict[str, Any]:
    """The layers by name, and the subject's object before the other's place.

    Args:
        scale: of the object, 1 as it is. right, down: how far it is moved, shares of the side.
    """
    parts, side = subject.parts, len(subject.picture)
    layer = in_place(parts.layer, parts.box, side)
    gone = hole(parts.alpha)
    holed = chequered(np.dstack([subject.picture, ((1 - gone) * 255).astype(np.uint8)]))
    filled = subject.picture if parts.place is None else parts.place
    behind = other.picture if other.parts.place is None else other.parts.place
    moved = _moved(layer, scale, right, down, turn_deg)
    return {
        "picture": subject.picture, "mask": (parts.alpha * 255).astype(np.uint8), "object": chequered(layer),
        "holed": holed, "filled": filled, "behind": behind, "together": _over(moved, behind),
        "source": parts.source, "area": parts.area,
    }  # fmt: skip


def _moved(layer: np.ndarray, scale: float, right: float, down: float, turn_deg: float) -> np.ndarray:
    """A premultiplied object of its picture's size, moved by hand."""
    from PIL import Image

    side, angle = len(layer), np.radians(turn_deg)
    cos, sin, middle = np.cos(angle) / scale, np.sin(angle) / scale, side / 2
    x, y = middle + right * side, middle + down * side
    data = (cos, sin, middle - cos * x - sin * y, -sin, cos, middle + sin * x - cos * y)
    picture = Image.frombytes("RGBa", (side, side), premultiplied(layer).tobytes())
    moved = picture.transform((side, side), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.frombuffer(moved.tobytes(), np.uint8).reshape(side, side, 4)


def _over(premultiplied_layer: np.ndarray, place: np.ndarray) -> np.ndarray:
    alpha = premultiplied_layer[..., 3:].astype(np.uint16)
    out = premultiplied_layer[..., :3] + (place.astype(np.uint16) * (255 - alpha) + 127) // 255
    return np.minimum(out, 255).astype(np.uint8)


@lru_cache(maxsize=1)
def editor() -> editors.Editor:
    """SDEdit by the bundled denoiser, or the stand-in where there is none."""
    if not denoiser.BUNDLED.is_dir():
        return editors.Jitter()
    model = denoiser.build("world")
    return editors.Sdedit(model, prompts(model, str(denoiser.BUNDLED), 1, 1, "person"), 1.0, 20)


def edited(subject: Subject, strengths: Sequence[float], seed: int, by: editors.Editor) -> dict[str, np.ndarray]:
    """The whole picture and the isolated object, edited at each strength from the same noise.

    Returns:
        whole, isolated: (K, S, S, 3), the latter before its own filled place; of each, mean absolute change in levels
        of 255 within the object and around it: whole_object, whole_around, isolated_object, isolated_around (K,).
    """
    parts, side = subject.parts, len(subject.picture)
    place = subject.picture if parts.place is None else parts.place
    whole, isolated = [], []
    for strength in strengths:
        whole.append(by.pictures(subject.picture[None], None, strength, [seed])[0])
        layer = unsquared(by.layers(squared(parts.layer, side)[None], None, strength, [seed])[0], parts.layer.shape[:2])
        isolated.append(composite(in_place(layer, parts.box, side), place))
    inside, around = parts.alpha > 0.9, hole(parts.alpha) == 0
    found = {"strengths": np.array(strengths), "whole": np.stack(whole), "isolated": np.stack(isolated)}
    for name in ("whole", "isolated"):
        change = np.abs(found[name].astype(int) - subject.picture).mean(-1)
        for where, mask in (("object", inside), ("around", around)):
            found[f"{name}_{where}"] = change[:, mask].mean(1) if mask.any() else np.zeros(len(change))
    return found


def methods(subject: Subject, other: Subject, seed: int, by: editors.Editor) -> dict[str, np.ndarray]:
    """What each method makes of a picture, with one of another class where it takes two."""
    pair, labels = to_unit(np.stack([subject.picture, other.picture])), torch.eye(2)
    found = {"original": subject.picture}
    for name, mix in MIXERS.items():
        found[name] = to_bytes(_differing(mix, pair, labels, seed))[0]
    found["randaugment"] = _randaugmented(subject.picture, seed)
    for name, strength in (("real-guidance", WHOLE), ("diff-mix", WHOLE_MIX)):
        found[name] = by.pictures(subject.picture[None], None, strength, [seed])[0]
    found["de-da"] = _deda(subject, other, seed, by)
    return found


def _differing(mix: Any, pair: torch.Tensor, labels: torch.Tensor, seed: int) -> torch.Tensor:
    """A draw in which the two pictures are mixed with each other, and not with themselves."""
    for attempt in range(32):
        mixed, targets = mix(pair, labels, np.random.default_rng([seed, attempt]), alpha=1.0)
        if 0.15 < float(targets[0, 1]) < 0.85:
            return mixed
    return mixed


def _randaugmented(picture: np.ndarray, seed: int) -> np.ndarray:
    from torchvision.transforms import v2

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return v2.RandAugment()(torch.from_numpy(np.array(picture)).permute(2, 0, 1)).permute(1, 2, 0).numpy()


def _deda(subject: Subject, other: Subject, seed: int, by: editors.Editor) -> np.ndarray:
    parts, side, rng = subject.parts, len(subject.picture), np.random.default_rng(seed)
    layer = unsquared(by.layers(squared(parts.layer, side)[None], None, EDIT, [seed])[0], parts.layer.shape[:2])
    behind = other.picture if other.parts.place is None else other.parts.place
    return _over(lay(premultiplied(layer), parts.box, side, Geometry(), rng), behind)
