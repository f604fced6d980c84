"""Pickles of others, read without running anything: lists, numbers, text, bytes and plain NumPy arrays alone.

A pickle may name any function to be called as it is read. Here only what an array needs is found, and an array's
elements may not be objects.
"""

import io
import pickle
from typing import Any

import numpy as np

from engines.errors import BadInput

_ARRAYS = ("numpy.core.multiarray", "numpy._core.multiarray")


def loads(content: bytes, what: str, encoding: str = "bytes") -> Any:
    """The value of a pickle.

    Raises:
        BadInput: it names anything else, or is damaged.
    """
    try:
        return _Plain(io.BytesIO(content), encoding=encoding).load()
    except BadInput:
        raise
    except Exception as error:  # on hostile bytes an unpickler raises nearly anything
        raise BadInput(
            f"{what} is damaged or no pickle ({type(error).__name__}); copy or download it again."
        ) from error


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in _ARRAYS and name in ("_reconstruct", "scalar"):
            return _array if name == "_reconstruct" else _scalar
        if (module, name) in (("numpy", "ndarray"), ("numpy", "dtype")):
            return np.ndarray if name == "ndarray" else _dtype
        if (module, name) == ("_codecs", "encode"):
            return _encoded
        raise BadInput(f"The pickle asks for {module}.{name}, which is no plain value; it is not opened.")


def _dtype(kind: Any, *more: Any) -> np.dtype:
    text = kind.decode() if isinstance(kind, bytes) else str(kind)
    if text.lstrip("<>|=")[:1] not in "biufSV" or "O" in text:
        raise BadInput(f"The pickle holds an array of {text!r}; only numbers and bytes are read.")
    return np.dtype(text)


def _array(kind: Any, shape: Any, code: Any) -> np.ndarray:
    return np.ndarray.__new__(np.ndarray, (0,), np.int8)


def _scalar(kind: np.dtype, content: bytes | str) -> Any:
    raw = content.encode("latin1") if isinstance(content, str) else content
    return np.frombuffer(raw, kind)[0].item()


def _encoded(text: Any, coding: Any = "latin1") -> bytes:
    if coding not in ("latin1", b"latin1", "latin-1"):
        raise BadInput(f"The pickle encodes text as {coding!r}; only latin1 is read.")
    return (text.decode("latin1") if isinstance(text, bytes) else text).encode("latin1")
