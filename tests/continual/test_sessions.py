"""Orders and sessions, and streams that cannot be."""

import numpy as np
import pytest

from engines.continual.data.files import Array
from engines.continual.sessions import from_groups, order_of, plan
from engines.continual.stream import Part, Stream
from engines.errors import BadConfig, BadInput


def part(labels, domains=None, pictures=None):
    labels = np.asarray(labels)
    images = np.zeros((len(labels) if pictures is None else pictures, 4, 4, 3), np.uint8)
    return Part(Array(images), labels, np.zeros(len(labels), int) if domains is None else np.asarray(domains))


def stream(classes=6, domains=(), shuffled=True):
    count = max(1, len(domains))
    labels = np.tile(np.repeat(np.arange(classes), 2), count)
    at = np.repeat(np.arange(count), 2 * classes)
    return Stream("toy", tuple("abcdefghij"[:classes]), part(labels, at), part(labels, at), domains, shuffled)


def test_the_fields_order_1993():
    assert order_of(10, 0).tolist() == list(range(10))
    np.random.seed(1993)
    assert order_of(100, 1993).tolist() == np.random.permutation(100).tolist()


def test_classes_are_renumbered_as_they_arrive():
    planned = plan(stream(), 2, 2, 5)
    order = order_of(6, 5)
    for session in planned.sessions:
        rows = planned.rows(planned.stream.train, session)
        assert set(planned.labels(planned.stream.train)[rows]) == set(session.new)
        assert set(planned.stream.train.labels[rows]) == set(order[list(session.new)])
    assert [session.seen for session in planned.sessions] == [2, 4, 6]


def test_every_picture_is_in_one_session():
    planned = plan(stream(6), 4, 2, 3)
    rows = np.concatenate([planned.rows(planned.stream.train, session) for session in planned.sessions])
    assert sorted(rows.tolist()) == list(range(12))


def test_domains_arrive_with_all_classes():
    planned = plan(stream(3, ("x", "y")), 2, 2, 0)
    assert planned.by_domain and [session.seen for session in planned.sessions] == [3, 3]
    assert [session.present for session in planned.sessions] == [(0, 1, 2)] * 2
    assert planned.sessions[1].new == ()


def test_a_stream_that_is_not_to_be_shuffled_keeps_its_order():
    assert plan(stream(shuffled=False), 2, 2, 1993).arrival.tolist() == list(range(6))


@pytest.mark.parametrize(("first", "increment"), [(1, 2), (2, 1), (7, 2), (5, 3)])
def test_a_session_with_a_single_class_is_refused(first, increment):
    with pytest.raises(BadConfig, match="at least two"):
        plan(stream(), first, increment, 0)


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ([[0, 1], [2]], "Session 2 would hold 1 class"),
        ([[0, 1], [1, 2], [3, 4, 5]], "'b' would arrive twice"),
        ([[0, 1], [2, 9], [3, 4, 5]], "no class 9"),
        ([[0, 1], [2, 3]], "'e' is in no session"),
    ],
)
def test_groups_that_cannot_be_are_refused(groups, words):
    with pytest.raises(BadConfig, match=words):
        from_groups(stream(), groups)


def test_a_stream_longer_than_its_labels_is_refused():
    with pytest.raises(BadInput, match="5 training pictures, 4 labels"):
        Stream("toy", ("a", "b"), part([0, 0, 1, 1], pictures=5), part([0, 1]))


def test_names_and_labels_must_fit():
    with pytest.raises(BadInput, match="'a' twice"):
        Stream("toy", ("a", "a"), part([0, 1]), part([0, 1]))
    with pytest.raises(BadInput, match="label 2, but knows labels 0 to 1"):
        Stream("toy", ("a", "b"), part([0, 2]), part([0, 1]))
    with pytest.raises(BadInput, match="no test picture of the class 'b'"):
        Stream("toy", ("a", "b"), part([0, 1]), part([0, 0]))
