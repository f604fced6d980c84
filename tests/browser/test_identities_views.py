"""The Identities page in a browser: each view is whole, anchors are pushed apart, and a set is written."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engines import recipes
from engines.training.journal import MemoryJournal
from tests.browser.test_look import whole
from tests.browser.test_world import drawn
from tests.pages.identity_answers import identity_run
from workbench.runs import Run
from workbench.widgets.identities import ANCHORS, COMPARED, VIEWS

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


@pytest.fixture(scope="module")
def trained(home: Path) -> Run:
    """A run that has ended, with a generator that was truly trained, if only for six steps."""
    run = identity_run(model=False)
    recipe = recipes.get("id3")
    outcome = recipe(recipe.configure("tiny", {"methods": ("id3",), "identities": 4, "people": 8}), MemoryJournal())
    folder = run.folder / "artifacts" / "model"
    folder.mkdir(parents=True, exist_ok=True)
    outcome.save(folder)
    return run


@pytest.mark.parametrize(
    ("view", "scheme", "width"),
    [*((view, "light", 1440) for view in (ANCHORS, *VIEWS, COMPARED)), (ANCHORS, "dark", 390),
     ("A person", "light", 390), (COMPARED, "dark", 1440)],
)  # fmt: skip
def test_each_view_is_whole_readable_and_named(
    view: str, scheme: str, width: int, open_tab: Tab, trained: Run, tmp_path: Path
) -> None:
    chosen = f"&run={trained.id}" if view == COMPARED else f"&model={trained.id}"
    tab = open_tab(f"/identities?view={view.replace(' ', '+')}&count=60{chosen}", scheme=scheme, width=width)
    drawn(tab)
    whole(tab, f"identities-{view.lower().replace(' ', '-')}-{scheme}-{width}", tmp_path)


def test_a_set_is_written_and_goes_on_where_it_was(open_tab: Tab, trained: Run, home: Path) -> None:
    tab = open_tab(f"/identities?view=Export&people=3&each=2&model={trained.id}")
    drawn(tab)
    tab.get_by_role("button", name="Export", exact=True).last.click()
    tab.get_by_text(re.compile("6 pictures of 3 people")).wait_for(timeout=120_000)
    folder = home / "exports" / "identities-people-0"
    assert len(list(folder.rglob("*.png"))) == 6 and len((folder / "manifest.jsonl").read_text().splitlines()) == 6
