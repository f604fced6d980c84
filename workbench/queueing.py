"""The waiting line: run ids in order, on huey's SQLite store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huey import SqliteHuey
from huey.consumer import Consumer
from huey.registry import Message
from huey.serializer import Serializer


class Queue:
    """Run ids in the order they came.

    Args:
        file: the SQLite file; made if absent.
        attempt: what a worker does with an id when its turn comes; whoever only adds needs none.
    """

    def __init__(self, file: Path, attempt: Callable[[str], None] | None = None):
        def turn(run_id: str) -> None:
            assert attempt is not None
            attempt(run_id)

        self._huey = SqliteHuey("mien", filename=str(file), results=False, serializer=_Json(), strict_fifo=True)
        self._task = self._huey.task(name="attempt")(turn)

    def put(self, run_id: str) -> None:
        """Add an id at the end. Twice the same does no harm: the second turn finds the run already under way."""
        self._task(run_id)

    def waiting(self) -> list[str]:
        """The ids in line, first come first."""
        return [task.args[0] for task in self._huey.pending()]

    def consumer(self, slots: int) -> Consumer:
        """What takes ids from the line, `slots` at a time, and ends after the running ones on SIGTERM."""
        return self._huey.create_consumer(
            workers=slots, periodic=False, max_delay=0.3, scheduler_interval=60, graceful_signal="TERM"
        )

    def close(self) -> None:
        """Let go of the file."""
        self._huey.storage.close()


class _Json(Serializer):
    """JSON in place of pickles: a queue file from elsewhere can run no code here."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        return Message(*json.loads(data))
