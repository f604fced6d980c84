"""The Arena page in each of its states, without a browser."""

import pytest

from tests.pages.arena_runs import arena_run
from tests.pages.conftest import Open, words
from tests.pages.sample_runs import sample_run
from workbench.runs import all_runs
from workbench.widgets import arena, arena_errors, demo

CHARTS = {"Matrix": 1, "Cross": 0, "Numbers": 1, "Robustness": 1, "Calibration": 1, "Differences": 1, "Errors": 0}


@pytest.mark.usefixtures("no_shipped_runs")
def test_the_empty_page_starts_a_demo_at_a_click(open_page: Open) -> None:
    app = open_page("arena")
    assert "No comparison yet" in words(app)
    app.button(key="start-arena").click().run()
    (run,) = all_runs()
    assert (run.spec.recipe, run.spec.preset) == ("arena", "demo")
    assert app.query_params["run"] in (run.id, [run.id])


@pytest.mark.usefixtures("no_shipped_runs")
def test_a_public_workbench_starts_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "public", lambda: True)
    app = open_page("arena")
    assert "watched here, not started" in words(app)
    assert not [button for button in app.button if button.key == "start-arena"]


@pytest.mark.parametrize("view", list(arena.VIEWS))
def test_each_view_of_a_finished_run(view: str, open_page: Open) -> None:
    app = open_page("arena", run=arena_run().id, view=view)
    assert not app.error
    assert len(app.get("plotly_chart")) == CHARTS[view]


@pytest.mark.parametrize("view", list(arena.VIEWS))
def test_a_run_that_only_began_says_what_will_come(view: str, open_page: Open) -> None:
    app = open_page("arena", run=arena_run("running", detectors=0).id, view=view)
    said = words(app)
    assert "Stop" in {button.label for button in app.button}
    if view == "Matrix":
        assert len(app.get("plotly_chart")) == 1
    else:
        assert "appears when the first detector" in said or view == "Cross"


def test_a_run_half_way_shows_what_it_has(open_page: Open) -> None:
    app = open_page("arena", run=arena_run("running", detectors=1).id, view="Calibration")
    assert len(app.get("plotly_chart")) == 1


def test_an_ended_run_without_robustness_says_so(open_page: Open) -> None:
    said = words(open_page("arena", run=arena_run("interrupted").id, view="Robustness"))
    assert "ended before it had anything for Robustness" in said


def test_the_numbers_have_their_interval(open_page: Open) -> None:
    app = open_page("arena", run=arena_run().id, view="Numbers")
    table = app.dataframe[0].value
    assert table["auc"].tolist() == ["0.810 (0.790 to 0.830)"] * 2
    assert table["eer"].tolist() == ["0.200 (0.180 to 0.220)"] * 2
    assert "The field's numbers, picture by picture" in words(app)


def test_detectors_of_several_families_are_crossed(open_page: Open) -> None:
    said = words(open_page("arena", run=arena_run().id, view="Cross"))
    assert "needs detectors that were trained on different families" in said and "families=swap" in said
    app = open_page("arena", run=arena_run(crossed=True).id, view="Cross")
    assert len(app.get("plotly_chart")) == 1 and "Trained on one, tested on another" in words(app)


def test_errors_are_filtered_by_kind_and_family(open_page: Open) -> None:
    run = arena_run()
    every = words(open_page("arena", run=run.id, view="Errors"))
    assert every.count("missed swap") == 2 and every.count("false alarm  ") == 2
    missed = words(open_page("arena", run=run.id, view="Errors", error="missed forgeries", family="swap"))
    assert missed.count("missed swap") == 2 and "missed reenact" not in missed and "false alarm  " not in missed


def test_the_surest_error_comes_first() -> None:
    run = arena_run()
    kept = run.arrays("errors-0")
    assert arena_errors.chosen(kept, "all errors", "all families").tolist() == [0, 2, 4, 1, 3]
    assert arena_errors.chosen(kept, "missed forgeries", "swap").tolist() == [2, 3]
    assert arena_errors.chosen(kept, "false alarms", "swap").tolist() == [0, 1]


def test_a_run_of_another_recipe_is_no_comparison(open_page: Open) -> None:
    run = sample_run("done", steps=5)
    assert "This run is no comparison" in words(open_page("arena", run=run.id))
