"""The whole workbench, served as a user would serve it, and a Chromium that looks at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.sample_runs import sample_run
from workbench.runs import Run

ROOT = Path(__file__).resolve().parents[2]
SCREENS = Path(os.environ.get("MIEN_SCREENS", "")) if os.environ.get("MIEN_SCREENS") else None


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with a run of each kind. The environment is set for this process too: it writes runs beside the server."""
    folder = tmp_path_factory.mktemp("home")
    before = os.environ.get("MIEN_HOME")
    os.environ["MIEN_HOME"] = str(folder)
    yield folder
    os.environ.pop("MIEN_HOME")
    if before is not None:
        os.environ["MIEN_HOME"] = before


@pytest.fixture(scope="session")
def runs(home: Path) -> dict[str, Run]:
    """Runs that ended, by state."""
    return {state: sample_run(state, steps=60) for state in ("failed", "interrupted", "cancelled", "done")}


@pytest.fixture(scope="session")
def address(home: Path, runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the workbench is served."""
    port = _free_port()
    log = tmp_path_factory.mktemp("server") / "log.txt"
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


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser, or a skip where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    with playwright.sync_playwright() as driver:
        try:
            browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except playwright.Error as error:
            pytest.skip(f"Chromium could not be started: {error}")
        yield browser
        browser.close()


@pytest.fixture
def open_tab(
    chromium: Any, address: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Any]]:
    """`open_tab("/train?run=…", scheme="dark", width=1280)`: a tab of its own, with the page's title on it."""
    contexts = []

    def opened(path: str = "/", scheme: str = "light", width: int = 1280) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(30_000)
        contexts.append(context)
        tab = context.new_page()
        tab.goto(address + path)
        tab.wait_for_selector("h1")
        return tab

    yield opened
    failed = getattr(request.node, "failed", False)
    for number, context in enumerate(contexts):
        if failed and context.pages:
            context.pages[0].screenshot(path=tmp_path / f"failed-{number}.png", full_page=True)
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember whether a test failed, so that its tab leaves a picture."""
    outcome = yield
    if outcome.get_result().failed:  # type: ignore[attr-defined]
        item.failed = True  # type: ignore[attr-defined]


def settle(tab: Any) -> None:
    """Wait until the page has drawn everything: no script runs and charts stand."""
    tab.wait_for_function("!document.querySelector('[data-testid=stStatusWidget],[data-testid=stSkeleton]')")
    tab.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(c => c.querySelector('svg.main-svg'))"
    )
    tab.wait_for_timeout(400)


def full_height(tab: Any) -> None:
    """Make the window as high as the page, since the page scrolls inside it."""
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": tab.viewport_size["width"], "height": min(max(900, height), 6000)})
    tab.wait_for_timeout(500)


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
