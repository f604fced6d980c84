"""A folder that comes to exist whole or not at all: written beside its place under another name, then renamed."""

import contextlib
import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engines.errors import BadInput

FULL = {errno.ENOSPC, errno.EDQUOT}
"""What the system says when a disk, or a user's share of it, is full."""
SURE_AFTER = 64
"""Rows after which the size of the whole is known well enough to refuse it."""


@contextlib.contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the name of `folder` when all went well and vanishes when it did not.

    Raises:
        BadInput: `folder` exists, cannot be written, or the disk is full.
    """
    final = Path(folder).expanduser().absolute()
    _refuse_existing(final)
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        # The outer folder is private to this user; the inner one, which is renamed, has the usual rights.
        with tempfile.TemporaryDirectory(prefix=f".{final.name[:40]}-", dir=final.parent) as outer:
            inner = Path(outer) / "draft"
            inner.mkdir()
            yield inner
            _refuse_existing(final)
            inner.rename(final)
    except OSError as error:
        raise BadInput(_sentence(final, error)) from error


def check_room(folder: Path, written: int, done: int, count: int) -> None:
    """Once enough is written to tell, refuse what the disk cannot hold, hours before it would be full.

    Raises:
        BadInput: the rest does not fit.
    """
    if done != SURE_AFTER:
        return
    missing, free = written / done * (count - done), shutil.disk_usage(folder).free
    if missing > free:
        raise BadInput(
            f"The whole needs about {_size(written + missing)}, and {_size(free)} are free. Nothing is kept; take "
            "fewer or smaller photographs, or another disk."
        )


def _refuse_existing(final: Path) -> None:
    if final.exists() or final.is_symlink():
        raise BadInput(f"{final} exists already; choose a new folder, so that nothing in it is overwritten.")


def _sentence(final: Path, error: OSError) -> str:
    if error.errno in FULL:
        return (
            f"The disk is full, so nothing of {final} is kept; make room, or choose another disk or fewer photographs."
        )
    return f"{final} cannot be written: {error.strerror or error}. Nothing is kept; choose another folder."


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):.1f} MB"
