"""Attention, Embeddings and Compare in each of their views and states, without a browser and without torch."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engines.errors import BadInput, BadWeights
from tests.pages.conftest import Answers, Open, words
from tests.pages.inside_answers import COUNT
from workbench.paths import public
from workbench.widgets import attention, compare, detector_picker, embeddings


def asked(answers: Answers, name: str) -> list[dict[str, Any]]:
    return [arguments for question, arguments in answers.asked if question == name]


def box(app: AppTest, label: str) -> Any:
    return next(each for each in app.selectbox if each.label == label)


@pytest.mark.parametrize(
    ("view", "titles"),
    [
        ("Heads", ["Heads of block 6", "How widely each head looks"]),
        ("Flow", ["From the picture to the answer"]),
        ("Why", ["What moves it", "Deletion test", "Covering it lowers the score."]),
    ],
)
def test_each_view_of_attention_says_where_it_comes_from(view: str, titles: list[str], open_page: Open) -> None:
    assert view in attention.VIEWS
    said = words(open_page("attention", view=view, detector="lora"))
    assert all(title in said for title in titles)
    assert "face world, " in said
    assert "detector lora" in said


def test_the_address_restores_method_target_and_direction(open_page: Open, answers: Answers) -> None:
    where = {"view": "Why", "target": "one direction", "in-block": "2", "weight": "k", "direction": "7"}
    open_page("attention", method="grad-cam", **where)
    (found,) = asked(answers, "attribute")[-1:]
    assert (found["method"], found["target"], found["projection"], found["direction"]) == (
        "grad-cam", "direction", "blocks.1.k", 7,
    )  # fmt: skip


def test_likeness_compares_with_the_other_pictures_of_the_forgery(open_page: Open, answers: Answers) -> None:
    app = open_page("attention", view="Why", target="likeness to another face")
    assert box(app, "To").options == ["the real picture", "the source picture"]
    assert (asked(answers, "attribute")[-1]["other"] == 129).all()
    box(app, "To").set_value("the source picture").run()
    assert (asked(answers, "attribute")[-1]["other"] == 130).all()


def test_an_engines_sentence_is_shown_with_a_way_on(open_page: Open, answers: Answers) -> None:
    answers.by_name["attribute"] = BadInput("Guided backpropagation needs a network with rectifiers.")
    app = open_page("attention", view="Why", method="guided backpropagation")
    assert "needs a network with rectifiers" in words(app)
    assert any(button.label == "Try again" for button in app.button)


@pytest.mark.parametrize(
    ("page", "question"), [("attention", "attend"), ("embeddings", "embed"), ("compare", "compare")]
)
def test_a_detector_that_holds_no_numbers_is_said_and_another_can_be_chosen(
    page: str, question: str, open_page: Open, answers: Answers
) -> None:
    answers.by_name[question] = BadWeights("The detector of run 261128-bad holds weights that are not finite numbers.")
    app = open_page(page)
    assert "of run 261128-bad holds weights that are not finite" in words(app)
    picker = box(app, "First" if page == "compare" else "Detector")
    assert len(picker.options) > 1
    assert any(button.label == "Try again" for button in app.button)


def test_a_detector_whose_run_is_gone_is_said(open_page: Open, answers: Answers) -> None:
    said = words(open_page("attention", detector="effort of run 260101-gone"))
    assert "There is no detector 'effort of run 260101-gone'" in said
    assert asked(answers, "attend")[-1]["detector"] == next(iter(detector_picker.choices().values()))


def test_the_map_of_embeddings_names_its_axes_and_asks_again_for_another(open_page: Open, answers: Answers) -> None:
    app = open_page("embeddings")
    assert f"PCA of all {COUNT} pictures" in words(app)
    assert "Draw around some points" in words(app)
    app = open_page("embeddings", layout="UMAP", near="30", seed="5", later="true")
    last = asked(answers, "embed")[-1]
    assert (last["layout"], last["near"], last["seed"], last["later"]) == ("UMAP", 30, 5, True)
    assert f"UMAP of all {COUNT} pictures" in words(app)


@pytest.mark.parametrize("colour", embeddings.COLOURS)
def test_each_colour_of_the_map_draws(colour: str, open_page: Open) -> None:
    app = open_page("embeddings", colour=colour)
    assert f"PCA of all {COUNT} pictures" in words(app)


def test_removing_directions_says_when_half_is_gone(open_page: Open, answers: Answers) -> None:
    said = words(open_page("embeddings", view="Remove directions", order="weakest"))
    assert "What a probe loses" in said
    assert "gone with 30 directions removed" in said  # 0.60 - 0.5 is below half of 0.9 - 0.5
    assert asked(answers, "erase")[-1]["order"] == "weakest"


def test_a_public_workbench_reads_no_folder(open_page: Open, monkeypatch: pytest.MonkeyPatch, answers: Answers) -> None:
    monkeypatch.setenv("MIEN_PUBLIC", "1")
    assert public()
    app = open_page("embeddings", data="/etc")
    assert not [each for each in app.text_input if each.label == "Pictures"]
    assert asked(answers, "embed")[-1]["data"] == "world"


@pytest.mark.parametrize(
    ("view", "title"),
    [
        ("Scores", "The same pictures, judged twice"),
        ("Families", "Difference by family"),
        ("Weights", "How far the weights have turned"),
    ],
)
def test_each_view_of_compare(view: str, title: str, open_page: Open, answers: Answers) -> None:
    assert view in compare.VIEWS
    said = words(open_page("compare", view=view))
    assert title in said
    assert "effort and lora" in said
    assert (asked(answers, "compare")[-1]["first"], asked(answers, "compare")[-1]["second"]) == ("effort", "lora")


def test_disagreements_are_shown_first_with_both_maps_and_their_worth(open_page: Open, answers: Answers) -> None:
    said = words(open_page("compare", method="grad-cam"))
    assert "They disagree most on these" in said
    assert "effort: It says something." in said
    assert "lora: No better than chance." in said
    found = answers.by_name["compare"]
    most = int(abs(found["first"] - found["second"]).argmax())
    assert (asked(answers, "difference")[-1]["place"], asked(answers, "difference")[-1]["method"]) == (most, "grad-cam")


def test_one_detector_is_not_compared_with_itself(open_page: Open, answers: Answers) -> None:
    assert "Choose two different detectors" in words(open_page("compare", first="lora", second="lora"))
    assert not asked(answers, "compare")


def test_towers_of_different_shapes_are_said(open_page: Open, answers: Answers) -> None:
    answers.by_name["compare"]["angles"] = []
    assert "their weights do not correspond" in words(open_page("compare", view="Weights"))
