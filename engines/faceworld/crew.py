"""Rows made in several processes and handed over in order: for what is written as it is made, and kept nowhere else.

Processes are fresh interpreters (`python -m engines.faceworld.crew`), as in `cache`; each makes whole blocks of
consecutive rows (one person's photographs, whose head is then grown once) and waits when nobody takes them.
"""

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import engines
from engines.errors import Stopped
from engines.faceworld.cache import cores

IN_PROCESS = 32
"""Up to so many rows are made by the caller: starting processes would take longer."""
AHEAD = 64
"""Rows that a process may be ahead of the reader."""
POLL_S = 0.25
Maker = Callable[[int], Any]


def rows(
    make: Maker, count: int, block: int, workers: int | None = None, stopping: Callable[[], bool] | None = None
) -> Generator[Any, None, None]:
    """`make(0)` to `make(count - 1)`, in order.

    Args:
        make: a function at the top of a module of `engines`, or a partial of one, of values that can be pickled.
        block: consecutive rows that one process makes. workers: as many as cores by default.
        stopping: asked now and then whether to stop.

    Raises:
        Stopped: `stopping` said so.
        MienError: what `make` raised.
    """
    asked, workers = stopping or _never, min(workers or cores(), -(-count // block))
    alone = workers <= 1 or count <= IN_PROCESS
    made = map(make, range(count)) if alone else _together(make, count, block, workers, asked)
    for row in made:
        if asked():
            raise Stopped("Writing was stopped; nothing of it is kept.")
        yield row


def _together(
    make: Maker, count: int, block: int, workers: int, stopping: Callable[[], bool]
) -> Generator[Any, None, None]:
    with contextlib.ExitStack() as stack:
        hands = [stack.enter_context(_hand(make, count, block, workers, number)) for number in range(workers)]
        for index in range(count):
            yield _take(hands[index // block % workers], stopping)


def _take(ready: "queue.Queue[Any]", stopping: Callable[[], bool]) -> Any:
    while not stopping():
        with contextlib.suppress(queue.Empty):
            kind, value = ready.get(timeout=POLL_S)
            if kind == "failed":
                raise value
            return value
    raise Stopped("Writing was stopped; nothing of it is kept.")


@contextlib.contextmanager
def _hand(make: Maker, count: int, block: int, workers: int, number: int) -> Iterator["queue.Queue[Any]"]:
    """A process at work, and the queue in which its rows arrive."""
    root = str(Path(engines.__file__).parent.parent)
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "engines.faceworld.crew"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths, **alone},
    )
    assert process.stdin is not None and process.stdout is not None
    ready: queue.Queue[Any] = queue.Queue(AHEAD)
    over = threading.Event()
    reader = threading.Thread(target=_read, args=(process.stdout, ready, over), daemon=True)
    try:
        with process.stdin as told:
            pickle.dump((make, count, block, workers, number), told)
        reader.start()
        yield ready
    finally:
        over.set()
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


def _read(answers: BinaryIO, ready: "queue.Queue[Any]", over: threading.Event) -> None:
    while not over.is_set():
        try:
            said = pickle.load(answers)  # noqa: S301 our own child's words
        except (EOFError, OSError, pickle.UnpicklingError):
            said = ("failed", RuntimeError("A process that makes pictures ended early; its words are above."))
        while not over.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(said, timeout=POLL_S)
                break
        if said[0] == "failed":
            return


def main() -> None:
    """Make the blocks number, number + workers, ... and end when nobody reads any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    make, count, block, workers, number = pickle.load(sys.stdin.buffer)  # noqa: S301 our own parent's words
    with contextlib.suppress(BrokenPipeError):
        for start in range(number * block, count, workers * block):
            for index in range(start, min(start + block, count)):
                try:
                    said = ("made", make(index))
                except Exception as error:
                    said = ("failed", error)
                pickle.dump(said, answers)
                answers.flush()
        answers.close()


def _never() -> bool:
    return False


if __name__ == "__main__":
    main()
