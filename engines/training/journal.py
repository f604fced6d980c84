"""Journal: how an engine speaks. The engine does not know who listens: a run folder, a notebook or a test."""

import tempfile
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from engines.training.checkpoints import CheckpointFolder


class Journal(Protocol):
    """What an engine may say while it runs. Names are file-name safe: letters, digits, "-", "_" and "."."""

    checkpoints: CheckpointFolder

    def phase(self, name: str, progress: float | None = None, note: str = "") -> None:
        """What is being done, how far (0 to 1, or None when unknown), and a remark for people."""
        ...

    def metric(self, step: int, **values: float) -> None:
        """Scalars at a step. Names like `loss/real`; the part before "/" groups curves in one chart."""
        ...

    def table(self, name: str, rows: list[dict[str, Any]]) -> None:
        """A table, one dict a row; a later table of the same name replaces it."""
        ...

    def array(self, name: str, **arrays: np.ndarray) -> None:
        """Named arrays kept together as one NPZ; a later one of the same name replaces it."""
        ...

    def image(self, name: str, image: np.ndarray, caption: str = "") -> None:
        """A picture (H, W, 3), RGB uint8."""
        ...

    def log(self, text: str) -> None:
        """A line for the log."""
        ...

    def stopping(self) -> bool:
        """Whether the run was asked to stop; the loop asks at each step, saves and raises `Stopped`."""
        ...


class MemoryJournal:
    """A journal that keeps everything in memory: for notebooks and tests.

    `metrics` is a list of `{"step": int, **values}`; tables, arrays and images are dicts by name. Set `stop_at`
    to have it ask for a stop once a metric of that step, or a later one, has been said.
    """

    def __init__(self, folder: Path | None = None, stop_at: int | None = None):
        self.checkpoints = CheckpointFolder(folder or Path(tempfile.mkdtemp(prefix="mien-")))
        self.stop_at = stop_at
        self.phases: list[tuple[str, float | None, str]] = []
        self.metrics: list[dict[str, float]] = []
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.arrays: dict[str, dict[str, np.ndarray]] = {}
        self.images: dict[str, np.ndarray] = {}
        self.lines: list[str] = []

    def phase(self, name: str, progress: float | None = None, note: str = "") -> None:
        """See `Journal.phase`."""
        self.phases.append((name, progress, note))

    def metric(self, step: int, **values: float) -> None:
        """See `Journal.metric`."""
        self.metrics.append({"step": step, **values})

    def table(self, name: str, rows: list[dict[str, Any]]) -> None:
        """See `Journal.table`."""
        self.tables[name] = rows

    def array(self, name: str, **arrays: np.ndarray) -> None:
        """See `Journal.array`."""
        self.arrays[name] = arrays

    def image(self, name: str, image: np.ndarray, caption: str = "") -> None:
        """See `Journal.image`."""
        self.images[name] = image

    def log(self, text: str) -> None:
        """See `Journal.log`."""
        self.lines.append(text)

    def stopping(self) -> bool:
        """True once a metric of step `stop_at` or later was said."""
        return self.stop_at is not None and any(row["step"] >= self.stop_at for row in self.metrics)
