"""The World page in each of its views and states, without a browser and without the renderer."""

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engines.errors import BadConfig, BadInput
from tests.pages.conftest import Answers, Open, words
from workbench.widgets import sliders
from workbench.widgets.world_person import PERSON, PHOTO

VIEWS = ("A person", "Photographs", "Forgeries", "People", "Clips")


def asked(answers: Answers, name: str) -> dict[str, Any]:
    """The arguments of the last question of that name."""
    return [arguments for question, arguments in answers.asked if question == name][-1]


def slider(app: AppTest, label: str) -> Any:
    return next(each for each in app.slider if each.label == label)


def press(app: AppTest, label: str) -> AppTest:
    return next(each for each in app.button if each.label == label).click().run()


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_opens(view: str, open_page: Open) -> None:
    app = open_page("world", view=view)
    assert not app.error
    assert not app.warning
    assert "face world, not a paper's data set" in words(app)


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_waits_while_the_renderer_starts(view: str, open_page: Open, answers: Answers) -> None:
    answers.by_name["catalogue"] = ...
    app = open_page("world", view=view)
    assert "Cancel" in [button.label for button in app.button]


def test_a_slider_changes_the_person_and_the_address_and_goes_back(open_page: Open, answers: Answers) -> None:
    app = open_page("world")
    years = slider(app, "years")
    assert years.value == pytest.approx(42.4)
    years.set_value(60.0).run()
    assert asked(answers, "portrait")["traits"] == {"years": 60.0}
    assert app.query_params["years"] == "60"
    assert asked(answers, "ages")["traits"] == {}, "other ages do not depend on this one"
    press(app, "As born")
    assert asked(answers, "portrait")["traits"] == {}
    assert "years" not in app.query_params
    assert slider(app, "years").value == pytest.approx(42.4)


def test_an_address_brings_back_every_change(open_page: Open, answers: Answers) -> None:
    app = open_page("world", person="9", photo="4", years="20", hair_style="short", yaw="-30", change="Hair")
    who = asked(answers, "portrait")
    assert (who["person"], who["photo"]) == (9, 4)
    assert (who["traits"], who["controls"]) == ({"years": 20.0, "hair_style": "short"}, {"yaw": -30.0})
    assert next(box for box in app.selectbox if box.label == "hair style").value == "short"


def test_an_address_that_is_nonsense_is_passed_over(open_page: Open, answers: Answers) -> None:
    app = open_page("world", person="x", years="900", hair_style="wings", yaw="nan", occluder="<script>")
    assert asked(answers, "portrait")["traits"] == {}
    assert asked(answers, "portrait")["controls"] == {}
    assert not app.error


def test_another_person_is_another_number_without_changes(open_page: Open, answers: Answers) -> None:
    app = open_page("world", years="20", yaw="10")
    press(app, "Another person")
    who = asked(answers, "portrait")
    assert who["person"] != PERSON
    assert who["traits"] == {}
    assert who["controls"] == {"yaw": 10.0}, "the photograph stays"


def test_a_trait_that_no_group_names_has_a_slider_too(open_page: Open) -> None:
    assert slider(open_page("world", change="More"), "dimples").value == 0.5
    assert "occluder" in [box.label for box in open_page("world", change="Light").selectbox]


@pytest.mark.parametrize("overlay", ["Landmarks", "Masks", "Depth", "Normals"])
def test_truth_is_drawn_in_a_card_with_its_command(overlay: str, open_page: Open, answers: Answers) -> None:
    answers.by_name["portrait"]["truth"] = _only(answers.by_name["portrait"]["truth"], overlay)
    app = open_page("world", truth=overlay, years="33", group="asian-male")
    assert asked(answers, "portrait")["truth"] == overlay.lower()
    assert app.get("plotly_chart")
    numbers = f"--person {PERSON} --photo {PHOTO} --group asian-male --set years=33"
    assert f"mien world render --out person.png --truth {numbers}" in words(app)


@pytest.mark.parametrize(("beside", "question"), [("Ages", "ages"), ("Twins", "twins"), ("Look-alikes", "between")])
def test_who_else_they_are(beside: str, question: str, open_page: Open, answers: Answers) -> None:
    open_page("world", beside=beside, share="0.2")
    names = {name for name, _ in answers.asked} & {"ages", "twins", "between"}
    assert names == {question}
    if question == "between":
        assert asked(answers, question)["shares"] == (0.0, 0.2, 1.0)


def test_a_setting_the_engine_refuses_is_a_sentence(open_page: Open, answers: Answers) -> None:
    answers.by_name["portrait"] = BadConfig("Shares of ancestry sum to 1, not 1.3.")
    app = open_page("world")
    assert "Shares of ancestry sum to 1" in words(app)
    assert slider(app, "years"), "the sliders stay, so that it can be taken back"


def test_photographs_come_in_pages(open_page: Open, answers: Answers) -> None:
    open_page("world", view="Photographs", people="40", photos="3", page="2")
    first = list(range(0, 120, 3)) + list(range(1, 120, 3))
    assert asked(answers, "grid")["indices"] == tuple(first[28:56])
    open_page("world", view="Photographs", people="40", photos="3", whose="one person", place="2")
    assert asked(answers, "grid")["indices"] == (3, 4, 5)


def test_the_set_is_asked_for_as_it_is_set(open_page: Open, answers: Answers) -> None:
    app = open_page("world", view="Photographs", people="50", split="val", frontal="true", seed="3", occluded="0.5")
    slider(app, "Ages / years").set_value((20, 40)).run()
    spec = asked(answers, "grid")["spec"]
    assert spec == {
        "split": "val", "people": 50, "photos": 10, "groups": (), "frontal": True, "occluders": 0.5,
        "ages": (20.0, 40.0), "age_gap": 0.0, "seed": 3,
    }  # fmt: skip
    command = "mien world export images images-val-3 --split val --people 50 --photos 10 --frontal --occluders 0.5"
    assert f"{command} --ages 20:40 --size 112 --seed 3" in words(app)


def test_an_export_is_started_told_and_can_be_cancelled(open_page: Open, answers: Answers) -> None:
    app = open_page("world", view="Photographs")
    assert "export" not in [name for name, _ in answers.asked]
    press(app, "Export")
    order = asked(answers, "export")
    assert (order["kind"], order["folder"], order["spec"]["size_px"]) == ("images", "images-train-0", 112)
    assert "6 photographs of 3 people are in `/there/faces`" in words(app)
    answers.by_name["export"] = ...
    press(app, "Export")
    assert "Cancel" in [button.label for button in app.button]
    answers.by_name["export"] = BadInput("/there/faces exists already; choose a new folder.")
    press(app, "Export")
    assert "exists already" in words(app)


def test_a_public_workbench_writes_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", "1")
    app = open_page("world", view="Photographs")
    assert "Export" not in [button.label for button in app.button]
    assert "from the command line" in words(app)


def test_forgeries_have_their_knobs(open_page: Open, answers: Answers) -> None:
    app = open_page("world", view="Forgeries", knob_steps="4", knob_flip="False")
    assert asked(answers, "forgery")["knobs"] == {"steps": 4, "flip": False}
    assert isinstance(asked(answers, "forgery")["knobs"]["steps"], int)
    slider(app, "feather").set_value(2.5).run()
    assert asked(answers, "forgery")["knobs"]["feather"] == 2.5
    assert app.metric[0].value == "0.74"
    assert "With the face of" in [box.label for box in app.number_input]
    alone = open_page("world", view="Forgeries", family="selfblend")
    assert "With the face of" not in [box.label for box in alone.number_input]


def test_a_family_whose_weights_are_missing_says_so(open_page: Open, answers: Answers) -> None:
    app = open_page("world", view="Forgeries", family="late")
    assert "needs weights that are not here" in words(app)
    assert "forgery" not in [name for name, _ in answers.asked]


@pytest.mark.parametrize(
    ("about", "said"),
    [("Who is here", "Skin tone"), ("Told apart", "By difference of yaw"), ("Your photographs", "not kept")],
)
def test_what_is_said_about_people(about: str, said: str, open_page: Open) -> None:
    assert said in words(open_page("world", view="People", about=about))


def test_clips_tell_whose_face_they_show(open_page: Open, answers: Answers) -> None:
    app = open_page("world", view="Clips", clip="drift-swap", seconds="3")
    assert asked(answers, "film")["frames"] == 75
    said = words(app)
    assert "with the face of person 11" in said
    assert "How far each organ is from its place" in said
    answers.by_name["film"] |= {"drift": [], "source": PERSON}
    assert "With the face of" not in [box.label for box in open_page("world", view="Clips").number_input]


@pytest.mark.parametrize(
    ("low", "high", "step"), [(0, 1, 0.01), (10, 80, 1), (-60, 60, 2), (0.34, 0.43, 0.001), (35, 110, 1)]
)
def test_steps_are_round_and_about_a_hundred(low: float, high: float, step: float) -> None:
    assert sliders._step(low, high) == pytest.approx(step)


def _only(truth: dict[str, np.ndarray], overlay: str) -> dict[str, np.ndarray]:
    names = {"Landmarks": ("landmarks", "five"), "Masks": ("skin", "hair")}.get(overlay, (overlay.lower(),))
    return {name: truth[name] for name in names}
