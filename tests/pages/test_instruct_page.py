"""The Instruct page in each of its states, without a browser."""

import numpy as np
import pytest
import torch

from engines.continual.llaca.rounding import bfloat16, drift
from tests.pages.conftest import Open, words
from tests.pages.instruct_runs import instruct_run
from tests.pages.sample_runs import sample_run
from workbench.figures import instruct as figures
from workbench.runs import all_runs
from workbench.widgets import instruct

CHARTS = {"Curves": 1, "Balance": 2, "Instructions": 1, "Matrix": 1, "Answers": 0, "Compared": 2}


@pytest.mark.usefixtures("no_shipped_runs")
def test_the_empty_page_starts_a_demo_at_a_click(open_page: Open) -> None:
    app = open_page("instruct")
    assert "Nothing has been taught yet" in words(app)
    app.button(key="start-instruct").click().run()
    (run,) = all_runs()
    assert (run.spec.recipe, run.spec.preset) == ("llaca", "demo")


@pytest.mark.parametrize("view", list(instruct.VIEWS))
def test_each_view_of_a_finished_run(view: str, open_page: Open) -> None:
    app = open_page("instruct", run=instruct_run().id, view=view)
    assert not app.error and len(app.get("plotly_chart")) == CHARTS[view]


@pytest.mark.parametrize("view", ["Balance", "Compared", "Answers"])
def test_a_run_in_its_first_task_says_what_will_come(view: str, open_page: Open) -> None:
    app = open_page("instruct", run=instruct_run("running", methods=1, tasks=0).id, view=view)
    assert not app.error and "Stop" in {button.label for button in app.button}


def test_answers_stand_beside_the_picture(open_page: Open) -> None:
    app = open_page("instruct", run=instruct_run().id, view="Answers", method="lora")
    assert "right: **yes**" in words(app) and len(app.dataframe) == 8
    assert app.dataframe[2].value.iloc[0].tolist() == ["", "yes", "yes", "yes"]  # of the second task


def test_the_threshold_makes_the_groups(open_page: Open) -> None:
    run = instruct_run()
    assert "**Group 2**: classes" in words(open_page("instruct", run=run.id, view="Instructions"))
    lower = words(open_page("instruct", run=run.id, view="Instructions", threshold="0.05"))
    assert "**Group 1**: reading, classes, comparison, yesno" in lower


def test_rounding_needs_no_run(open_page: Open) -> None:
    app = open_page("instruct", view="Rounding")
    assert not app.error and len(app.get("plotly_chart")) == 1


def test_another_recipe_is_not_of_this_page(open_page: Open) -> None:
    assert "answers no questions" in words(open_page("instruct", run=sample_run("done", steps=5).id))


def test_layers_are_means_over_their_tensors() -> None:
    kept = {
        "steps": np.array([[0, 1], [1, 1], [1, 2]]), "tensors": np.array(["layers.0.q", "layers.0.k", "projector.w"]),
        "keep": np.array([[0.0, 0, 0], [0.2, 0.4, 0.9], [0.4, 0.6, 1.0]]), "sessions": np.array(["a", "b"]),
        "branch": np.array([[0, 0, 0], [0, 1, 1], [0, 0, 5]]),
        "branches": np.array(["formula", "out of range", *"xyz", "fixed"]),
    }  # fmt: skip
    steps, layers, values = figures.by_layer(kept, 1)
    assert steps.tolist() == [1, 2] and layers == ["layer 1", "projector"]
    assert values == pytest.approx(np.array([[0.3, 0.5], [0.9, 1.0]]))
    assert figures.taken(kept, 1)["formula"] == pytest.approx(0.5)


def test_our_bfloat16_is_torchs_and_stops_half_of_the_values() -> None:
    values = np.random.default_rng(0).normal(size=5000).astype(np.float32) * 10
    assert (bfloat16(values) == torch.from_numpy(values).bfloat16().float().numpy()).all()
    found = drift(steps=400, count=4000)
    assert found.exact[-1] > 0.97 and found.rounded[-1] < 0.6 and 0.3 < found.still < 0.7
