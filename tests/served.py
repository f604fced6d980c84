"""The whole workbench, served as a user would serve it, for tests that come to it from outside."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def served(home: Path, log: Path) -> Iterator[str]:
    """The address of a workbench over a home; `log` is written by its server. Its worker ends with it."""
    port = _free_port()
    command = [sys.executable, "-c", "from workbench.cli import main; main()", "serve", "--port", str(port)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MIEN_HOME": str(home)}
    with (
        log.open("w") as file,
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file) as server,
    ):
        try:
            _wait(f"http://127.0.0.1:{port}/healthz", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(20)
            _end_worker()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The workbench did not start:\n{log.read_text()[-3000:]}")


def _end_worker() -> None:
    from workbench import jobs

    worker = jobs.worker_identity()
    if worker is not None and worker.alive():
        worker.signal("SIGTERM")
