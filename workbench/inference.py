"""Child processes that answer questions needing a model or the renderer, for the pages and for /live.

The server process stays small and quick: torch and the renderer are imported in a child, pictures from outside are
decoded there, and a question that is cancelled while it runs ends with the child, which is started again. A child
answers one question at a time, in the order in which they came; they name a function of `workbench.questions`. There is
one child for each kind of work, so that a slider does not wait for a clip to be judged.
"""

import atexit
import hashlib
import itertools
import os
import pickle
import subprocess
import sys
import threading
import time
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any, Literal

from engines.errors import MienError

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_FINAL = ("done", "failed", "cancelled")
_ROOT = Path(__file__).resolve().parent.parent
_QUEUE_LIMIT = 32
_ANSWERS_KEPT = 64
_GRACE_S = 2.0
RENDERERS = 2
"""Processes that render for the pages."""


class Busy(MienError):
    """Too many questions are waiting."""


class Crashed(MienError):
    """The process that answers ended without an answer."""


class Ticket:
    """A question that was asked, and its answer once there is one."""

    def __init__(self, number: int, name: str, arguments: dict[str, Any], owner: "Worker"):
        self.number, self.name, self.arguments = number, name, arguments
        self.asked = time.monotonic()
        self.state: State = "waiting"
        self.note = ""
        self.progress: float | None = None
        self.answer: Any = None
        self.partial: Any = None
        """What is known of the answer so far, where the question tells; it outlives a cancel."""
        self.error: Exception | None = None
        self.shared = False  # others may wait for the same answer
        self.patience_s: float | None = None
        self._looked = time.monotonic()
        self._owner, self._ended = owner, threading.Event()

    @property
    def final(self) -> bool:
        """Whether it is over, well or not."""
        return self.state in _FINAL

    @property
    def seconds(self) -> float:
        """Since it was asked."""
        return time.monotonic() - self.asked

    @property
    def abandoned(self) -> bool:
        """Whether nobody has looked at it for longer than `patience_s`: its page was closed."""
        return self.patience_s is not None and time.monotonic() - self._looked > self.patience_s

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it is over; False when the time ran out first."""
        self._looked = time.monotonic()
        return self._ended.wait(seconds)

    def result(self, seconds: float | None = None) -> Any:
        """The answer, waiting for it.

        Raises:
            MienError: what the engine said, or that it was cancelled or took too long.
        """
        if not self.wait(seconds):
            raise MienError(f"No answer within {seconds:.0f} s. The question was withdrawn; ask again later.")
        if self.error:
            raise self.error
        return self.answer

    def cancel(self) -> None:
        """Withdraw it; the child is stopped if it is at work on this question."""
        self._owner.cancel(self)

    def end(self, state: State, answer: Any = None, error: Exception | None = None) -> None:
        """Settle it, once; later calls change nothing."""
        if not self._ended.is_set():
            self.state, self.answer, self.error = state, answer, error
            self.arguments = {}
            self._ended.set()


class Worker:
    """The child, its queue, and a thread that feeds it. Started by the first question."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._queue: deque[Ticket] = deque()
        self._current: Ticket | None = None
        self._lock = threading.Condition()
        self._child: subprocess.Popen[bytes] | None = None
        self._feeder: threading.Thread | None = None
        self._kept: dict[bytes, Ticket] = {}
        self._closed = False

    def ask(self, name: str, keep: bool = False, **arguments: Any) -> Ticket:
        """Put a question in the queue.

        Args:
            keep: remember the answer, or use the one remembered: for what everybody may see, as rendered people and
                the sample photograph, never for what a visitor brought.

        Raises:
            Busy: the queue is full.
        """
        key = hashlib.sha256(pickle.dumps((name, arguments))).digest() if keep else b""
        with self._lock:
            if key in self._kept and self._kept[key].state not in ("failed", "cancelled"):
                return self._kept[key]
            if len(self._queue) >= _QUEUE_LIMIT:
                raise Busy(f"{_QUEUE_LIMIT} questions are waiting already. Try again in a minute.")
            ticket = Ticket(next(self._numbers), name, arguments, self)
            self._queue.append(ticket)
            if keep:
                ticket.shared, self._kept[key] = True, ticket
                if len(self._kept) > _ANSWERS_KEPT:
                    self._kept.pop(next(iter(self._kept)))
            if self._feeder is None or not self._feeder.is_alive():
                self._feeder = threading.Thread(target=self._feed, name="inference", daemon=True)
                self._feeder.start()
            self._lock.notify()
        return ticket

    def cancel(self, ticket: Ticket) -> None:
        """See `Ticket.cancel`."""
        with self._lock:
            if ticket in self._queue:
                self._queue.remove(ticket)
            running = ticket is self._current
            ticket.end("cancelled", error=MienError("The question was withdrawn."))
            if running:
                self._kill()

    def close(self) -> None:
        """End the child; waiting questions end as cancelled."""
        with self._lock:
            self._closed = True
            for ticket in [*self._queue, *([self._current] if self._current else [])]:
                ticket.end("cancelled", error=MienError("The workbench is closing."))
            self._queue.clear()
            self._kill()
            self._lock.notify()

    def _feed(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._queue or self._closed)
                if self._closed:
                    return
                ticket = self._queue.popleft()
                if ticket.abandoned:
                    ticket.end("cancelled", error=MienError("Its page was closed."))
                    continue
                self._current, ticket.state = ticket, "running"
            try:
                self._converse(ticket)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):  # the child is gone, or half an answer came
                self._kill()
                ticket.end(
                    "failed", error=Crashed("The process that judges pictures ended without an answer. Ask again.")
                )
            self._current = None

    def _converse(self, ticket: Ticket) -> None:
        child = self._running_child()
        assert child.stdin is not None and child.stdout is not None
        pickle.dump((ticket.name, ticket.arguments), child.stdin)
        child.stdin.flush()
        while True:
            kind, value = pickle.load(child.stdout)  # noqa: S301 our own child's words
            if kind == "progress":
                ticket.progress, ticket.note, known = value
                ticket.partial = ticket.partial if known is None else known
            else:
                return ticket.end("done", answer=value) if kind == "done" else ticket.end("failed", error=value)

    def _running_child(self) -> "subprocess.Popen[bytes]":
        with self._lock:
            if self._child is None or self._child.poll() is not None:
                paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
                self._child = subprocess.Popen(
                    [sys.executable, "-m", "workbench.answering"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                )
            return self._child

    def _kill(self) -> None:
        if self._child is not None:
            self._child.terminate()  # it takes half-written files with it
            try:
                self._child.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait(10)
        self._child = None


_WORKERS: dict[str, Worker] = {}
_STARTING = threading.Lock()


def worker(kind: str = "models") -> Worker:
    """This process's worker for a kind of work."""
    with _STARTING:
        if kind not in _WORKERS:
            _WORKERS[kind] = Worker()
            atexit.register(_WORKERS[kind].close)
        return _WORKERS[kind]


def ask(name: str, keep: bool = False, by: str = "models", **arguments: Any) -> Ticket:
    """Ask the worker for a kind of work a question of `workbench.questions`; see `Worker.ask`."""
    return worker(by).ask(name, keep, **arguments)


@cache
def warm() -> Ticket:
    """Have the children load what they will need, once; the first call asks, later ones change nothing."""
    ask("catalogue", keep=True, by=renderer(0))  # needs no compiled code, and the World page begins with it
    for number in range(RENDERERS):
        ask("warm_world", keep=True, by=renderer(number))
    return ask("warm")


def renderer(number: int) -> str:
    """The worker that renders person `number`: always the same one, so that their head is grown once."""
    return f"world-{number % RENDERERS}"


def close() -> None:
    """End all children."""
    for one in list(_WORKERS.values()):
        one.close()
    _WORKERS.clear()  # whoever asks again gets new ones
