"""The one way in which this package compiles: cached on disk, without the interpreter's lock, IEEE division.

Sums are not reassociated: pictures must not depend on the width of a machine's vectors. Numba's own cache notices a
change in a function's file but not in the files of functions it calls; here a change of any file with kernels
begins a new cache, beside the sources where that folder can be written.
"""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb
import platformdirs
from numba.core import config as _config

config: Any = _config  # its settings are made at run time, which type checkers cannot see
FASTMATH = {"nnan", "ninf", "nsz", "arcp", "contract", "afn"}


def njit(**options: Any) -> Callable[[Callable], Callable]:
    """Numba's decorator with this package's options."""

    def compile_lazily(function: Callable) -> Callable:
        before = config.CACHE_DIR
        config.CACHE_DIR = _cache_folder()
        try:
            return nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=FASTMATH, **options)(function)
        finally:
            config.CACHE_DIR = before

    return compile_lazily


@functools.cache
def _cache_folder() -> str:
    sources = Path(__file__).parent
    texts = (path.read_bytes() for path in sorted(sources.rglob("*.py")))
    digest = hashlib.sha256(b"".join(text for text in texts if b"njit" in text))
    name = f"kernels-{digest.hexdigest()[:12]}"
    for folder in (sources / "__pycache__", Path(platformdirs.user_cache_dir("mien"))):
        try:
            (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder / name, os.W_OK):
            return str(folder / name)
    return ""  # numba then looks for a place itself
