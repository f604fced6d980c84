"""Files that are whole or absent, and values that JSON can hold."""

import errno
import json
import math
import os
import secrets
from pathlib import Path
from typing import Any

FULL = {errno.ENOSPC, errno.EDQUOT}
"""What the system says when a disk, or a user's share of it, is full."""


def write_atomic(path: Path, content: bytes | str, sync: bool = True) -> None:
    """Write a file beside, then rename it: a reader sees the old content or the new, never half of either.

    Args:
        sync: also survive a power cut, for some milliseconds.

    Raises:
        OSError: the disk is full or the folder is gone; the old file stands.
    """
    data = content.encode() if isinstance(content, str) else content
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(3)}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON that every reader takes: NumPy values become plain ones, and what is not a number becomes null."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value as dicts, lists, text and finite numbers."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):  # NumPy arrays and scalars, torch tensors
        return plain(value.tolist())
    return value if isinstance(value, bool | int | str | None) else str(value)
