"""The Reconstruction page in a browser: each view is whole, readable and named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.test_look import whole
from tests.pages.guided_runs import guided_run
from workbench.runs import Run
from workbench.widgets.reconstruction import VIEWS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def guided(home: Path) -> Run:
    """A run of the recipe that has ended."""
    return guided_run()


@pytest.mark.parametrize(("view", "scheme"), [*((view, "light") for view in VIEWS), ("Faces", "dark")])
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, open_tab: Callable[..., Any], guided: Run, tmp_path: Path
) -> None:
    tab = open_tab(f"/reconstruction?view={view}&run={guided.id}", scheme=scheme)
    whole(tab, f"reconstruction-{view.lower()}-{scheme}", tmp_path)
