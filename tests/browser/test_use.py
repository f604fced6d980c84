"""What people do: follow a run that lives, share a view, take the numbers along."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import settle
from tests.pages.sample_runs import sample_run
from workbench import state
from workbench.journal import FolderJournal
from workbench.runs import Run

pytestmark = pytest.mark.browser
Tab = Callable[..., Any]


def button(tab: Any, name: str) -> Any:
    """A button of the page; Streamlit's own header has a "Stop" too."""
    return tab.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)


def test_a_permalink_restores_the_view(open_tab: Tab, runs: dict[str, Run]) -> None:
    tab = open_tab("/subspaces")
    settle(tab)
    tab.get_by_role("radio", name="Attention", exact=True).click()
    tab.get_by_role("radio", name="swap", exact=True).click()
    tab.wait_for_url(re.compile("view=Attention.*family=swap|family=swap.*view=Attention"))
    tab.get_by_text("Attention on forgeries of family swap").wait_for()
    settle(tab)
    tab.get_by_role("button", name="Share").first.click()
    link = tab.locator("[data-testid=stPopoverBody] code").first.inner_text()
    assert f"run={runs['done'].id}" in link
    other = open_tab(link[link.index("/subspaces") :])
    settle(other)
    assert other.get_by_role("radio", name="Attention", exact=True).get_attribute("aria-checked") == "true"
    assert other.get_by_text("Attention on forgeries of family swap").is_visible()


def test_lessons_open_beside_the_figures_and_stay_in_the_address(open_tab: Tab, runs: dict[str, Run]) -> None:
    tab = open_tab(f"/train?run={runs['done'].id}")
    settle(tab)
    assert not tab.get_by_text("What to look for.").first.is_visible()
    tab.get_by_test_id("stCheckbox").get_by_text("Lessons", exact=True).click()
    tab.get_by_text("What to look for.").first.wait_for()
    assert "teach=1" in tab.url
    tab.reload()
    tab.get_by_text("What to look for.").first.wait_for()


def test_a_living_run_is_followed_and_found_again(open_tab: Tab, runs: dict[str, Run]) -> None:
    run = sample_run("running", steps=10)
    tab = open_tab(f"/train?run={run.id}")
    button(tab, "Stop").wait_for()
    journal = FolderJournal(run.folder)
    journal.phase("training", 0.5, "half of it")
    tab.get_by_text("training: half of it").wait_for()
    for step in range(11, 80):
        journal.metric(step, **{"loss/real": 0.5, "loss/fake": 0.1})
    journal.flush()
    tab.get_by_label(re.compile("real 0.5.*fake below real")).first.wait_for()
    tab.close()
    again = open_tab(f"/train?run={run.id}")
    again.get_by_text("training: half of it").wait_for()
    button(again, "Stop").click()
    again.get_by_text("Saving its checkpoint").wait_for()
    state.conclude(run.folder, "interrupted", reason="Stopped by you at step 79.")
    journal.close()
    button(again, "Resume").wait_for()
    again.get_by_text("Stopped by you at step 79.").wait_for()


def test_the_numbers_of_a_figure_can_be_taken_along(open_tab: Tab, runs: dict[str, Run]) -> None:
    tab = open_tab(f"/train?run={runs['done'].id}")
    settle(tab)
    tab.get_by_role("button", name="Save").first.click()
    with tab.expect_download() as download:
        tab.get_by_role("button", name="CSV", exact=True).click()
    text = Path(download.value.path()).read_text()
    assert text.splitlines()[0].split(",")[:3] == ["step", "loss/real", "loss/fake"]
    assert len(text.splitlines()) == 61


def test_the_python_of_a_card_draws_the_figure(open_tab: Tab, runs: dict[str, Run]) -> None:
    tab = open_tab(f"/subspaces?run={runs['done'].id}&layer=2")
    settle(tab)
    tab.get_by_role("button", name="Share").first.click()
    code = tab.locator("[data-testid=stPopoverBody] code").last.inner_text()
    names: dict[str, Any] = {}
    exec(code.replace(".show()", "").replace("spectra.spectrum(", "drawn = spectra.spectrum("), names)
    assert [trace.name for trace in names["drawn"].data] == ["q", "k", "v", "out"]


def test_a_run_is_started_from_the_form_and_appears_in_the_list(open_tab: Tab) -> None:
    tab = open_tab("/train?preset=tiny")
    settle(tab)
    tab.get_by_role("button", name="Start training").click()
    tab.wait_for_url(re.compile("run="))
    identity = re.search(r"run=([\w-]+)", tab.url).group(1)  # type: ignore[union-attr]
    listing = open_tab("/runs")
    listing.get_by_text(identity).first.wait_for()
    button(tab, "Stop").click()
    tab.get_by_text(re.compile("cancelled|interrupted|Saving its checkpoint|failed")).first.wait_for()
