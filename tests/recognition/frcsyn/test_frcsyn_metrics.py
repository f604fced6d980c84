"""The challenge's numbers on score files whose answers were worked out by hand, to 1e-9."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from engines.errors import BadInput
from engines.recognition.frcsyn import metrics
from engines.recognition.frcsyn.lists import parse_list
from engines.recognition.frcsyn.published import first_edition, leaderboard
from engines.recognition.frcsyn.report import Scored, assess, gap_row, ranked, weights_of
from engines.recognition.frcsyn.submission import parse_scores
from engines.recognition.frcsyn.tasks import SUBTASKS

EXACT = {"abs": 1e-9, "rel": 0}
LIST = """African/a/1.jpg;African/a/2.jpg
African/a/1.jpg;African/b/1.jpg
African/b/1.jpg;African/b/2.jpg
African/b/1.jpg;African/c/1.jpg
Asian/d/1.jpg;Asian/d/2.jpg
Asian/d/1.jpg;Asian/e/1.jpg
Asian/e/1.jpg;Asian/e/2.jpg
Asian/e/1.jpg;Asian/f/1.jpg
"""
SCORES = "0.9,1\n0.1,0\n0.3,0\n0.6,1\n0.8,1\n0.2,0\n0.7,1\n0.4,0\n"
"""African: right, right, missed, false match. Asian: all right."""


def scored(text=LIST, scores=SCORES):
    pairs = parse_list(text.replace("\n", "\r\n"), "bupt")
    return Scored(pairs, *parse_scores(scores, len(pairs)))


def test_a_score_file_with_known_answers():
    """Accuracies 0.5 and 1; mated 0.9 0.3 0.8 0.7, others 0.1 0.6 0.2 0.4: at FMR 1 % none of four may pass, so only
    scores above 0.6 match and one mated pair of four is missed. Of 16 comparisons 0.3 loses against 0.6 and 0.4."""
    found = assess(SUBTASKS["1.1"], {"bupt": scored()}, draws=20).values
    assert found["avg"] == pytest.approx(0.75, **EXACT)
    assert found["sd"] == pytest.approx(0.25, **EXACT)
    assert found["to"] == pytest.approx(0.5, **EXACT)
    assert found["sd1"] == pytest.approx(0.5 / np.sqrt(2), **EXACT)
    assert found["to1"] == pytest.approx(0.75 - 0.5 / np.sqrt(2), **EXACT)
    assert found["fnmr"] == pytest.approx(0.25, **EXACT)
    assert found["auc"] == pytest.approx(14 / 16, **EXACT)
    assert found["fnmr_other"] == pytest.approx(0.25, **EXACT)  # African: 0.3 <= 0.6 missed of two; Asian: none
    assert found["auc_other"] == pytest.approx((3 / 4 + 1) / 2, **EXACT)
    assert metrics.gap(0.75, found["avg"] * 0.8) == pytest.approx(25.0, **EXACT)


def test_every_database_counts_alike_in_task_2():
    half, whole = scored(), scored(scores=SCORES.replace("0.3,0", "0.3,1").replace("0.6,1", "0.6,0"))
    files = {"bupt": half, "agedb": whole, "cfp-fp": whole, "rof": whole}
    found = assess(SUBTASKS["2.1"], files, draws=10)
    assert found.values["avg"] == pytest.approx((0.75 + 3) / 4, **EXACT)
    assert [row["part"] for row in found.parts] == ["bupt", "agedb", "cfp-fp", "rof"]


@pytest.mark.parametrize(
    ("real", "synthetic", "gap"),
    [(96.26, 92.35, 4.23), (96.26, 95.04, 1.28), (94.71, 89.62, 5.68), (94.70, 95.44, -0.78)],
)
def test_gap_as_the_site_prints_it(real, synthetic, gap):
    assert metrics.gap(real, synthetic) == pytest.approx(gap, abs=0.006)


def test_fnmr_lets_exactly_one_in_a_hundred_pass():
    others = np.arange(100) / 1000  # 0.099 may pass, 0.098 may not
    mated = np.array([0.0985, 0.098, 0.5, 0.9])
    scores, same = np.r_[others, mated], np.r_[np.zeros(100, bool), np.ones(4, bool)]
    assert metrics.fnmr(scores, same) == pytest.approx(0.25, **EXACT)
    assert metrics.threshold_at(scores, same) == pytest.approx(0.098, **EXACT)
    tied = np.r_[others, 0.099]  # two strangers at the top: neither may pass
    assert metrics.fnmr(np.r_[tied, mated], np.r_[np.zeros(101, bool), np.ones(4, bool)]) == pytest.approx(0.5, **EXACT)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(4, 80), coarse=st.booleans())
def test_whole_weights_are_repeats(seed, count, coarse):
    """A pair of weight 3 is that pair three times."""
    rng = np.random.default_rng(seed)
    same = np.r_[True, False, rng.random(count - 2) < 0.5]
    scores = rng.normal(same, 1).round(1 if coarse else 8)
    weights = rng.integers(0, 4, (3, count)).astype(float)
    weights[:, :2] = 1
    for row, fnmr, auc in zip(
        weights, metrics.fnmr(scores, same, weights, 0.1), metrics.auc(scores, same, weights), strict=True
    ):
        repeated = np.repeat(scores, row.astype(int)), np.repeat(same, row.astype(int))
        assert fnmr == pytest.approx(metrics.fnmr(*repeated, fmr=0.1), **EXACT)
        assert auc == pytest.approx(roc_auc_score(repeated[1], repeated[0]), **EXACT)


def test_det_falls_and_agrees_with_fnmr():
    rng = np.random.default_rng(3)
    same = rng.random(500) < 0.5
    scores = rng.normal(same, 1)
    matches, misses, levels = metrics.det(scores, same)
    assert (np.diff(matches) <= 0).all() and (np.diff(misses) >= 0).all() and len(levels) == 500
    assert misses[matches <= 0.01].min() == pytest.approx(metrics.fnmr(scores, same), **EXACT)


def test_people_are_resampled_not_pairs():
    pairs = scored().pairs
    weights = weights_of(pairs, 50, 0)
    assert weights.shape == (50, 8)
    one, other = pairs.people
    for row in weights:
        drawn = {int(one[i]): row[i] for i in np.flatnonzero(pairs.same)}
        for i in np.flatnonzero(~pairs.same):
            if int(one[i]) in drawn and int(other[i]) in drawn:
                assert row[i] == drawn[int(one[i])] * drawn[int(other[i])]


def test_rows_gap_and_ranks():
    report = assess(SUBTASKS["1.1"], {"bupt": scored()}, draws=30)
    row = report.row(team="us")
    assert row["to"] == pytest.approx(50) and row["to_low"] <= 50 <= row["to_high"] and row["team"] == "us"
    assert gap_row(report, report) == {"gap": 0.0, "gap_low": 0.0, "gap_high": 0.0}
    order = ranked([{"team": "a", "to": 1.0}, {"team": "b", "to": 3.0}, {"team": "c", "to": 3.0}], "to")
    assert [(row["team"], row["rank"]) for row in order] == [("b", 1), ("c", 1), ("a", 3)]


def test_four_groups_are_not_the_official_eight():
    four = LIST + LIST.replace("African", "Caucasian").replace("Asian", "Indian")
    note = assess(SUBTASKS["1.1"], {"bupt": scored(four, SCORES * 2)}, draws=5).note
    assert "not comparable to the official 8-group TO" in note


def test_published_trade_offs_add_up():
    for name, subtask in SUBTASKS.items():
        rows = leaderboard(name)
        values = [row[subtask.key] for row in rows]
        assert len(rows) == 6 and values == sorted(values, reverse=True)
        for row in rows if subtask.key == "to" else ():
            assert row["avg"] - row["sd"] == pytest.approx(row["to"], abs=0.0151)
    assert leaderboard("2.1")[0] == {
        "subtask": "2.1", "team": "OPDAI", "rank": 1, "avg": 91.93, "fnmr": 17.63, "auc": 97.30, "gap": 3.09,
        "real": 94.77,
    }  # fmt: skip
    assert leaderboard("1.1")[0]["team"] == "ID R&D"
    assert {row["subtask"] for row in first_edition()} == {"1.1", "1.2", "2.1", "2.2"}


def test_what_cannot_be_assessed():
    with pytest.raises(BadInput, match="needs scores on agedb"):
        assess(SUBTASKS["2.1"], {"bupt": scored()})
    mated = LIST.replace("Asian/e/1.jpg\n", "Asian/d/2.jpg\n").replace("Asian/f", "Asian/e")
    with pytest.raises(BadInput, match="the group Asian are mated"):
        assess(SUBTASKS["1.1"], {"bupt": scored(mated)})
    with pytest.raises(BadInput, match=r"Line 2 of .*nan is not a finite"):
        metrics.checked([0.5, np.nan], [True, False])
