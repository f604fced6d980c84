"""The Recognition page in each of its states, without a browser."""

import time

import numpy as np
import pytest

from engines.recognition.frcsyn import divide
from tests.pages.conftest import Open, words
from tests.pages.recognition_runs import frcsyn_run
from tests.pages.sample_runs import sample_run
from workbench.runs import all_runs
from workbench.widgets import demo, recognition


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_a_run_the_published_board_and_a_demo_at_a_click(open_page: Open) -> None:
    app = open_page("recognition")
    assert "No run yet" in words(app) and "FRCSyn site, 2nd edition" in words(app)
    assert len(app.get("plotly_chart")) == 1
    app.button(key="start-recognition").click().run()
    (run,) = all_runs()
    assert (run.spec.recipe, run.spec.preset) == ("frcsyn", "demo")


@pytest.mark.usefixtures("no_shipped_runs")
def test_a_public_workbench_starts_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "public", lambda: True)
    assert "watched here, not started" in words(open_page("recognition"))


def test_each_view_of_a_finished_run(open_page: Open) -> None:
    run = frcsyn_run()
    for view in recognition.VIEWS:
        app = open_page("recognition", run=run.id, view=view)
        assert not app.error and not app.warning, view
        assert len(app.get("plotly_chart")) == 1, view


def test_a_run_that_only_began_says_what_will_come(open_page: Open) -> None:
    run = frcsyn_run("running", systems=0)
    assert "appears when the first recogniser" in words(open_page("recognition", run=run.id, view="Groups"))
    assert len(open_page("recognition", run=run.id).get("plotly_chart")) == 1


def test_the_threshold_set_by_hand_changes_every_group_at_once(open_page: Open) -> None:
    run = frcsyn_run()
    app = open_page("recognition", run=run.id, view="Groups", threshold="set by hand")
    before = app.dataframe[0].value["AVG"].tolist()
    app.slider(key="cosine").set_value(0.9).run()
    after = app.dataframe[0].value["AVG"].tolist()
    assert before != after and all(text.startswith(("50", "51")) for text in after)  # hardly any pair matches


def test_no_system_chosen_says_so(open_page: Open) -> None:
    app = open_page("recognition", run=frcsyn_run().id, view="Groups")
    app.multiselect(key="systems").set_value([]).run()
    assert "Choose a system above" in words(app) and not app.get("plotly_chart")


def test_a_moved_threshold_is_recomputed_within_its_time() -> None:
    """The sums of one drag, for three systems; the page's own share is measured with the other pages."""
    run = frcsyn_run(systems=3)
    pairs = run.arrays("pairs-bupt")
    weights, cosines = divide.balanced_weights(pairs), run.arrays("scores-0")["bupt"]
    best = np.inf
    for threshold in (0.2, 0.3, 0.4, 0.5):
        began = time.perf_counter()
        for _ in range(3):
            divide.divided(pairs, cosines, threshold, weights)
        best = min(best, time.perf_counter() - began)
    assert best < 0.3


def test_divided_at_its_own_threshold_it_is_the_runs_table(open_page: Open) -> None:
    run = frcsyn_run()
    pairs, kept = run.arrays("pairs-bupt"), run.arrays("scores-0")
    found = divide.divided(pairs, kept["bupt"], 0.35, divide.balanced_weights(pairs, 20))
    row = next(r for r in run.tables("results") if r["system"] == "real" and r["subtask"] == "1.1")
    for name in ("avg", "sd", "to"):
        assert found.whole[name] == pytest.approx(row[name])
    for one in found.groups:
        share = (one["mated"] * one["fnmr"] + one["non_mated"] * one["fmr"]) / (one["mated"] + one["non_mated"])
        assert one["accuracy"] == pytest.approx(100 - share)


def test_another_recipes_run_is_said_so(open_page: Open) -> None:
    assert "trained no recogniser" in words(open_page("recognition", run=sample_run("done", steps=5).id))
