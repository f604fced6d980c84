"""The whole workbench, served as a user would serve it, and a Chromium that looks at it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pages.sample_runs import sample_run
from tests.served import served
from workbench.runs import Run

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
    with served(home, tmp_path_factory.mktemp("server") / "log.txt") as where:
        yield where


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
    """Wait until the page has drawn everything: no script runs, nothing is still to come, and charts stand."""
    tab.wait_for_function("!document.querySelector('[data-testid=stStatusWidget], [data-testid=stSkeleton]')")
    tab.wait_for_function(
        "[...document.querySelectorAll('[data-testid=stPlotlyChart]')].every(c => c.querySelector('svg.main-svg'))"
    )
    tab.wait_for_timeout(400)


def full_height(tab: Any) -> None:
    """Make the window as high as the page, since the page scrolls inside it."""
    height = tab.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    tab.set_viewport_size({"width": tab.viewport_size["width"], "height": min(max(900, height), 6000)})
    tab.wait_for_timeout(500)
