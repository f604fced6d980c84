"""The worker: one process in its own session that serves the queue, with one slot for each device.

For each attempt it starts `python -m workbench.child` and watches it: a run that is asked to stop has
`jobs.STOP_WAITS` to do so. If the worker itself is killed, its children notice, save a checkpoint and end, so that
no training goes on unseen and no device is given out twice; their runs are *interrupted* and can be resumed.
"""

import contextlib
import itertools
import json
import logging
import os
import queue as queues
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import asdict

from filelock import FileLock, Timeout

from engines.errors import BadInput, RunStateError
from workbench import jobs, state
from workbench.files import write_atomic
from workbench.paths import home, runs_root, safe_join
from workbench.processes import KILL, TERM, Identity, spawn, usable_cores
from workbench.queueing import Queue
from workbench.runs import Run, all_runs
from workbench.state import WORKING, Status

IDLE_S = float(os.environ.get("MIEN_WORKER_IDLE_S", "600"))
"""Seconds without a run after which the worker ends; the next run starts another."""

_CRASHES = {"SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"}
_log = logging.getLogger("mien.worker")


def main() -> None:
    """Serve the queue until SIGTERM, or until nothing was to do for `IDLE_S`. One worker a home; a second leaves."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        with FileLock(home() / "worker.lock", timeout=3):
            ended_by_signal = Worker().serve()
    except Timeout:
        return
    if not ended_by_signal and _forgotten():  # put in line while this one was leaving
        jobs.ensure_worker()


class Worker:
    """What one worker process knows: its free devices, how many attempts it watches, and whether it is to end."""

    def __init__(self) -> None:
        self.me = Identity.of()
        self.devices = devices()
        self.free: queues.SimpleQueue[str] = queues.SimpleQueue()
        self.consumer = Queue(home() / "queue.db", self.attempt).consumer(len(self.devices))
        self._gate = threading.Lock()
        self._busy = 0
        self._leaving = False
        self._idle_since = time.monotonic()

    def serve(self) -> bool:
        """Work until told to end; whether that was by a signal."""
        write_atomic(jobs.worker_file(), json.dumps(asdict(self.me)))
        try:
            _await_orphans()
            self._requeue()
            for device in self.devices:
                self.free.put(device)
            threading.Thread(target=self._keep_house, daemon=True, name="housekeeping").start()
            self.consumer.run()
            for _, thread in self.consumer.worker_threads:
                thread.join()
        finally:
            jobs.worker_file().unlink(missing_ok=True)
        return not self._leaving

    def attempt(self, run_id: str) -> None:
        """One attempt at a run, from its claim to its last word. Does nothing if the run no longer waits."""
        with self._gate:
            if self.consumer.stop_flag.is_set():
                return  # it stays queued, for the next worker
            self._busy += 1
        device = self.free.get()
        try:
            self._attempt(Run.open(safe_join(runs_root(), run_id)), device)
        except (RunStateError, BadInput) as error:  # cancelled meanwhile, or its folder was removed
            _log.info("%s: %s", run_id, error)
        finally:
            self.free.put(device)
            with self._gate:
                self._busy -= 1
                self._idle_since = time.monotonic()

    def _attempt(self, run: Run, device: str) -> None:
        attempt = run.status.attempt + 1
        claim = {"attempt": attempt, "device": device, "process": self.me, "worker": self.me}
        state.move(run.folder, {"queued"}, "running", **claim)
        _log.info("%s: attempt %d on %s", run.id, attempt, device)
        try:
            arguments = (str(run.folder), str(attempt))
            child = spawn("workbench.child", *arguments, log=run.log_path, env=self._environment(device))
        except OSError as error:  # no memory, no room for its log
            state.conclude(run.folder, "failed", reason=f"Its process could not be started: {error.strerror}.")
            return
        try:
            pressed = self._watch(run, child)
        finally:
            if child.poll() is None:  # its folder was removed: nobody can ask it anything any more
                Identity.of(child.pid).signal(KILL)
                child.wait()
        _close(run, child.returncode, pressed)
        _log.info("%s: %s", run.id, run.state)

    def _watch(self, run: Run, child: subprocess.Popen[bytes]) -> str:
        """Wait for the child to end, pressing it if it was asked to stop; the strongest signal that was needed."""
        identity, asked, pressed = Identity.of(child.pid), None, ""
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.2)
                return pressed
            if self.consumer.stop_flag.is_set():
                with contextlib.suppress(RunStateError):
                    state.move(run.folder, {"running"}, "stopping", by="its worker, which was ended")
            if Status.written(run.folder).state == "stopping":
                asked = asked or time.monotonic()
                pressed = _press(identity, time.monotonic() - asked, pressed)

    def _environment(self, device: str) -> dict[str, str]:
        threads = str(max(1, usable_cores() // len(self.devices)))
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
        env = {name: os.environ.get(name, threads) for name in names}
        if device != "cpu":
            env["CUDA_VISIBLE_DEVICES"] = device.removeprefix("cuda:")
        return env

    def _keep_house(self) -> None:
        for tick in itertools.count(1):
            if self.consumer.stop_flag.wait(2):
                return
            try:
                os.utime(jobs.worker_file())  # the heartbeat
                if tick % 10 == 0:
                    self._requeue()
                self._leave_if_idle()
            except FileNotFoundError:  # the home was removed: nothing is left to serve
                self._leave()
            except Exception:  # a busy database, a full disk: it may be better in two seconds
                _log.exception("housekeeping")

    def _requeue(self) -> None:
        for run in _forgotten():
            jobs.queue(home()).put(run.id)

    def _leave_if_idle(self) -> None:
        with self._gate:
            idle = not self._busy and not jobs.queue(home()).waiting()
            if idle and time.monotonic() - self._idle_since > IDLE_S:
                self._leave()

    def _leave(self) -> None:
        self._leaving = True
        self.consumer.stop_flag.set()


def devices() -> list[str]:
    """One slot each: the GPUs this process may use, or the CPU."""
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is not None:
        found = [name.strip() for name in chosen.split(",") if name.strip() not in ("", "-1")]
    elif tool := shutil.which("nvidia-smi"):
        listed = subprocess.run([tool, "--list-gpus"], capture_output=True, text=True, check=False)  # noqa: S603
        found = [str(number) for number, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU")]
    else:
        found = []
    return [f"cuda:{name}" for name in found] or ["cpu"]


def _press(identity: Identity, waited_s: float, pressed: str) -> str:
    for wait_s, name in zip(jobs.STOP_WAITS, (TERM, KILL), strict=True):
        if waited_s >= wait_s and pressed not in (name, KILL):
            identity.signal(name)
            pressed = name
    return pressed


def _close(run: Run, code: int, pressed: str) -> None:
    """Say what became of a child that ended without saying it itself."""
    status = Status.written(run.folder)
    if status.state not in WORKING:
        return
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    target, reason = _end_of(status, name, pressed)
    if run.result is not None:
        target, reason = "done", ""
    with contextlib.suppress(RunStateError):  # somebody saw it as interrupted and resumed it already
        state.conclude(run.folder, target, reason=reason, detail=run.log_tail() if target == "failed" else "")


def _end_of(status: Status, name: str, pressed: str) -> tuple[str, str]:
    offer = "resume goes on from its last checkpoint."
    if status.state == "stopping":
        how = f"it did not answer in time and was ended by {pressed}" if pressed else f"it ended with {name}"
        return "interrupted", f"Stopped by {status.by}; {how}; {offer}"
    if name in _CRASHES or name.startswith("exit"):
        return "failed", f"Its process crashed ({name}); the end of its log says more."
    why = ", perhaps because memory ran out" if name == KILL else ""
    return "interrupted", f"Its process was ended by {name}{why}; {offer}"


def _forgotten() -> list[Run]:
    """Runs that are queued but not in line, as a kill between two steps leaves them."""
    waiting = set(jobs.queue(home()).waiting())
    return [run for run in all_runs() if run.id not in waiting and run.state == "queued"]


def _await_orphans() -> None:
    """Let the children of a worker that was killed end: they hold a device. Then write down that they are gone."""
    for run in all_runs():
        status = Status.written(run.folder)
        process = status.process
        if status.state not in WORKING or process is None or not process.here:
            continue
        begun, pressed = time.monotonic(), ""
        while process.alive() and Status.written(run.folder).state in WORKING:  # one that has concluded ends by itself
            pressed = _press(process, time.monotonic() - begun, pressed)
            time.sleep(0.2)
        state.settle(run.folder)


if __name__ == "__main__":
    main()
