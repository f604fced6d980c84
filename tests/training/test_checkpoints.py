"""Checkpoints are whole or absent, also under SIGKILL in the middle of a write."""

import os
import signal
import subprocess
import sys
import time

import pytest

from engines.training.checkpoints import CheckpointFolder

WRITER = """
import sys, time
from pathlib import Path
from engines.training.checkpoints import CheckpointFolder

def write(folder):
    for part in range(200):
        (folder / f"part-{part:03d}").write_bytes(b"x" * 20000)
    (folder / "last").write_text("whole")

folder = CheckpointFolder(Path(sys.argv[1]))
step = 0
while True:
    step += 1
    folder.save(step, write)
    print(step, flush=True)
"""


@pytest.mark.parametrize("wait_s", [0.0, 0.013, 0.031])
def test_kill_in_the_middle_leaves_whole_checkpoints(tmp_path, wait_s):
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "1"
    time.sleep(wait_s)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    folder = CheckpointFolder(tmp_path)
    assert 1 <= len(folder.steps()) <= 3
    for step in folder.steps():
        assert (folder.path(step) / "last").read_text() == "whole"
    folder.save(10_000, lambda place: (place / "last").write_text("whole"))
    assert folder.latest() == folder.path(10_000)
    assert not list(tmp_path.glob(".draft-*"))


def test_keeps_the_newest_two(tmp_path):
    folder = CheckpointFolder(tmp_path / "deep")
    for step in (5, 10, 20):
        folder.save(step, lambda place: (place / "x").write_text("x"))
    assert folder.steps() == [10, 20]


def test_a_failing_write_leaves_what_was_there(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.save(1, lambda place: (place / "x").write_text("x"))

    def full(place):
        (place / "x").write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        folder.save(2, full)
    assert folder.steps() == [1] and not list(tmp_path.glob(".draft-*"))


def test_what_was_said_is_written_before_a_stage_is_saved(tmp_path):
    said = []
    folder = CheckpointFolder(tmp_path, before=lambda: said.append("flushed")).stage("a")
    folder.save(1, lambda place: said.append("saved"))
    assert said == ["flushed", "saved"]


def test_stages_are_apart(tmp_path):
    folder = CheckpointFolder(tmp_path)
    folder.stage("a").save(3, lambda place: (place / "x").write_text("x"))
    assert folder.stage("b").latest() is None and folder.steps() == [] and folder.stage("a").steps() == [3]
