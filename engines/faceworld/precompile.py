"""Compile every kernel of the face world once and keep it, so that no picture waits for it later.

`python -m engines.faceworld.precompile`. It makes a small set of every forgery family and a short clip of every kind in
this process, and throws them away.
"""

import tempfile
from pathlib import Path

from engines.faceworld.clips.dataset import ClipSet, ClipSpec
from engines.faceworld.clips.forge import FAMILIES as CLIP_FAMILIES
from engines.faceworld.dataset import FAMILIES, ForgerySet, ForgerySpec
from engines.faceworld.occluders import KINDS
from engines.faceworld.people import Person
from engines.faceworld.photo import Photo
from engines.faceworld.render import render


def precompile() -> None:
    """See the module."""
    with tempfile.TemporaryDirectory() as folder:
        ForgerySet.build(ForgerySpec("test", FAMILIES, 4, 4, 1, partners=True), workers=1, cache=Path(folder))
        ClipSet.build(ClipSpec("test", CLIP_FAMILIES, 4, 1, 1, frames=2), workers=1, cache=Path(folder))
    for number, kind in enumerate(KINDS):
        render(Person.sample(number), Photo.sample(number, occluder=kind), 64)


if __name__ == "__main__":
    precompile()
