"""The Quality page in each of its views and states, without a browser and without torch."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engines.errors import MienError
from tests.pages.conftest import Answers, Open, words
from tests.pages.quality_answers import quality_run
from tests.pages.sample_runs import sample_run
from workbench.widgets.quality import FREDA, VIEWS

TITLES = {
    "Scores": ("Forgery quality score, epoch 4", "Dynamic d, epoch 4", "Static q, all epochs"),
    "Static and dynamic": ("Static against dynamic, epoch 4", "Lowest scores", "Highest scores"),
    "Pacing": ("Share of easy forgeries", "Share upgraded", "Share shown to the training", "Another curve"),
    "Known quality": ("Rank correlation with the known quality", "Similarity q against Q*"),
    "Methods": ("Difference to plain",),
}


def slider(app: AppTest, label: str) -> Any:
    return next(each for each in app.slider if each.label == label)


def asked(answers: Answers) -> list[dict[str, Any]]:
    return [arguments for name, arguments in answers.asked if name == "freda"]


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_a_run_opens_with_its_provenance(view: str, open_page: Open) -> None:
    run = quality_run()
    said = words(open_page("quality", run=run.id, view=view))
    assert all(title in said for title in TITLES[view])
    assert f"run {run.id}" in said
    assert "face world, not a paper's data set" in said


@pytest.mark.parametrize("view", VIEWS)
def test_without_a_run_of_ones_own_the_shipped_one_opens(view: str, open_page: Open) -> None:
    said = words(open_page("quality", view=view))
    assert "seeds 0 to 2" in said
    assert "No quality run yet" not in said


@pytest.mark.usefixtures("no_shipped_runs")
@pytest.mark.parametrize("view", VIEWS)
def test_without_any_run_a_demo_is_offered(view: str, open_page: Open) -> None:
    app = open_page("quality", view=view)
    assert "No quality run yet" in words(app)
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Train one"]
    assert "recipe=quality" in link.query_string
    assert "preset=demo" in link.query_string


def test_a_run_that_has_not_come_so_far_and_one_of_another_recipe_are_said(open_page: Open) -> None:
    assert "is queued; scores are kept when" in words(open_page("quality", run=quality_run(target="queued").id))
    assert "was trained by effort" in words(open_page("quality", run=sample_run("done", steps=5).id))


def test_a_run_at_work_shows_the_method_that_has_ended(open_page: Open) -> None:
    run = quality_run(target="running")
    app = open_page("quality", run=run.id)
    assert next(box for box in app.selectbox if box.label == "Method").options == ["quality"]
    assert "compared when the run ends" in "".join(
        str(info.value) for info in open_page("quality", run=run.id, view="Methods").info
    )


def test_the_address_chooses_epoch_and_method_and_a_slider_changes_them(open_page: Open) -> None:
    app = open_page("quality", run=quality_run().id, epoch="2", method="plain")
    assert slider(app, "Epoch").value == 2
    assert "Forgery quality score, epoch 2" in words(app)
    assert 'kept = run.arrays("pacing-plain")' in words(app)
    slider(app, "Epoch").set_value(1).run()
    assert "Forgery quality score, epoch 1" in words(app)


def test_an_epoch_that_the_run_has_not_is_no_error(open_page: Open) -> None:
    assert "epoch 4" in words(open_page("quality", run=quality_run().id, epoch="9"))


def test_the_python_of_a_figure_draws_it(open_page: Open) -> None:
    app = open_page("quality", run=quality_run().id, view="Static and dynamic", epoch="2")
    code = next(str(block.value) for block in app.code if "quality.scatter(" in str(block.value))
    names: dict[str, Any] = {}
    exec(code.replace(".show()", "").replace("quality.scatter(", "drawn = quality.scatter("), names)
    assert sum(len(trace.x) for trace in names["drawn"].data) == 90


def test_the_pacing_editor_begins_with_the_run_and_shows_the_engines_schedule(open_page: Open) -> None:
    app = open_page("quality", run=quality_run().id, view="Pacing")
    assert (slider(app, "Epochs").value, slider(app, "First share").value) == (4, 0.1)
    slider(app, "First share").set_value(0.3).run()
    assert "mien train quality --set curve=linear --set first=0.3 --set last=0.6 --set epochs=4" in words(app)
    assert "engine.schedule(4, 1, curve, 0.3, 0.6)" in words(app)


def test_methods_are_compared_with_the_one_asked_for(open_page: Open) -> None:
    run = quality_run(("quality", "plain", "random-score"))
    assert "Difference to random-score" in words(
        open_page("quality", run=run.id, view="Methods", against="random-score")
    )


def test_freda_needs_no_run_and_asks_what_the_controls_say(open_page: Open, answers: Answers) -> None:
    app = open_page("quality", view=FREDA, family="selfblend", forgery="7", mask="disc", cutoff="0.2")
    assert asked(answers)[-1] == {
        "by": asked(answers)[-1]["by"], "family": "selfblend", "seed": 7, "cutoff": 0.2, "shape": "disc",
        "amplitude_only": False,
    }  # fmt: skip
    slider(app, "Cut-off").set_value(0.05).run()
    next(each for each in app.toggle if each.label == "Amplitude only").set_value(True).run()
    assert (asked(answers)[-1]["cutoff"], asked(answers)[-1]["amplitude_only"]) == (0.05, True)
    said = words(app)
    assert all(part in said for part in ("What FreDA changes", "Power by frequency", "Spectra and mask"))
    assert "explore(pair.fake, pair.real, 0.05, 'disc', True)" in said


def test_freda_offers_families_that_are_ready_and_says_what_went_wrong(open_page: Open, answers: Answers) -> None:
    answers.by_name["freda"] = MienError("The renderer is gone.")
    app = open_page("quality", view=FREDA)
    (families,) = [group for group in app.get("button_group") if group.label == "Family"]
    assert list(families.options) == ["swap", "selfblend"]
    assert "The renderer is gone." in words(app)


def test_a_trained_run_leads_here(open_page: Open) -> None:
    app = open_page("train", run=quality_run().id)
    assert "Open in Quality" in [link.proto.label for link in app.get("page_link")]


def test_lessons_open_beside_the_figures(open_page: Open) -> None:
    assert "What to look for." in words(open_page("quality", run=quality_run().id, teach="1"))
