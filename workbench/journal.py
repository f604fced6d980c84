"""A journal that writes into a run folder: one line of JSON for each thing said, files for arrays and pictures.

Metrics are said at every step of the inner loop, so they are gathered and written at most four times a second, and of
a phase's progress no more than that is kept; everything else is written at once. A line is whole or absent: what was
half-written when a process died, or the disk filled up, is cut off before the next line.
"""

import io
import json
import math
import os
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from engines.training.checkpoints import CheckpointFolder
from engines.training.journal import Journal
from workbench.files import plain, write_atomic
from workbench.state import Status

WRITE_EVERY_S = 0.25
LOOK_EVERY_S = 0.2
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class FolderJournal(Journal):
    """The journal of one attempt.

    Args:
        folder: the run folder. A run that is resumed goes on in the same events, counted on.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.checkpoints = CheckpointFolder(folder / "checkpoints", before=self.flush)
        self._file = os.open(folder / "events.jsonl", os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        self._end, self._seq = _last_whole_line(self._file)
        self._waiting: list[str] = []
        self._written = self._looked = self._phased = -math.inf
        self._phase = ""
        self.asked_by = ""  # who wants this attempt to stop

    def phase(self, name: str, progress: float | None = None, note: str = "") -> None:
        """See `Journal.phase`. Of a phase that moves on faster than it is read, only some steps are kept."""
        now = time.monotonic()
        if name == self._phase and progress not in (None, 1.0) and now - self._phased < WRITE_EVERY_S:
            return
        self._phase, self._phased = name, now
        self._say("phase", name=name, progress=progress, note=note)

    def metric(self, step: int, **values: float) -> None:
        """See `Journal.metric`."""
        numbers = {name: number if math.isfinite(number := float(value)) else None for name, value in values.items()}
        self._gather("metric", step=int(step), values=numbers)
        if time.monotonic() - self._written >= WRITE_EVERY_S:
            self.flush()

    def table(self, name: str, rows: list[dict[str, Any]]) -> None:
        """See `Journal.table`."""
        self._say("table", name=_checked(name), rows=plain(rows))

    def array(self, name: str, **arrays: np.ndarray) -> None:
        """See `Journal.array`."""
        content = io.BytesIO()
        assert not any(np.asarray(value).dtype.hasobject for value in arrays.values()), f"{name}: objects, not numbers"
        np.savez_compressed(content, **arrays)  # type: ignore[arg-type]
        self._keep("array", f"arrays/{_checked(name)}.npz", content.getvalue(), name=name)

    def image(self, name: str, image: np.ndarray, caption: str = "") -> None:
        """See `Journal.image`."""
        content = io.BytesIO()
        Image.fromarray(image).save(content, "PNG")
        self._keep("image", f"images/{_checked(name)}.png", content.getvalue(), name=name, caption=caption)

    def log(self, text: str) -> None:
        """See `Journal.log`."""
        self._say("log", text=text)
        with (self.folder / "log.txt").open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%H:%M:%S')} {text}\n")

    def state(self, state: str, reason: str = "") -> None:
        """Note a change of the run's state among the events."""
        self._say("state", state=state, reason=reason)

    def artifact(self, name: str, path: Path) -> None:
        """Note a file or folder that the run leaves behind."""
        size = sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
        self._say("artifact", name=name, file=path.relative_to(self.folder).as_posix(), bytes=size)

    def stopping(self) -> bool:
        """See `Journal.stopping`. Looks at most five times a second; also true once the run's worker is gone."""
        now = time.monotonic()
        if not self.asked_by and now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            self.asked_by = _asked_by(self.folder)
        return bool(self.asked_by)

    def flush(self) -> None:
        """Write what was gathered.

        Raises:
            OSError: it cannot be written; the file ends with its last whole line.
        """
        data = "".join(self._waiting).encode()
        self._waiting.clear()
        self._written = time.monotonic()
        try:
            _write_all(self._file, data)
        except OSError:
            os.ftruncate(self._file, self._end)
            os.lseek(self._file, self._end, os.SEEK_SET)
            raise
        self._end += len(data)

    def close(self) -> None:
        """Write what was gathered and let go of the file."""
        self.flush()
        os.close(self._file)

    def _keep(self, kind: str, file: str, content: bytes, **said: Any) -> None:
        path = self.folder / "artifacts" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content, sync=False)
        self._say(kind, file=f"artifacts/{file}", **said)

    def _say(self, kind: str, **content: Any) -> None:
        self._gather(kind, **content)
        self.flush()

    def _gather(self, kind: str, **content: Any) -> None:
        self._seq += 1
        event = {"seq": self._seq, "time": round(time.time(), 3), "kind": kind, **content}
        self._waiting.append(json.dumps(event, ensure_ascii=False) + "\n")


def _asked_by(folder: Path) -> str:
    if not (folder / "state.json").exists():  # a bare folder, used without a queue
        return ""
    status = Status.written(folder)
    if status.state == "stopping":
        return status.by
    return "the end of its worker" if status.worker and not status.worker.alive() else ""


def _checked(name: str) -> str:
    assert _NAME.fullmatch(name) and name.strip("."), f"not a name for a file: {name!r}"
    return name


def _last_whole_line(file: int) -> tuple[int, int]:
    """Cut off a half-written end; the offset behind the last whole line, and its number."""
    size = os.lseek(file, 0, os.SEEK_END)
    tail, start = b"", size
    while start and tail.count(b"\n") < 2:
        start = max(0, start - 65536)
        os.lseek(file, start, os.SEEK_SET)
        tail = os.read(file, size - start)
    end = start + tail.rfind(b"\n") + 1
    os.ftruncate(file, end)
    os.lseek(file, end, os.SEEK_SET)
    lines = tail[: end - start].splitlines()
    return end, json.loads(lines[-1])["seq"] if lines else 0


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
