"""Processes: who is who, how one is started to outlive its parent, and how one is ended.

A number alone names no process, because systems give it out again: an `Identity` is the number, the time of
start, the machine and its boot. Nothing is signalled before that has been checked.
"""

import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import psutil

TERM, KILL = "SIGTERM", "SIGKILL"


@dataclass(frozen=True)
class Identity:
    """One process on one machine since its boot. `started` is in seconds, `host` and `boot` name the machine."""

    pid: int
    started: float
    host: str
    boot: str

    @classmethod
    def of(cls, pid: int | None = None) -> Self:
        """The identity of a living process, by default this one."""
        pid = pid or os.getpid()
        return cls(pid, _started(pid), platform.node(), _boot())

    @classmethod
    def read(cls, value: Mapping[str, Any] | None) -> Self | None:
        """Back from `asdict`; None for nothing."""
        return cls(**value) if value else None

    def alive(self) -> bool:
        """Whether this very process is running on this machine. One that waits to be reaped is not."""
        if not self.here or self.boot != _boot():
            return False
        try:
            same = abs(_started(self.pid) - self.started) < 0.05
            return same and psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    @property
    def here(self) -> bool:
        """Whether it belongs to this machine."""
        return self.host == platform.node()

    def signal(self, name: str) -> bool:
        """Send TERM or KILL to the process and all it started; False if it is gone."""
        if not self.alive():
            return False
        try:
            if os.name == "posix" and os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, getattr(signal, name))
            else:
                _signal_tree(self.pid, name)
        except (ProcessLookupError, psutil.NoSuchProcess):
            return False
        return True

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def spawn(module: str, *args: str, log: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start `python -m module args` in its own session, its output appended to a file, so that it outlives us."""
    package_root = str(Path(__file__).resolve().parent.parent)
    search = os.pathsep.join(filter(None, [package_root, os.environ.get("PYTHONPATH")]))
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-m", module, *args],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,  # not the caller's folder, whose modules would shadow ours
            env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": search, **(env or {})},
            **_detached(),
        )


def reap(process: subprocess.Popen[bytes]) -> None:
    """Collect a process whenever it ends, so that it does not stay behind as a zombie."""
    threading.Thread(target=process.wait, daemon=True, name=f"reap-{process.pid}").start()


def usable_cores() -> int:
    """Cores this process may use: those of the machine, less what affinity and a container's quota take away."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, round(int(quota) / int(period))))
    except (OSError, ValueError):  # no such file, or "max"
        return cores


def _started(pid: int) -> float:
    # Linux counts from boot, and psutil adds the time of boot, which moves when the clock is set: take it off again.
    return psutil.Process(pid).create_time() - (psutil.boot_time() if psutil.LINUX else 0.0)


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _detached() -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS}
    return {"start_new_session": True}


def _signal_tree(pid: int, name: str) -> None:
    leader = psutil.Process(pid)
    for process in [*leader.children(recursive=True), leader]:
        process.kill() if name == KILL else process.terminate()
