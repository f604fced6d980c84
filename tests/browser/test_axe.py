"""axe-core, the usual checker of accessibility, finds nothing serious on any page, and no headings out of order.

Each page is opened as a newcomer finds it, and with a run where it shows one. axe comes with its Python package, so
nothing is fetched.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import full_height, settle
from tests.browser.test_world import drawn
from tests.pages.every_run import every_run
from workbench.app import SECTIONS
from workbench.runs import Run

pytestmark = pytest.mark.browser

PAGES = {name: "/" if name == "home" else f"/{name}" for entries in SECTIONS.values() for name, _, _ in entries}
WITH_A_RUN = {
    "train": "/train?run={done}",
    "subspaces": "/subspaces?run={done}",
    "quality": "/quality?run={quality}",
    "reconstruction": "/reconstruction?run={reconstruction}",
    "arena": "/arena?run={arena}",
    "identities": "/identities?view=Compared&run={identities}",
    "augment": "/augment?view=Comparison&run={augment}",
    "forgetting": "/forgetting?run={forgetting}",
    "instruct": "/instruct?run={instruct}",
    "distil": "/distil?run={distil}",
    "recognition": "/recognition?view=Groups&run={recognition}",
}
DARK_PAGES = ("home", "detect", "attention", "lessons")
DARK_RUNS = ("train", "forgetting", "recognition")
GRAVE, GRADED = ("serious", "critical"), ("heading-order",)
"""Impacts, and rules of a lower impact, of which nothing may be found."""
STREAMLITS_OWN = {
    # The navigation of Streamlit 1.67 puts a div for each group between its ul and their li.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
}
"""Rule -> what it finds in Streamlit's own markup, which a page cannot change. Nothing else is passed over."""


@pytest.fixture(scope="module")
def named(home: Path, runs: dict[str, Run]) -> dict[str, str]:
    """Identities of runs, by page or by state."""
    return every_run() | {state: run.id for state, run in runs.items()}


@pytest.mark.parametrize(
    ("page", "scheme"), [*((page, "light") for page in PAGES), *((page, "dark") for page in DARK_PAGES)]
)
def test_nothing_serious_is_found_by_a_newcomer(page: str, scheme: str, open_tab: Callable[..., Any]) -> None:
    assert found_in(open_tab(PAGES[page], scheme=scheme)) == []


@pytest.mark.parametrize(
    ("page", "scheme"), [*((page, "light") for page in WITH_A_RUN), *((page, "dark") for page in DARK_RUNS)]
)
def test_nothing_serious_is_found_with_a_run(
    page: str, scheme: str, open_tab: Callable[..., Any], named: dict[str, str]
) -> None:
    assert found_in(open_tab(WITH_A_RUN[page].format(**named), scheme=scheme)) == []


def test_it_finds_what_is_wrong(open_tab: Callable[..., Any]) -> None:
    """A picture without words and grey on grey, put into a page."""
    tab = open_tab("/lessons")
    settle(tab)
    spoilt = "<img src='data:,'><p style='color:#999;background:#aaa'>grey</p><ul><p>no item</p></ul><h5>deep</h5>"
    block = "document.querySelector('[data-testid=stMainBlockContainer]')"
    tab.evaluate(f"{block}.insertAdjacentHTML('beforeend', `{spoilt}`)")
    full_height(tab)
    assert {line.split(":")[0] for line in grave(tab)} == {"image-alt", "color-contrast", "list", "heading-order"}


def found_in(tab: Any) -> list[str]:
    """What is grave in a tab once it has drawn everything."""
    drawn(tab)
    settle(tab)
    full_height(tab)  # what is out of sight is not looked at
    return grave(tab)


def grave(tab: Any) -> list[str]:
    """What axe finds serious or critical in a tab, each with the element."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(tab).response["violations"]
    own = [
        (one["id"], node)
        for one in found
        if one["impact"] in GRAVE or one["id"] in GRADED
        for node in one["nodes"]
        if not passed(tab, one, node)
    ]
    return [f"{rule}: {node['target']} {node['html'][:120]}" for rule, node in own]


def passed(tab: Any, violation: dict[str, Any], node: dict[str, Any]) -> bool:
    """Whether it is one of `STREAMLITS_OWN`."""
    where = STREAMLITS_OWN.get(violation["id"])
    return bool(where) and bool(tab.locator(node["target"][0]).evaluate("(e, where) => e.matches(where)", where))
