"""The Forgetting page in each of its states, without a browser."""

import pytest

from tests.continual.test_toolkit_logs import AVALANCHE, MAMMOTH, PILOT
from tests.pages.conftest import Open, words
from tests.pages.forgetting_runs import forgetting_run
from tests.pages.sample_runs import sample_run
from workbench.runs import all_runs
from workbench.widgets import demo, forgetting

CHARTS = {
    "Curves": 1,
    "Matrix": 1,
    "Stability and plasticity": 1,
    "Slow and fast": 2,
    "What if": 2,
    "Drift": 3,
    "Compared": 2,
}


@pytest.mark.usefixtures("no_shipped_runs")
def test_the_empty_page_starts_a_demo_at_a_click(open_page: Open) -> None:
    app = open_page("forgetting")
    assert "Nothing has been learned yet" in words(app)
    app.button(key="start-forgetting").click().run()
    (run,) = all_runs()
    assert (run.spec.recipe, run.spec.preset) == ("safe", "demo")
    assert app.query_params["run"] in (run.id, [run.id])


@pytest.mark.usefixtures("no_shipped_runs")
def test_a_public_workbench_starts_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "public", lambda: True)
    app = open_page("forgetting")
    assert "watched here, not started" in words(app)
    assert not [button for button in app.button if button.key == "start-forgetting"]


@pytest.mark.parametrize("view", list(forgetting.VIEWS))
def test_each_view_of_a_finished_run(view: str, open_page: Open) -> None:
    app = open_page("forgetting", run=forgetting_run(seeds=2).id, view=view)
    assert not app.error and len(app.get("plotly_chart")) == CHARTS[view]


@pytest.mark.parametrize("view", list(forgetting.VIEWS))
def test_a_run_in_its_first_session_says_what_will_come(view: str, open_page: Open) -> None:
    app = open_page("forgetting", run=forgetting_run("running", methods=1, sessions=0).id, view=view)
    assert not app.error and "Stop" in {button.label for button in app.button}
    if view == "Curves":
        assert len(app.get("plotly_chart")) == 1


def test_a_run_without_a_probe_waits(open_page: Open) -> None:
    app = open_page("forgetting", run=forgetting_run("running", methods=0).id)
    assert "first curve appears" in words(app)
    assert "ended before its first probe" in words(
        open_page("forgetting", run=forgetting_run("interrupted", methods=0).id)
    )


def test_a_fall_is_said(open_page: Open) -> None:
    said = words(open_page("forgetting", run=forgetting_run().id, view="Curves"))
    assert "Session 1 fell by" in said and "identities of the face world, not a paper's data set" in said


def test_the_scrubber_goes_back_and_the_measures_with_it(open_page: Open) -> None:
    run = forgetting_run()
    last = open_page("forgetting", run=run.id, view="Matrix", method="sequential")
    early = open_page("forgetting", run=run.id, view="Matrix", method="sequential", session="2")
    finals = [app.dataframe[0].value.set_index("measure").loc["Final", "value"] for app in (last, early)]
    accuracy = run.arrays("record-sequential-0-0")["accuracy_answer"]
    assert finals == [f"{accuracy[3].mean():.3f}", f"{accuracy[1, :2].mean():.3f}"]


def test_a_slider_answers_anew(open_page: Open) -> None:
    app = open_page("forgetting", run=forgetting_run().id, view="What if")
    before = [metric.value for metric in app.metric]
    app.select_slider(key="ridge").set_value("1e8").run()
    assert [metric.value for metric in app.metric] != before
    assert app.select_slider(key="ridge").value == "1e8"


def test_logs_of_other_toolkits_are_drawn_beside(open_page: Open) -> None:
    app = open_page("forgetting", run=forgetting_run().id, view=forgetting.LOGS)
    files = [("pilot.log", PILOT), ("logs.pyd", MAMMOTH), ("eval_results.csv", AVALANCHE), ("odd.txt", "hello")]
    app.file_uploader(key="logs").set_value([(name, text.encode(), "text/plain") for name, text in files]).run()
    assert not app.exception and len(app.get("plotly_chart")) == 4
    assert "odd.txt is no log that is known" in words(app)


def test_a_run_of_another_recipe_is_not_of_this_page(open_page: Open) -> None:
    assert "learns one thing only" in words(open_page("forgetting", run=sample_run("done", steps=5).id))
