"""The Reconstruction page in each of its views and states, without a browser and without torch."""

from typing import Any

import pytest

from engines.errors import MissingWeights
from tests.pages.conftest import Answers, Open, words
from tests.pages.guided_runs import guided_run
from tests.pages.sample_runs import sample_run
from workbench.widgets import detect
from workbench.widgets.reconstruction import LIVE, VIEWS

TITLES = {
    "Faces": ("What the guides carry",),
    "Weights": ("Weight and likeness by family", "Weight against likeness"),
    "Distance": ("Distance between the two guides",),
    "Methods": ("Difference to plain",),
    LIVE: ("How near each drawing comes", "Step by step", "swap, forgery 6 · noise 0 · 2 steps"),
}


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_a_run_opens_with_its_provenance(view: str, open_page: Open) -> None:
    run = guided_run()
    said = words(open_page("reconstruction", run=run.id, view=view))
    assert all(title in said for title in TITLES[view])
    assert f"run {run.id}" in said and "face world, not a paper's data set" in said


@pytest.mark.usefixtures("no_shipped_runs")
def test_without_a_run_the_way_is_shown(open_page: Open) -> None:
    app = open_page("reconstruction")
    assert "No DiffusionFake run yet" in words(app)
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Train one"]
    assert "recipe=diffusionfake" in link.query_string


def test_a_run_that_has_not_come_so_far_and_one_of_another_recipe_are_said(open_page: Open) -> None:
    assert "faces are drawn when" in words(open_page("reconstruction", run=guided_run(target="queued").id))
    assert "was trained by effort" in words(open_page("reconstruction", run=sample_run("done", steps=5).id))


def test_every_picture_has_its_words(open_page: Open) -> None:
    """Three families: picture, source, target and two drawn; and one without guide."""
    app = open_page("reconstruction", run=guided_run().id)
    captions = [image.caption for part in app.get("image") for image in part.proto.imgs]
    assert len(captions) == 3 * 5 + 1
    assert sum(" dB" in caption for caption in captions) == 6


def asked(answers: Answers) -> list[dict[str, Any]]:
    return [arguments for name, arguments in answers.asked if name == "reconstruct"]


def test_a_drawing_is_asked_for_as_the_controls_say(open_page: Open, answers: Answers) -> None:
    run = guided_run()
    app = open_page("reconstruction", run=run.id, view=LIVE, family="selfblend", forgery="3", seed="5", steps="7")
    folder = str((run.folder / "artifacts/model").resolve())
    assert asked(answers)[-1] == {"folder": folder, "family": "selfblend", "number": 3, "seed": 5, "steps": 7}
    captions = [image.caption for part in app.get("image") for image in part.proto.imgs]
    assert captions[:3] == ["The picture, P(forged) 0.73", "Source, real frame", "Target, real frame"]
    assert captions[3:6] == ["Source, drawn, 11.5 dB, weight 0.40", "Target, drawn, 15.8 dB, weight 0.80",
                             "No guide, 20.0 dB"]  # fmt: skip
    app.select_slider(key="after").set_value(1).run()
    assert any("Source, drawn, 8.0 dB" in i.caption for part in app.get("image") for i in part.proto.imgs)
    next(b for b in app.button if b.label == "Other noise").click().run()
    assert asked(answers)[-1]["seed"] != 5 and asked(answers)[-1]["family"] == "selfblend"


def test_a_photograph_has_no_frames_behind_it(open_page: Open, answers: Answers) -> None:
    app = open_page("reconstruction", run=guided_run().id, view=LIVE, **{"from": "Sample photograph"})
    assert asked(answers)[-1]["data"] == detect.SAMPLE.read_bytes()
    captions = [image.caption for part in app.get("image") for image in part.proto.imgs]
    assert not any("real frame" in caption for caption in captions) and len(captions) == 1 + 3 + 3
    app = open_page("reconstruction", run=guided_run().id, view=LIVE, **{"from": "Your photograph"})
    assert "Choose a photograph above" in words(app) and detect.CONSENT in words(app)


def test_a_drawing_that_takes_long_can_be_cancelled_and_one_that_fails_says_why(
    open_page: Open, answers: Answers
) -> None:
    run = guided_run()
    answers.by_name["reconstruct"] = ...
    app = open_page("reconstruction", run=run.id, view=LIVE)
    assert "Cancel" in {button.label for button in app.button}
    answers.by_name["reconstruct"] = MissingWeights("The denoiser is not there.")
    assert "The denoiser is not there." in words(open_page("reconstruction", run=run.id, view=LIVE))


def test_a_run_without_guides_says_what_would_leave_them(open_page: Open) -> None:
    run = guided_run()
    (run.folder / "artifacts/model/guides.safetensors").unlink()
    assert "This run kept no guides" in words(open_page("reconstruction", run=run.id, view=LIVE))


def test_another_method_shows_its_own(open_page: Open) -> None:
    run = guided_run()
    app = open_page("reconstruction", run=run.id, view="Distance", method="shuffled")
    assert "kept = run.arrays('leaning-shuffled')" in words(app)
