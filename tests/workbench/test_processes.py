"""A process is its number, its start, its machine and its boot."""

import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import until

from workbench.processes import KILL, TERM, Identity, spawn, usable_cores

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_this_process_lives() -> None:
    me = Identity.of()
    assert me.alive()
    assert Identity.read(me.to_dict()) == me
    assert Identity.read(None) is None


@pytest.mark.parametrize("change", [{"started": 1.0}, {"host": "elsewhere"}, {"boot": "another"}, {"pid": 2**22 + 1}])
def test_a_process_that_only_looks_the_same_is_dead_and_gets_no_signal(change: dict) -> None:
    other = dataclasses.replace(Identity.of(), **change)
    assert not other.alive()
    assert not other.signal(KILL)  # or this test would not go on


def test_a_zombie_is_dead() -> None:
    process = subprocess.Popen(SLEEP)
    identity = Identity.of(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    assert until(lambda: not identity.alive(), 5)
    process.wait()


def test_a_signal_reaches_the_whole_session(tmp_path: Path) -> None:
    script = "import subprocess,sys,time; p=subprocess.Popen([sys.executable,'-c','import time; time.sleep(60)']);"
    script += "print(p.pid, flush=True); time.sleep(60)"
    leader = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True, text=True)
    assert leader.stdout
    grandchild = Identity.of(int(leader.stdout.readline()))
    assert Identity.of(leader.pid).signal(TERM)
    assert leader.wait(5) == -signal.SIGTERM
    assert until(lambda: not grandchild.alive(), 5)
    leader.stdout.close()


def test_what_is_spawned_has_a_session_and_a_log(tmp_path: Path) -> None:
    process = spawn("platform", log=tmp_path / "log", env={"X": "1"})
    assert process.wait(20) == 0
    assert "Linux" in (tmp_path / "log").read_text() or sys.platform != "linux"


def test_cores() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)
