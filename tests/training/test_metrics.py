import time
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from engines.errors import BadInput
from engines.training import bootstrap, metrics, weighted


def drawn(n=400, seed=0, shift=1.0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n)
    return rng.normal(size=n) + shift * labels, labels


scored = st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 1)), min_size=2, max_size=40).filter(
    lambda rows: len({label for _, label in rows}) == 2
)


def split(rows):
    return np.array([score for score, _ in rows], float), np.array([label for _, label in rows])


def test_matches_scikit_learn_with_ties():
    scores, labels = drawn()
    scores = scores.round(1)
    assert metrics.auc(scores, labels) == pytest.approx(sk.roc_auc_score(labels, scores), abs=1e-12)
    assert metrics.average_precision(scores, labels) == pytest.approx(sk.average_precision_score(labels, scores))
    assert metrics.accuracy(scores, labels, 0.4) == pytest.approx(sk.accuracy_score(labels, scores >= 0.4))
    assert metrics.fake_accuracy(scores, labels, 0.4) == pytest.approx(sk.recall_score(labels, scores >= 0.4))
    assert metrics.real_accuracy(scores, labels, 0.4) == pytest.approx(
        sk.recall_score(labels, scores >= 0.4, pos_label=0)
    )


def test_auc_by_hand():
    # pairs (fake, real): .9>.8 .9>.2 .4<.8 .4>.2 and a tie .2=.2, .2<.8: 3.5 of 6
    assert metrics.auc([0.9, 0.4, 0.2, 0.8, 0.2], [1, 1, 1, 0, 0]) == pytest.approx(3.5 / 6)


def test_eer_by_hand():
    # ROC: (0,0) (0,1/3) (1/2,1/3) (1/2,1): misses 1, 2/3, 2/3, 0. They cross the false alarms on the last, upright
    # piece, at 1/2; the nearest corner is (1/2, misses 2/3), whose false alarms are 1/2 too.
    scores, labels = [0.9, 0.4, 0.3, 0.8, 0.2], [1, 1, 1, 0, 0]
    assert metrics.eer(scores, labels) == pytest.approx(1 / 2)
    assert metrics.eer(scores, labels, "nearest") == pytest.approx(1 / 2)


def test_eer_variants_differ_where_the_roc_is_oblique():
    # One tie of a fake and two reals: ROC (0,0) -> (0,1/2) -> (2/3,1) -> (1,1). On the oblique piece
    # misses = 1/2 - t/2 and false alarms = 2t/3 meet at t = 3/7, rate 2/7. Corners: |1/2-0| < |0-2/3|, so 0.
    scores, labels = [3, 2, 2, 2, 1], [1, 1, 0, 0, 0]
    assert metrics.eer(scores, labels) == pytest.approx(2 / 7)
    assert metrics.eer(scores, labels, "nearest") == 0.0


def test_eer_of_perfect_and_inverted_scores():
    for method in ("nearest", "interpolated"):
        assert metrics.eer([0.1, 0.9], [0, 1], method) == 0.0
        assert metrics.eer([0.9, 0.1], [0, 1], method) == 1.0
    with pytest.raises(BadInput, match="nearest or interpolated"):
        metrics.eer([0.1, 0.9], [0, 1], "middle")


@settings(deadline=None)
@given(scored)
def test_ranks_alone_matter(rows):
    scores, labels = split(rows)
    bent = np.arctan(scores / 7) * 3 + 1
    for metric in (metrics.auc, metrics.eer, metrics.average_precision):
        assert metric(bent, labels) == pytest.approx(metric(scores, labels), abs=1e-12)


@settings(deadline=None)
@given(scored)
def test_flipped_labels_mirror_the_auc_and_the_eer(rows):
    scores, labels = split(rows)
    assert metrics.auc(scores, 1 - labels) == pytest.approx(1 - metrics.auc(scores, labels), abs=1e-12)
    assert metrics.eer(scores, 1 - labels) == pytest.approx(1 - metrics.eer(scores, labels), abs=1e-12)
    assert metrics.eer(-scores, 1 - labels) == pytest.approx(metrics.eer(scores, labels), abs=1e-12)


@settings(deadline=None)
@given(scored)
def test_best_threshold_beats_every_other(rows):
    scores, labels = split(rows)

    def balanced(threshold):
        return metrics.real_accuracy(scores, labels, threshold) + metrics.fake_accuracy(scores, labels, threshold)

    best = balanced(metrics.best_threshold(scores, labels))
    assert all(best >= balanced(threshold) - 1e-12 for threshold in [*scores, *(scores + 0.5), -1e9])


def test_best_threshold_lies_between_scores():
    assert metrics.best_threshold([0.1, 0.3, 0.5, 0.9], [0, 0, 1, 1]) == pytest.approx(0.4)
    assert metrics.best_threshold([0.9, 0.1], [0, 1]) > 0.9  # worse than chance: calls nothing fake
    tight = [1.0, np.nextafter(1.0, 2)]
    assert metrics.accuracy(tight, [0, 1], metrics.best_threshold(tight, [0, 1])) == 1.0


@settings(deadline=None)
@given(scored, st.integers(0, 5))
def test_interval_holds_its_value_and_stays_in_range(rows, seed):
    scores, labels = split(rows)
    for metric in (metrics.auc, metrics.eer):
        found = bootstrap.bootstrap(metric, scores, labels, draws=30, seed=seed)
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.value == metric(scores, labels)
        assert 0 < found.draws <= 30


FAST = (
    metrics.auc, metrics.average_precision, metrics.eer, metrics.eer_nearest, metrics.mean, metrics.mean_of_reals,
    metrics.mean_of_fakes,
)  # fmt: skip


@pytest.mark.parametrize("metric", FAST)
@pytest.mark.parametrize("size", [200, 12])
def test_a_fast_bootstrap_equals_the_plain_one(metric, size):
    """With ties; of the few, some resamples lack a class."""
    scores, labels = drawn(size)
    scores, groups = scores.round(1), np.arange(size) // 4
    fast = bootstrap.bootstrap(metric, scores, labels, groups, draws=50, seed=3)
    slow = bootstrap.bootstrap(partial(metric), scores, labels, groups, draws=50, seed=3)
    assert (fast.value, fast.low, fast.high) == pytest.approx((slow.value, slow.low, slow.high), abs=1e-12)
    assert fast.draws == slow.draws


@pytest.mark.parametrize("name", ["auc", "average_precision", "eer", "eer_nearest", "mean_of_reals", "mean_of_fakes"])
def test_weights_of_a_class_that_is_not_there_give_no_number(name):
    scores, labels = np.array([0.1, 0.4, 0.7, 0.9]), np.array([0, 1, 0, 1])
    weights = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1]], float)
    found = getattr(weighted, name)(scores, labels, weights)
    missing = {"mean_of_reals": [False, True], "mean_of_fakes": [True, False]}.get(name, [True, True])
    assert np.isnan(found).tolist() == [*missing, False]
    assert found[2] == pytest.approx(getattr(metrics, name)(scores, labels))


def test_equal_scores_of_one_value_are_a_coin():
    weights = np.ones((1, 4))
    scores, labels = np.zeros(4), np.array([0, 1, 0, 1])
    assert weighted.auc(scores, labels, weights)[0] == weighted.eer(scores, labels, weights)[0] == 0.5
    assert weighted.average_precision(scores, labels, weights)[0] == 0.5


def test_interval_covers_the_truth_about_as_often_as_it_says():
    truth = 0.7602499389  # P(N(1,1) > N(0,1)) = Phi(1 / sqrt 2)
    hits = 0
    for seed in range(100):
        scores, labels = drawn(300, seed)
        hits += not bootstrap.bootstrap(metrics.auc, scores, labels, draws=200, seed=seed).excludes(truth)
    assert 86 <= hits <= 100


def test_groups_widen_the_interval_of_repeated_scores():
    scores, labels = drawn(100)
    people = np.arange(100)
    copies = [np.repeat(part, 8) for part in (scores, labels, people)]
    naive = bootstrap.bootstrap(metrics.auc, copies[0], copies[1])
    honest = bootstrap.bootstrap(metrics.auc, *copies)
    once = bootstrap.bootstrap(metrics.auc, scores, labels, people)
    assert honest.high - honest.low > 2 * (naive.high - naive.low)
    assert (honest.low, honest.high) == pytest.approx((once.low, once.high), abs=1e-12)


def test_bootstrap_is_seeded():
    scores, labels = drawn()
    one, same, other = (bootstrap.bootstrap(metrics.auc, scores, labels, seed=s) for s in (1, 1, 2))
    assert one == same
    assert one != other


def test_paired_bootstrap_sees_what_two_intervals_cannot():
    scores, labels = drawn(600)
    better = scores + 0.15 * labels
    one = bootstrap.bootstrap(metrics.auc, scores, labels)
    two = bootstrap.bootstrap(metrics.auc, better, labels)
    difference = bootstrap.paired_bootstrap(better, scores, labels)
    assert two.low < one.high  # the intervals overlap
    assert difference.excludes(0)
    assert difference.value == pytest.approx(two.value - one.value)
    same = bootstrap.paired_bootstrap(scores, 2 * scores + 1, labels)
    assert (same.value, same.low, same.high) == (0, 0, 0)


def test_one_training_may_be_given_without_its_axis():
    scores, labels = drawn(300)
    other = scores + np.random.default_rng(1).normal(size=300)
    one = bootstrap.paired_bootstrap(scores, other, labels, seed=4)
    assert bootstrap.paired_bootstrap(scores[None], other[None], labels, seed=4) == one


def test_paired_intervals_hold_the_chance_of_the_seed():
    scores, labels = drawn(600)
    same = np.stack([scores] * 4)
    lucky = np.stack([scores + shift * labels for shift in (-0.6, 0.0, 0.4, 0.8)])
    found = bootstrap.paired_bootstrap(lucky, same, labels)
    each = [bootstrap.paired_bootstrap(one, scores, labels) for one in lucky]
    assert found.value == pytest.approx(np.mean([one.value for one in each]))
    assert found.high - found.low > 1.5 * max(one.high - one.low for one in each)
    assert bootstrap.paired_bootstrap(same, same, labels).excludes(0) is False


def test_large_bootstrap_is_chunked_alike(monkeypatch):
    scores, labels = drawn(300)
    whole = bootstrap.bootstrap(metrics.auc, scores, labels)
    monkeypatch.setattr(bootstrap, "_CELLS", 1000)
    assert bootstrap.bootstrap(metrics.auc, scores, labels) == whole


def test_fast_auc_bootstrap_is_far_faster_than_the_plain_one():
    scores, labels = drawn(2000)

    def seconds(metric):
        start = time.perf_counter()
        bootstrap.bootstrap(metric, scores, labels, np.arange(2000) // 10, draws=100)
        return time.perf_counter() - start

    assert 4 * seconds(metrics.auc) < seconds(partial(metrics.auc))


def test_auc_by_family():
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.9, 0.8, 0.25, 0.05])
    labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    family = np.array(["real"] * 4 + ["swap"] * 2 + ["blend"] * 2)
    rows = bootstrap.auc_by_family(scores, labels, family, pools={"all": ["swap", "blend"]}, draws=50)
    assert [row["family"] for row in rows] == ["blend", "swap", "all"]
    assert [row["auc"] for row in rows] == pytest.approx([0.25, 1.0, 0.625])  # blend: 2 of 8 pairs
    assert [(row["reals"], row["fakes"]) for row in rows] == [(4, 2), (4, 2), (4, 4)]
    assert all(row["low"] <= row["auc"] <= row["high"] for row in rows)
    with pytest.raises(BadInput, match="'morph'"):
        bootstrap.auc_by_family(scores, labels, family, pools={"unseen": ["morph"]})
    with pytest.raises(BadInput, match="one name a score"):
        bootstrap.auc_by_family(scores, labels, family[:3])


def test_videos_with_one_folder_name_stay_apart():
    paths = [
        "/data/Deepfakes/frames/000_003/0.png",
        "/data/Deepfakes/frames/000_003/1.png",
        "/data/FaceSwap/frames/000_003/0.png",
        "C:\\data\\real\\000_003\\0.png",
        "/data/Deepfakes/frames/000_003/2.png",
    ]
    found = metrics.video_scores([0.2, 0.4, 0.9, 0.1, 0.6], [1, 1, 1, 0, 1], paths)
    assert found.scores.tolist() == pytest.approx([0.4, 0.9, 0.1])
    assert found.labels.tolist() == [1, 1, 0]
    assert found.frames.tolist() == [3, 1, 1]
    assert found.names[0] == "/data/Deepfakes/frames/000_003"


def test_videos_of_two_labels_in_one_folder_stay_apart():
    found = metrics.video_scores([0.2, 0.8], [0, 1], ["a/b/0.png", "a/b/1.png"])
    assert found.labels.tolist() == [0, 1]
    assert metrics.auc(found.scores, found.labels) == 1.0


@pytest.mark.parametrize(
    ("scores", "labels", "says"),
    [
        ([0.1, 0.2], [0, 0], "real"),
        ([0.1, 0.2], [1, 1], "fake"),
        ([0.1, float("nan")], [0, 1], "not finite"),
        ([0.1, 0.2], [0, 2], "0 .real. or 1"),
        ([0.1, 0.2], [0], "one length"),
        ([], [], "no scores"),
        ([[0.1], [0.2]], [[0], [1]], "one length"),
    ],
)
def test_bad_input_is_said(scores, labels, says):
    for metric in (metrics.auc, metrics.eer, metrics.average_precision, metrics.best_threshold):
        with pytest.raises(BadInput, match=says):
            metric(scores, labels)
    with pytest.raises(BadInput):
        bootstrap.bootstrap(metrics.auc, scores, labels)


def test_groups_and_paths_must_fit():
    with pytest.raises(BadInput, match="2 groups"):
        bootstrap.bootstrap(metrics.auc, [0.1, 0.2, 0.3], [0, 1, 0], ["a", "b"])
    with pytest.raises(BadInput, match="at least two groups"):
        bootstrap.bootstrap(metrics.auc, [0.1, 0.2], [0, 1], ["a", "a"])
    with pytest.raises(BadInput, match="one path a score"):
        metrics.video_scores([0.1, 0.2], [0, 1], ["a/0.png"])
    with pytest.raises(BadInput, match="no fake"):
        metrics.fake_accuracy([0.1], [0])


def test_interval_speaks():
    found = bootstrap.Interval(0.8125, 0.79, 0.84)
    assert str(found) == "0.812 [0.790, 0.840]"
    assert found.to_dict() == {"value": 0.8125, "low": 0.79, "high": 0.84, "level": 0.95, "draws": 200}
    assert found.excludes(0.5)
    assert not found.excludes(0.8)
