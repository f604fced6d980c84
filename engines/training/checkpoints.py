"""Checkpoints that are whole or absent: written beside, synced, renamed, the last good two kept."""

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

_NAME = re.compile(r"step-(\d{9})")


class CheckpointFolder:
    """A folder of checkpoints, each a folder `step-000000123` of files.

    Args:
        root: where they lie; made on the first save.
        keep: how many of the newest stay.
        before: called before each save. A journal that gathers what it is told writes it out here: what was said of
            the steps up to a checkpoint must not be lost when the steps are not done again.
    """

    def __init__(self, root: Path, keep: int = 2, before: Callable[[], None] = lambda: None):
        self.root = Path(root)
        self.keep = keep
        self.before = before

    def stage(self, name: str) -> "CheckpointFolder":
        """The folder of one stage of a run that trains several things."""
        return CheckpointFolder(self.root / name, self.keep, self.before)

    def save(self, step: int, write: Callable[[Path], None]) -> Path:
        """Have `write(folder)` fill a new folder and make it the newest checkpoint, or leave none.

        A process killed at any moment leaves either the old checkpoints or the old and the new: the rename is
        what makes a checkpoint exist.
        """
        final = self.root / f"step-{step:09d}"
        if final.exists():
            return final
        self.before()
        draft = self.root / f".draft-{step:09d}-{os.getpid()}"
        self._sweep_drafts()
        draft.mkdir(parents=True)
        try:
            write(draft)
            _sync(draft)
            draft.replace(final)
            _sync_folder(self.root)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        for old in self.steps()[: -self.keep]:
            shutil.rmtree(self.path(old), ignore_errors=True)
        return final

    def steps(self) -> list[int]:
        """Steps that have a checkpoint, oldest first."""
        names = (_NAME.fullmatch(entry.name) for entry in self.root.glob("step-*"))
        return sorted(int(name.group(1)) for name in names if name)

    def path(self, step: int) -> Path:
        """The folder of a step's checkpoint."""
        return self.root / f"step-{step:09d}"

    def latest(self) -> Path | None:
        """The newest checkpoint's folder, or None."""
        steps = self.steps()
        return self.path(steps[-1]) if steps else None

    def _sweep_drafts(self) -> None:
        for draft in self.root.glob(".draft-*"):
            shutil.rmtree(draft, ignore_errors=True)


def _sync(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as handle:
                os.fsync(handle.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows cannot open a folder; its rename is durable enough
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
