"""The Distil page in each of its views and states, without a browser and without torch."""

import pytest

from tests.pages.conftest import Open, words
from tests.pages.distil_runs import PAIRS, distil_run
from tests.pages.sample_runs import sample_run
from workbench.runs import all_runs
from workbench.widgets.distil import VIEWS

TITLES = {
    "Race": ("Accuracy while it trains",),
    "Methods": ("Accuracy on test pictures", "TAS less each other", "All pairs"),
    "CKA": ("CKA before and after",),
    "Feature maps": ("Feature maps",),
    "Shuffle": ("When places are shuffled",),
    "InfoNCE": ("What InfoNCE sees", "OFA: a sure guide counts more"),
    "Without teacher to assistant": ("With and without teacher to assistant",),
}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_a_run_opens_with_its_provenance(view: str, open_page: Open) -> None:
    run = distil_run()
    said = words(open_page("distil", run=run.id, view=view))
    assert all(title in said for title in TITLES[view])
    assert f"run {run.id}" in said and "seeds 0 to 2" in said and "face world, not a paper's data set" in said


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_a_run_a_race_is_started_here(open_page: Open) -> None:
    app = open_page("distil", teacher="vit-s", student="resnet-xs")
    assert "No race yet" in words(app)
    (button,) = [each for each in app.button if each.label == "Start the race"]
    button.click().run()
    (run,) = all_runs()
    assert run.spec.recipe == "tas" and run.spec.config["pairs"] == ["vit-s>resnet-xs"]
    assert "no-teacher-assistant" in run.spec.config["methods"]
    assert f"{run.id}" in words(app)


def test_a_run_that_is_alive_says_what_will_come(open_page: Open) -> None:
    run = distil_run("running")
    assert "Accuracy while it trains" in words(open_page("distil", run=run.id))
    assert "CKA maps appear when" in words(open_page("distil", run=run.id, view="CKA"))


def test_a_run_of_another_recipe_and_one_without_the_ablation_are_said(open_page: Open) -> None:
    assert "is of the recipe effort" in words(open_page("distil", run=sample_run("done", steps=5).id))
    run = distil_run(pairs=PAIRS[:1], methods=("tas", "kd"))
    assert "Not in this run" in words(open_page("distil", run=run.id, view="Without teacher to assistant"))


def test_another_pair_shows_its_own(open_page: Open) -> None:
    app = open_page("distil", run=distil_run().id, view="Shuffle", pair=PAIRS[1])
    assert "kept = run.arrays('shuffle-1')" in words(app)


@pytest.mark.usefixtures("no_shipped_runs")
def test_visitors_watch(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", "1")
    app = open_page("distil")
    assert "can be watched here, not started" in words(app) and not app.button
