"""The counter's engine: x -> 1103515245 x + 12345 mod 2^31, with checkpoints, so that a lost or doubled step shows."""

import errno
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from counter.recipe import CounterConfig
from engines.errors import BadInput, Stopped
from engines.training.journal import Journal


def value_after(steps: int, seed: int) -> int:
    """What the counter must hold in the end."""
    x = seed
    for _ in range(steps):
        x = advance(x)
    return x


def advance(x: int) -> int:
    return (1103515245 * x + 12345) % 2**31


@dataclass(frozen=True)
class Counted:
    value: int
    steps: int

    def summary(self) -> dict:
        return {"value": self.value, "steps": self.steps, "ratio": float("nan")}

    def save(self, folder: Path) -> None:
        (folder / "value.json").write_text(json.dumps(self.value))


def train(config: CounterConfig, journal: Journal) -> Counted:
    start, x = 0, config.seed
    if config.fault == "blind":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if latest := journal.checkpoints.latest():
        start, x = json.loads((latest / "counter.json").read_text())
        journal.log(f"resumed after step {start}")
    for step in range(start + 1, config.steps + 1):
        x = advance(x)
        journal.metric(step, **{"count/value": x, "count/step": step})
        journal.phase("count", step / config.steps)
        if config.fault and step == config.fault_at:
            go_wrong(config.fault, journal, start)
        stopping = journal.stopping() and config.fault not in ("deaf", "blind")
        if stopping or step % config.save_every == 0:
            journal.checkpoints.save(step, lambda folder, step=step, x=x: save(folder, step, x))
        if stopping:
            raise Stopped(f"Stopped after step {step} of {config.steps}.")
        time.sleep(config.pause_s)
    journal.table("values", [{"step": config.steps, "value": x, "share": float("inf")}])
    journal.array("trace", values=np.arange(3))
    journal.image("square", np.full((4, 4, 3), 200, np.uint8), "A square")
    return Counted(x, config.steps)


def save(folder: Path, step: int, x: int) -> None:
    (folder / "counter.json").write_text(json.dumps([step, x]))


def go_wrong(fault: str, journal: Journal, start: int) -> None:
    if fault == "bug":
        raise ZeroDivisionError("a defect")
    if fault == "input":
        raise BadInput("The folder holds no pictures; choose another.")
    if fault == "memory":
        raise MemoryError
    if fault == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if fault == "killed in a checkpoint" and not start:
        journal.checkpoints.save(10**6, kill_myself)
    if fault == "full disk in a checkpoint" and not start:
        journal.checkpoints.save(10**6, fill_the_disk)
    if fault == "wrapped full disk" and not start:
        raise RuntimeError("I/O error: No space left on device (os error 28)")


def kill_myself(folder: Path) -> None:
    (folder / "half").write_text("ha")
    os.kill(os.getpid(), signal.SIGKILL)


def fill_the_disk(folder: Path) -> None:
    (folder / "half").write_text("ha")
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
