"""Pictures made in batches and kept one by one: what is there already is not made again.

Every file is written beside its place and renamed, so that a bank that was interrupted is whole as far as it goes.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, PngImagePlugin

from engines.errors import BadInput

Heard = Callable[[float, str], None]
"""Told how far a stage is; raises `Stopped` where it should end."""


@dataclass(frozen=True)
class Wish:
    """A picture to be made: where it is kept, of which picture, towards which class (None: any), how, by what seed."""

    path: Path
    source: int
    label: int | None
    strength: float
    seed: int


def make(
    wishes: Sequence[Wish], batch: int, edit: Callable[[Sequence[Wish]], Sequence[np.ndarray]], heard: Heard, words: str
) -> None:
    """Make what is not there yet; the wishes of one call of `edit` share their strength.

    Raises:
        Stopped: `heard` said so; what was made stays.
    """
    missing = [wish for wish in wishes if not wish.path.exists()]
    done = len(wishes) - len(missing)
    for start in range(0, len(missing), batch):
        heard((done + start) / len(wishes), f"{words}: {done + start} of {len(wishes)}")
        part = missing[start : start + batch]
        for wish, picture in zip(part, edit(part), strict=True):
            keep(wish.path, picture)


def keep(path: Path, picture: np.ndarray, said: dict[str, str] | None = None) -> None:
    """Write a picture, PNG or JPEG by its suffix, whole or not at all; `said` goes into a PNG's text.

    Raises:
        BadInput: the folder cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    text = PngImagePlugin.PngInfo()
    for name, value in (said or {}).items():
        text.add_text(name, value)
    how: dict[str, Any] = {"format": "JPEG", "quality": 95, "subsampling": 0}
    if path.suffix == ".png":
        how = {"format": "PNG", "pnginfo": text}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(draft, **how)
        draft.replace(path)
    except OSError as error:
        raise BadInput(f"The bank cannot be written to {path.parent}: {error}. Set bank to another folder.") from error


def opened(path: Path) -> tuple[np.ndarray, dict[str, str]]:
    """A picture as it was kept, and what was said with it.

    Raises:
        BadInput: it is damaged.
    """
    try:
        with Image.open(path) as picture:
            return np.array(picture), {str(key): str(value) for key, value in picture.info.items()}
    except OSError as error:
        raise BadInput(f"{path} in the bank is damaged ({error}); delete it, and it is made again.") from error
