"""Scores, curves and draws, against answers by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.detection.quality import pacing
from engines.detection.quality.scores import similarity
from engines.errors import BadConfig


@pytest.mark.parametrize("curve", pacing.CURVES)
def test_curves_rise_from_first_to_last(curve):
    values = [pacing.share(t, curve, 0.1, 0.6) for t in np.linspace(0, 1, 21)]
    assert values[0] == pytest.approx(0.1) and values[-1] == pytest.approx(0.6)
    assert np.all(np.diff(values) > 0)


def test_curves_by_hand():
    assert pacing.share(0.25, "linear", 0, 1) == 0.25
    assert pacing.share(0.25, "root", 0, 1) == 0.5
    assert pacing.share(7, "linear", 0.1, 0.6) == 0.6
    with pytest.raises(BadConfig, match="no pacing curve 'step'"):
        pacing.share(0, "step")


def test_ranks_by_hand():
    np.testing.assert_allclose(pacing.ranked(np.array([0.9, 0.1, 0.5])), [1, 0, 0.5])
    np.testing.assert_allclose(pacing.ranked(np.array([2.0, 2.0, 5.0])), [0.25, 0.25, 1])
    np.testing.assert_allclose(pacing.ranked(np.array([3.0])), [0.5])


def test_feedback_leaves_the_unseen_alone():
    found = pacing.feedback(np.array([0.5, 0.5]), np.array([0.2, 0.9]), np.array([True, False]))
    np.testing.assert_allclose(found, [0.9 * 0.8 + 0.1 * 0.5, 0.5])


def test_easiest_by_hand():
    np.testing.assert_array_equal(pacing.easiest(np.array([3, 1, 2, 1]), 0.5), [False, True, False, True])
    assert not pacing.easiest(np.arange(5), 0).any() and pacing.easiest(np.arange(5), 1).all()


@given(st.integers(1, 60), st.data())
def test_easy_and_hard_are_all(count, data):
    score = np.array(data.draw(st.lists(st.floats(-5, 5), min_size=count, max_size=count)))
    part = data.draw(st.floats(0, 1))
    easy = pacing.easiest(score, part)
    assert easy.sum() == round(part * count)
    if easy.any() and not easy.all():
        assert score[easy].max() <= score[~easy].min()


def test_draws_are_without_replacement_and_favour_high_scores():
    rng, score = np.random.default_rng(0), np.linspace(0, 1, 100)
    drawn = [pacing.draw(score, 30, 0.3, rng) for _ in range(200)]
    assert all(len(set(one)) == 30 for one in drawn)
    often = np.bincount(np.concatenate(drawn), minlength=100)
    assert often[80:].mean() > 2 * often[:20].mean()
    even = np.bincount(np.concatenate([pacing.draw(score, 30, 1e9, rng) for _ in range(200)]), minlength=100)
    assert abs(even[80:].mean() / even[:20].mean() - 1) < 0.15
    with pytest.raises(BadConfig, match="lower `kept`"):
        pacing.draw(score, 101, 1, rng)


def test_first_draw_has_softmax_probabilities():
    """Of two samples with scores log 3 and 0 at temperature 1, the first comes first three times in four."""
    rng = np.random.default_rng(1)
    first = [pacing.draw(np.array([np.log(3), 0.0]), 1, 1.0, rng)[0] == 0 for _ in range(4000)]
    assert np.mean(first) == pytest.approx(0.75, abs=0.025)


def test_orders():
    fqs, rng = np.array([0.1, 0.7]), np.random.default_rng(0)
    np.testing.assert_array_equal(pacing.ordered(fqs, "forward", rng), fqs)
    np.testing.assert_array_equal(pacing.ordered(fqs, "reversed", rng), -fqs)
    assert not np.allclose(pacing.ordered(fqs, "random", rng), fqs)
    with pytest.raises(BadConfig, match="no order"):
        pacing.ordered(fqs, "sideways", rng)


def test_similarity_by_hand():
    """Pictures whose mean colours are embedded as themselves: equal ones give 1, orthogonal ones one half."""
    red, green = (np.zeros((1, 2, 2, 3), np.uint8) for _ in range(2))
    red[..., 0], green[..., 1] = 255, 255

    def embed(pictures):
        return pictures.mean((1, 2))

    assert similarity({"fake": red, "target": red}, "fake_target", embed) == pytest.approx(1)
    assert similarity({"fake": red, "source": green}, "fake_source", embed) == pytest.approx(0.5)
    with pytest.raises(BadConfig, match="source pictures are not at hand"):
        similarity({"fake": red, "target": red}, "source_target", embed)
    with pytest.raises(BadConfig, match="no pair"):
        similarity({"fake": red}, "fake_fake", embed)
