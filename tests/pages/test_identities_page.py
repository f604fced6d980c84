"""The Identities page in each of its views and states, without a browser and without torch."""

from typing import Any

import pytest

from engines.errors import MissingWeights
from tests.pages.conftest import Answers, Open, words
from tests.pages.identity_answers import identity_run
from tests.pages.sample_runs import sample_run
from workbench.widgets import identities
from workbench.widgets.identities import ANCHORS, COMPARED, VIEWS

TITLES = {
    ANCHORS: ("On a sphere that can be seen", "In 128 dimensions, before and after", "Round by round"),
    "A person": ("Yaw, asked for and read", "Age, asked for and read"),
    "Sampling": ("The identity, step by step", "Guided: cosine 0.71, 1.5 s", "Not guided: cosine 0.31"),
    "Leaks": ("Nearest training picture", "Nearest first"),
    "Export": ("A folder a person",),
    COMPARED: ("Who was asked for", "What guidance costs", "Unique identities", "Pairs"),
}


@pytest.fixture(autouse=True)
def nothing_bundled(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Whether weights are bundled does not change these tests."""
    monkeypatch.setattr(identities, "ASSETS", tmp_path / "assets")


def asked(answers: Answers, name: str) -> dict[str, Any]:
    return [arguments for question, arguments in answers.asked if question == name][-1]


@pytest.mark.parametrize("view", TITLES)
def test_each_view_opens_with_its_titles(view: str, open_page: Open) -> None:
    run = identity_run()
    said = words(open_page("identities", view=view))
    assert all(title in said for title in TITLES[view])
    if view in (COMPARED, "A person", "Sampling", "Leaks"):
        assert run.id in said and "face world, not a paper's data set" in said


@pytest.mark.usefixtures("no_shipped_runs")
@pytest.mark.parametrize("view", [*VIEWS, COMPARED])
def test_without_a_generator_the_way_is_shown(view: str, open_page: Open) -> None:
    app = open_page("identities", view=view)
    assert any(title in words(app) for title in ("No generator of identities yet", "No run of ID³ to compare"))
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Train one"]
    assert "recipe=id3" in link.query_string and "preset=demo" in link.query_string


def test_anchors_need_nothing_and_ask_what_the_controls_say(open_page: Open, answers: Answers) -> None:
    open_page("identities", view=ANCHORS, count="500", width="32", seed="3")
    found = asked(answers, "spread")
    assert (found["count"], found["width"], found["seed"]) == (500, 32, 3)


def test_the_grid_asks_for_the_person_in_the_address(open_page: Open, answers: Answers) -> None:
    run = identity_run()
    app = open_page("identities", view="A person", person="5", source="spread", noise="9", guidance="80")
    found = asked(answers, "person_grid")
    assert (found["person"], found["source"], found["seed"], found["scale"]) == (5, "spread", 9, 80.0)
    assert found["folder"] == str(run.folder / "artifacts" / "model")
    captions = [image.caption for part in app.get("image") for image in part.proto.imgs]
    assert len(captions) == 15 and captions[0] == "-30° → -28°, 20 → 22 y · cos 0.60"


def test_the_threshold_recounts_the_leaks(open_page: Open) -> None:
    identity_run()
    app = open_page("identities", view="Leaks")
    before = [metric.value for metric in app.metric]
    next(each for each in app.slider if each.label == "One person from cosine").set_value(0.95).run()
    assert before != [metric.value for metric in app.metric] and app.metric[0].value.endswith("of 8")


def test_a_set_is_ordered_and_what_fails_is_named(open_page: Open, answers: Answers) -> None:
    identity_run()
    app = open_page("identities", view="Export", people="12", least="0.5")
    next(button for button in app.button if button.label == "Export").click().run()
    found = asked(answers, "write_identities")
    assert found["by"] == "export" and found["into"] == "identities-people-0"
    assert found["order"]["identities"] == 12 and found["order"]["least_cosine"] == 0.5
    assert "Failing after all retries: 3 by cosine." in words(app)


def test_what_went_wrong_is_said(open_page: Open, answers: Answers) -> None:
    identity_run()
    answers.by_name["face_steps"] = MissingWeights("The file is gone.")
    assert "The file is gone." in words(open_page("identities", view="Sampling"))


def test_runs_without_judged_identities_are_said(open_page: Open) -> None:
    queued = identity_run("queued")
    assert "judged when their training ends" in words(open_page("identities", view=COMPARED, run=queued.id))
    other = sample_run("done", steps=5)
    assert "only the recipe id3 draws identities" in words(open_page("identities", view=COMPARED, run=other.id))


def test_the_verdict_has_its_interval(open_page: Open) -> None:
    run = identity_run()
    assert "+0.210 [+0.150, +0.270] over 2 seeds and 4 people: nearer to the person." in words(
        open_page("identities", view=COMPARED, run=run.id)
    )


def test_a_run_of_the_recipe_opens_on_the_train_page(open_page: Open) -> None:
    app = open_page("train", run=identity_run().id)
    assert not app.error
    (link,) = [link.proto for link in app.get("page_link") if link.proto.label == "Open in Identities"]
    assert "view=Compared" in link.query_string


def test_lessons_open_beside_the_figures(open_page: Open) -> None:
    assert "Tammes problem" in words(open_page("identities", view=ANCHORS, teach="1"))
