"""The Arena page in a browser: each view is whole, readable and named, light and dark, wide and narrow."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_look import whole
from tests.pages.arena_runs import arena_run
from workbench.runs import Run
from workbench.widgets.arena import VIEWS

pytestmark = pytest.mark.browser
WINDOWS = [*((view, 1280, "light") for view in VIEWS), ("Cross", 1280, "dark"), ("Differences", 390, "light"),
           ("Numbers", 390, "dark")]  # fmt: skip


@pytest.fixture(scope="module")
def measured(home: Path) -> Run:
    """A comparison that has ended, of two detectors trained on a family each."""
    return arena_run(crossed=True)


@pytest.mark.parametrize(("view", "width", "scheme"), WINDOWS)
def test_each_view_is_whole_readable_and_named(
    view: str, width: int, scheme: str, open_tab: Callable[..., Any], measured: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/arena?view={view}&run={measured.id}", scheme=scheme, width=width)
    whole(tab, f"arena-{view.lower()}-{width}-{scheme}", tmp_path)
