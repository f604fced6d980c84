"""The Drift page in each of its views, and a clip on Detect, without a browser and without torch."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engines.errors import BadInput, MienError
from tests.pages import drift_answers
from tests.pages.conftest import Answers, Open, words
from workbench.inference import Ticket, Worker
from workbench.widgets.drift import BLEND, SET

TITLES = {
    "Organs": ("How far each organ is from its place", "Organs over time", "How fast they move"),
    "Features": ("Change from frame to frame", "Where it changes"),
    SET: ("Drift of every clip, true landmarks", "Told apart by drift alone"),
    BLEND: ("Drift before and after",),
}


def asked(answers: Answers, name: str) -> dict[str, Any]:
    return next(arguments for question, arguments in reversed(answers.asked) if question == name)


@pytest.mark.parametrize("view", TITLES)
def test_each_view_opens_with_its_cards_and_says_that_it_is_the_world(view: str, open_page: Open) -> None:
    said = words(open_page("drift", view=view, measured="1"))
    assert all(title in said for title in TITLES[view])
    assert "face world, not a paper's data set" in said


def test_the_address_says_which_clip_is_filmed(open_page: Open, answers: Answers) -> None:
    open_page("drift", clip="flicker", person="21", seconds="3", **{"clip-number": "9"})
    found = asked(answers, "drift_film")
    assert (found["family"], found["person"], found["seed"], found["frames"]) == ("flicker", 21, 9, 75)


def test_other_landmarks_are_other_curves(open_page: Open) -> None:
    app = open_page("drift", landmarks="5 found")
    assert "5 found · drift-swap clip 3" in words(app)
    assert [metric.value for metric in app.metric] == ["2.13 %", "0.87 %"]


def test_a_set_is_measured_when_it_is_asked_for(open_page: Open, answers: Answers) -> None:
    app = open_page("drift", view=SET)
    assert "Film and measure a set" in words(app)
    assert "drift_set" not in [name for name, _ in answers.asked]
    next(button for button in app.button if button.label == "Measure").click().run()
    assert "Told apart by drift alone" in words(app)
    assert asked(answers, "drift_set")["clips"] == 8


def test_sliders_are_the_limits_of_the_blending(open_page: Open, answers: Answers) -> None:
    app = open_page("drift", view=BLEND, alpha="0.25", turn_deg="5")
    found = asked(answers, "drift_blend")
    assert (found["alpha"], found["turn_deg"], found["memory"]) == (0.25, 5.0, 0.0)
    next(slider for slider in app.slider if slider.label == "Memory").set_value(0.9).run()
    assert asked(answers, "drift_blend")["memory"] == 0.9


def test_a_clip_of_ones_own_is_asked_for_with_consent(open_page: Open) -> None:
    app = open_page("drift", **{"from": "Your clip"})
    assert "Bring only pictures you may show" in words(app)
    assert "Choose a clip of a face" in words(app)


def upload(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """What the page draws once a file was chosen: the harness has no uploads of its own."""
    import streamlit as st

    class File:
        name = "holiday.mp4"

        def getvalue(self) -> bytes:
            return b"\0\0\0\x18ftypmp42"

    monkeypatch.setattr(st, "file_uploader", lambda *_, **__: File())
    return app.run()


def test_faces_of_ones_own_clip_are_chosen_by_track(
    open_page: Open, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = upload(open_page("drift", **{"from": "Your clip"}), monkeypatch)
    assert "your clip, not kept · 0.0 to 1.2 s" in words(app)
    assert "true landmarks" not in words(app), "nobody knows them"
    answers.by_name["drift_clip"] = BadInput("The clip has no frames; record or save it again.")
    app = upload(open_page("drift", **{"from": "Your clip"}), monkeypatch)
    assert "The clip has no frames" in words(app)


def test_a_clip_is_judged_face_by_face(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = upload(open_page("detect", **{"from": "Photograph or clip"}), monkeypatch)
    said = words(app)
    assert "Second by second" in said and "The moments that decide" in said
    assert "2 faces followed · 1 cut" in said
    assert "Words about face 1." in said
    app = upload(open_page("detect", track="Face 2", **{"from": "Photograph or clip"}), monkeypatch)
    assert "Words about face 2." in words(app)


def test_what_was_judged_before_a_cancel_stays(
    open_page: Open, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(name: str, keep: bool = False, **arguments: Any) -> Ticket:
        ticket = Ticket(1, name, arguments, owner=Worker())
        ticket.partial = drift_answers.clip(progress=0.4)
        ticket.end("cancelled", error=MienError("The question was withdrawn."))
        return ticket

    app = open_page("detect", **{"from": "Photograph or clip"})
    from workbench import inference

    monkeypatch.setattr(inference, "ask", ask)
    said = words(upload(app, monkeypatch))
    assert "40% of the clip" in said
    assert "Second by second" in said


def test_a_damaged_clip_says_how_far_it_could_be_read(
    open_page: Open, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers.by_name["clip"] = drift_answers.clip(damaged=2.7, faces=0)
    said = words(upload(open_page("detect", **{"from": "Photograph or clip"}), monkeypatch))
    assert "nothing after 2.7 s could be read" in said
    assert "Second by second" not in said
