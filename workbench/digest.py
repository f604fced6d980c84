"""The digest of a run's events: what a page draws, kept up by reading only what is new, and read once for all."""

import math
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Image:
    """A picture of a run: its PNG, its caption, and when it was said (unix s)."""

    path: Path
    caption: str
    time: float


@dataclass(frozen=True)
class Phase:
    """What a run is doing: `progress` from 0 to 1 or None, `started` and `time` (of the last word) in unix s."""

    name: str
    progress: float | None
    note: str
    started: float
    time: float
    progress_at_start: float

    @property
    def time_left_s(self) -> float | None:
        """Seconds to the end of the phase at the pace so far; None as long as that is unknown."""
        done = (self.progress or 0.0) - self.progress_at_start
        if self.progress is None or done <= 0:
            return None
        return (self.time - self.started) * (1 - self.progress) / done


@dataclass
class Digest:
    """All that a run has said, by name; `offset` is the byte up to which its events were read. Not to be changed.

    `metrics` is `{step: {name: value}}`, in which a value that was no number is NaN. A step that a resumed run
    goes through again replaces the first time.
    """

    folder: Path
    offset: int = 0
    metrics: dict[int, dict[str, float]] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    arrays: dict[str, Path] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    phase: Phase | None = None

    def taking(self, events: list[dict[str, Any]], offset: int) -> "Digest":
        """One with these events folded in, up to a new offset. Events of a kind not known here are passed over."""
        after = Digest(
            self.folder, offset, dict(self.metrics), dict(self.tables), dict(self.arrays), dict(self.images),
            dict(self.artifacts), list(self.log), self.phase,
        )  # fmt: skip
        for event in events:
            getattr(after, f"_take_{event['kind']}", lambda event: None)(event)
        return after

    def curves(self) -> dict[str, tuple[list[int], list[float]]]:
        """Steps and values of each metric, in the order of the steps."""
        curves: dict[str, tuple[list[int], list[float]]] = {}
        for step in sorted(self.metrics):
            for name, value in self.metrics[step].items():
                steps, values = curves.setdefault(name, ([], []))
                steps.append(step)
                values.append(value)
        return curves

    def _take_metric(self, event: Mapping[str, Any]) -> None:
        values = {name: math.nan if value is None else value for name, value in event["values"].items()}
        self.metrics[event["step"]] = {**self.metrics.get(event["step"], {}), **values}

    def _take_table(self, event: Mapping[str, Any]) -> None:
        self.tables[event["name"]] = event["rows"]

    def _take_array(self, event: Mapping[str, Any]) -> None:
        self.arrays[event["name"]] = self.folder / event["file"]

    def _take_image(self, event: Mapping[str, Any]) -> None:
        self.images[event["name"]] = Image(self.folder / event["file"], event["caption"], event["time"])

    def _take_artifact(self, event: Mapping[str, Any]) -> None:
        self.artifacts[event["name"]] = self.folder / event["file"]

    def _take_log(self, event: Mapping[str, Any]) -> None:
        self.log.append(event["text"])

    def _take_state(self, event: Mapping[str, Any]) -> None:
        if event["state"] == "running":  # a new attempt: the pace of the last one says nothing about this one
            self.phase = None

    def _take_phase(self, event: Mapping[str, Any]) -> None:
        name, progress, time = event["name"], event["progress"], event["time"]
        same = self.phase is not None and self.phase.name == name
        started = self.phase.started if self.phase and same else time
        first = self.phase.progress_at_start if self.phase and same else progress or 0.0
        self.phase = Phase(name, progress, event["note"], started, time, first)


MOST = 24
"""Runs whose digests are kept, the latest looked at."""
_kept: OrderedDict[Path, Digest] = OrderedDict()
_lock = threading.Lock()


def last(folder: Path) -> Digest:
    """The digest of a run that was kept last, or an empty one."""
    with _lock:
        return _kept.get(folder) or Digest(folder)


def keep(digest: Digest) -> None:
    """Keep a digest for whoever looks at the run next."""
    with _lock:
        _kept[digest.folder] = digest
        _kept.move_to_end(digest.folder)
        while len(_kept) > MOST:
            _kept.popitem(last=False)
