"""The Augment page in each of its views and states, without a browser and without torch."""

import pytest

from tests.pages.augment_answers import deda_run
from tests.pages.conftest import BROKEN, Answers, Open, words
from tests.pages.sample_runs import sample_run
from workbench.widgets.augment import BY_HAND, OF_RUN

TITLES = {
    "Methods": "What each method makes of it", "Layers": "Layers", "Strength": "What changes",
    "Comparison": "Methods against vanilla, spurious", "Trade-off": "Fidelity and diversity, spurious",
    "Ladder": "De-DA part by part, spurious", "Groups": "What they look at", "Cost": "Combinations",
}  # fmt: skip


@pytest.mark.parametrize("view", BY_HAND)
def test_views_by_hand_need_no_run(view: str, open_page: Open) -> None:
    said = words(open_page("augment", view=view))
    assert TITLES[view] in said and "face world, not a paper's data set" in said and "person 3, photo 5" in said


@pytest.mark.parametrize("view", OF_RUN)
def test_views_of_a_run_have_its_provenance(view: str, open_page: Open) -> None:
    run = deda_run()
    said = words(open_page("augment", run=run.id, view=view))
    assert TITLES[view] in said and f"run {run.id}" in said and "face world, not a paper's data set" in said


def test_what_edits_is_said(open_page: Open) -> None:
    assert "There is no denoiser on this machine" in words(open_page("augment"))
    assert "bundled denoiser" in words(open_page("augment", view="Strength"))


def test_the_address_is_what_is_asked(open_page: Open, answers: Answers) -> None:
    open_page("augment", view="Layers", person="12", place="evening", scale="0.6", turn="20")
    name, asked = answers.asked[-1]
    assert name == "apart" and asked["number"] == 12 and asked["place"] == "evening"
    assert asked["scale"] == pytest.approx(0.6) and asked["turn_deg"] == pytest.approx(20)


def test_another_setting_and_the_worst_group(open_page: Open) -> None:
    run = deda_run()
    app = open_page("augment", run=run.id, view="Comparison", setting="full", of="the worst group")
    said = words(app)
    assert "Methods against vanilla, full" in said and "augment.compared(rows, 'worst_gain')" in said


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_a_run_the_way_is_shown(open_page: Open) -> None:
    app = open_page("augment", view="Ladder")
    assert "No comparison yet" in words(app)
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Train the demo"]
    assert "recipe=deda" in link.query_string


def test_runs_that_hold_nothing_yet_are_said(open_page: Open) -> None:
    assert "numbers appear when" in words(open_page("augment", run=deda_run("queued").id, view="Groups"))
    other = sample_run("done", steps=5)
    assert "was trained by effort" in words(open_page("augment", run=other.id, view="Groups"))


def test_a_run_without_rungs_says_so(open_page: Open) -> None:
    run = deda_run(methods=("vanilla", "de-da"))
    assert "This run trained no rungs" in words(open_page("augment", run=run.id, view="Ladder"))


def test_a_photograph_is_asked_for_and_a_bad_one_is_said(open_page: Open, answers: Answers) -> None:
    assert "Choose a photograph" in words(open_page("augment", whose="Your photograph"))
    answers.by_name["augmented"] = BROKEN
    assert "damaged or cut off" in words(open_page("augment"))
