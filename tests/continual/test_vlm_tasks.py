"""Scorers by hand, the world's eight tasks on a few made-up photographs, and CoIN's files."""

import json

import numpy as np
import pytest
from PIL import Image

from engines.continual.llaca import grouping
from engines.continual.llaca.tasks import coin, scorers, world
from engines.continual.llaca.tasks.asked import Part, Question, Task
from engines.continual.llaca.tasks.pictures import Known
from engines.errors import BadInput


@pytest.mark.parametrize(
    ("scorer", "given", "answers", "score"),
    [
        ("letter", "B", ("B",), 1), ("letter", "b. the street", ("B",), 1), ("letter", "Bread", ("B",), 0),
        ("letter", "", ("B",), 0), ("exact", " Yes. ", ("yes",), 1), ("exact", "yes no", ("yes",), 0),
        ("contained", "a straw hat", ("hat",), 1), ("contained", "hat", ("straw hat",), 1),
        ("contained", "", ("hat",), 0), ("soft", "sun", ("sun", "sun", "moon"), 2 / 3), ("soft", "sun", ("sun",), 1),
        ("overlapping", "[0.00, 0.00, 0.50, 0.50]", ("[0.00, 0.00, 0.50, 0.50]",), 1),
        ("overlapping", "0 0 0.5 1", ("[0, 0, 1, 1]",), 0),  # exactly a half is not above it
        ("overlapping", "[0.5, 0.5, 0.2, 0.9]", ("[0, 0, 1, 1]",), 0), ("overlapping", "nose", ("[0, 0, 1, 1]",), 0),
    ],
)  # fmt: skip
def test_scores_by_hand(scorer, given, answers, score):
    assert scorers.SCORERS[scorer](given, answers) == pytest.approx(score)


def test_the_overlap_of_two_boxes():
    assert scorers.overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert scorers.overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0


def known(count=24, seed=0):
    rng = np.random.default_rng(seed)
    pick = lambda names: np.array(names)[rng.integers(len(names), size=count)]  # noqa: E731
    return Known(
        rng.integers(0, 255, (count, 64, 64, 3)).astype(np.uint8), rng.random(count) < 0.5, pick(list(world.WORN)),
        pick(["park", "room", "street"]), pick(list(world.HAIR)), rng.uniform(10, 80, count),
        rng.normal(0, 10, count), rng.uniform(0, 0.1, count), rng.uniform(5, 60, (count, 68, 2)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def tasks():
    made = world.World(24, 24, None)
    made.known = {"train": known(), "test": known(seed=1)}
    return {name: made.task(name) for name in world.KINDS}


def test_right_answers_score_fully_and_empty_ones_nothing(tasks):
    for task in tasks.values():
        right = [question.answers[0] for question in task.test.questions]
        assert task.score(right).mean() == 1, task.name
        assert task.score([""] * len(right)).sum() == 0, task.name


def test_answers_follow_from_what_is_known(tasks):
    truth = known(seed=1)
    for number, question in enumerate(tasks["unanswerable"].test.questions):
        hidden = truth.hairy[number] <= 0.02 or truth.occluder[number] == "hat"
        assert (question.answers[0] == "unanswerable") == hidden
    for number, question in enumerate(tasks["choice"].test.questions):
        listed = dict(
            part.split(". ")
            for part in question.turn.splitlines()[1].replace(" B.", "|B.").replace(" C.", "|C.").split("|")
        )
        assert listed[question.answers[0]] == truth.place[number]
    part = tasks["grounding"].test
    for number, question in enumerate(part.questions):
        if question.turn.endswith("the face"):
            low = truth.landmarks[number].min(0) / 64 - world.MARGIN
            assert scorers.box_of(question.answers[0])[:2] == pytest.approx(np.clip(low, 0, 1), abs=0.006)


def test_text_is_drawn_into_the_picture_and_nowhere_else():
    blank = np.full((112, 112, 3), 100, np.uint8)
    drawn = world.written(blank, ["moon"])
    assert (drawn[:84] == 100).all() and drawn[84:].min() < 40 and drawn[84:].max() > 230
    assert (world.written(blank, ["moon"]) != world.written(blank, ["ship"])).any()
    assert (blank == 100).all()


def test_the_worlds_tasks_fall_into_coins_four_groups(tasks):
    codebook, groups = [], {}
    for name, task in tasks.items():
        found = grouping.match(task.instructions, codebook)
        codebook = grouping.joined(task.instructions, codebook, found)
        groups[name] = found.group
    shared = {groups[name] for name in ("reading", "comparison", "unanswerable", "yesno", "labels")}
    assert len(shared) == 1 and len(set(groups.values())) == 4


def coin_tree(folder, names=("ScienceQA", "TextVQA", "Grounding"), count=4):
    """A tree of CoIN's, with pictures."""
    rows = {
        "ScienceQA": ("What is it?\nA. x B. y\nAnswer with the option's letter from the given choices directly.", "A"),
        "TextVQA": ("What is written?\nAnswer the question using a single word or phrase.", "stop"),
        "Grounding": ("Please provide the bounding box coordinate of the region this sentence describes: a nose",
                      "[0.10, 0.20, 0.50, 0.60]"),
    }  # fmt: skip
    (folder / "pictures").mkdir(parents=True)
    Image.new("RGB", (40, 24), (200, 30, 30)).save(folder / "pictures" / "a.png")
    for name in names:
        turn, answer = rows[name]
        said = [{"from": "human", "value": f"<image>\n{turn}"}, {"from": "gpt", "value": answer}]
        train = [{"id": n, "image": "pictures/a.png", "conversations": said} for n in range(count)]
        test = [{"question_id": n, "image": "pictures/a.png", "text": turn, "answer": answer} for n in range(count)]
        (folder / name).mkdir()
        (folder / name / "train.json").write_text(json.dumps(train))
        (folder / name / "test.json").write_text(json.dumps(test))
    return folder


def test_coins_files_are_read_in_coins_order(tmp_path):
    folder = coin_tree(tmp_path / "CoIN", ("Grounding", "TextVQA", "ScienceQA"))
    read = coin.read(folder, folder)
    assert [task.name for task in read] == ["ScienceQA", "TextVQA", "Grounding"]
    assert read[2].instructions == ("Please provide the bounding box coordinate of the region this sentence describes",)
    assert read[1].train.pictures.read(0).shape == (24, 40, 3)
    assert read[0].score(["A", "B", "", "A. x"]).tolist() == [1, 0, 0, 1]
    assert [task.name for task in coin.read(folder, folder, ("Grounding", "TextVQA"))] == ["Grounding", "TextVQA"]


def test_what_coins_reader_refuses(tmp_path):
    folder = coin_tree(tmp_path / "CoIN")
    with pytest.raises(BadInput, match="GQA"):
        coin.read(folder, folder, ("GQA",))
    (folder / "TextVQA" / "test.json").write_text('[{"image": "a"}]')
    with pytest.raises(BadInput, match=r"test\.json is not a list"):
        coin.read(folder, folder)
    with pytest.raises(BadInput, match="outside"):
        coin.Files(folder, ["../../etc/passwd"]).read(0)
    part = Part(coin.Files(folder, []), ())
    with pytest.raises(BadInput, match="needs questions"):
        Task("x", "x", part, Part(part.pictures, (Question(0, "a", ("b",)),)), ("a",), scorers.exact)
