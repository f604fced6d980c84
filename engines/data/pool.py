"""One function over many tasks in several processes, for work whose results lie on disk and outlive a stop.

Processes are fresh interpreters, since the caller may hold torch and running threads. They end when the caller does,
however it ended, and leave Ctrl-C to it. Results come as they are ready, in no order.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from engines.errors import BadInput, Stopped

POLL_S = 0.25
_GO_ON = "What is finished stays; the same command goes on from there."
Result = TypeVar("Result")


def each(
    function: Callable[..., Result], tasks: Sequence[tuple[Any, ...]], workers: int, stopping: Callable[[], bool]
) -> Iterator[Result]:
    """What a function at the top of a module gives for each task's arguments.

    Args:
        workers: processes; at 1 the caller does it alone.
        stopping: asked now and then. Tasks that have begun are finished first.

    Raises:
        Stopped: `stopping` said so.
        BadInput: a process ended early.
    """
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            if stopping():
                raise Stopped(f"Stopped. {_GO_ON}")
            yield function(*task)
        return
    context = multiprocessing.get_context("spawn")
    ending = context.Event()
    pool = ProcessPoolExecutor(min(workers, len(tasks)), context, _begin, (ending,))
    try:
        waiting: set[Future[Result]] = {pool.submit(_run, function, *task) for task in tasks}
        while waiting:
            if stopping():
                raise Stopped(f"Stopped. {_GO_ON}")
            ready, waiting = wait(waiting, POLL_S)
            yield from (future.result() for future in ready)
    except BrokenProcessPool:
        raise BadInput(f"A process ended early, perhaps for want of memory; take fewer. {_GO_ON}") from None
    finally:
        ending.set()  # for tasks that a process has been handed, and has not begun
        pool.shutdown(wait=True, cancel_futures=True)


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_ending: list[Any] = []


def _begin(ending: Any) -> None:
    """In a new process: end with the parent, and leave Ctrl-C to it."""
    _ending.append(ending)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _run(function: Callable[..., Result], *task: Any) -> Result:
    if _ending[0].is_set():
        raise Stopped("Not begun.")
    return function(*task)
