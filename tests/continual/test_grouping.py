import numpy as np
import pytest

from engines.continual.llaca.grouping import instruction, joined, match, matrix, similarity
from engines.errors import BadInput

VQA = ["Answer the question using a single word or phrase."]
GROUNDING = ["Please provide the bounding box coordinate of the region this sentence describes"]
CHOICE = ["Answer with the option's letter from the given choices directly."]


def test_the_same_instruction_joins_and_another_opens_a_group():
    first = match(VQA, [])
    assert (first.group, first.new, first.likeness) == (0, True, ())
    book = joined(VQA, [], first)
    again = match(VQA, book)
    assert (again.group, again.new) == (0, False)
    assert again.likeness[0] == pytest.approx(1)
    other = match(GROUNDING, book)
    assert (other.group, other.new) == (1, True)
    book = joined(GROUNDING, book, other)
    assert match(CHOICE, book).new
    assert joined([*VQA, "Be brief."], book, again) == [[*VQA, "Be brief."], GROUNDING]


def test_likeness_by_hand():
    # one word in common of two each; every word but the common one is in one of two texts
    rare, common = np.log(3 / 2) + 1, 1.0
    by_hand = common**2 / (rare**2 + common**2)
    assert similarity(["red house"], ["red boat"]) == pytest.approx(by_hand)
    assert similarity(["red house", "boat"], ["red house"]) == pytest.approx(0.5)
    assert similarity(["red house"], ["red boat"], pairwise=True) == pytest.approx(by_hand)


def test_a_pair_alone_and_all_together_differ_only_where_there_are_more():
    tasks = [VQA, CHOICE, GROUNDING]
    found = matrix(tasks)
    assert np.allclose(found, found.T)
    assert np.allclose(np.diag(found), 1)
    assert (found >= 0).all() and (found <= 1 + 1e-9).all()


def test_instructions_of_nothing_but_small_words_are_compared_by_them():
    assert similarity(["what is this"], ["what is this"]) == pytest.approx(1)
    with pytest.raises(BadInput, match="no words"):
        similarity(["?!"], ["..."])
    with pytest.raises(BadInput, match="at least one"):
        match([], [VQA])


def test_the_instruction_is_the_last_line_of_a_turn():
    assert instruction("<image>\nWhat colour is it?\nAnswer with one word.") == "Answer with one word."
    assert instruction("<image>\nGive the box of: the red cup", cut=":") == "Give the box of"
    with pytest.raises(BadInput, match="no instruction"):
        instruction("<image>\n")
