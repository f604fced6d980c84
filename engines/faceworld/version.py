"""The world's version, by which pictures kept on disk are found again."""

import functools
import hashlib

from engines import ASSETS

NUMBER = 2
"""Raised with every change of what is drawn; `tests/faceworld/test_version.py` notices when it should be."""


@functools.cache
def world_version() -> str:
    """The number, and a hash of the bundled arrays that pictures are made from: like "1-3f9a0c2b"."""
    digest = hashlib.sha256()
    for path in sorted((ASSETS / "world").glob("*.safetensors")):
        digest.update(path.read_bytes())
    return f"{NUMBER}-{digest.hexdigest()[:8]}"
