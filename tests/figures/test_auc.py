from typing import Any

import pytest

from workbench.figures import auc, theme


def row(method: str, family: str, seen: bool, value: float, seed: int = 0) -> dict[str, Any]:
    return {
        "method": method, "seed": seed, "family": family, "seen": seen,
        "auc": value, "low": value - 0.02, "high": value + 0.02,
    }  # fmt: skip


ROWS = [row("effort", "swap", True, 0.8), row("effort", "swap", True, 0.9, 1), row("effort", "upsample", False, 0.7)]
ROWS += [row("lora", "swap", True, 0.6), row("lora", "upsample", False, 0.5)]


def test_seen_families_stand_above_a_gap_and_unseen_ones_below() -> None:
    heights = auc.ordered(ROWS)
    assert heights == {"swap": 0.0, "upsample": pytest.approx(-1.4)}
    figure = auc.by_family(ROWS)
    assert list(figure.layout.yaxis.ticktext) == ["swap", "upsample (unseen)"]


def test_the_large_mark_is_the_mean_over_seeds() -> None:
    marks = {
        trace.name: dict(zip(trace.text, trace.x, strict=True))
        for trace in auc.by_family(ROWS).data
        if trace.mode == "markers"
    }
    assert marks["effort"] == {"swap": pytest.approx(0.85), "upsample": 0.7}


def test_each_seed_has_its_whisker() -> None:
    ends = [trace.x for trace in auc.by_family(ROWS).data if trace.mode == "lines"]
    whiskers = [tuple(x[i : i + 2]) for x in ends for i in range(0, len(x), 3)]
    assert all(gap is None for x in ends for gap in x[2::3])
    assert len(whiskers) == len(ROWS)
    assert (pytest.approx(0.78), pytest.approx(0.82)) in whiskers


def test_methods_of_a_family_do_not_lie_on_each_other() -> None:
    heights = [trace.y[0] for trace in auc.by_family(ROWS).data if trace.mode == "markers"]
    assert len(set(heights)) == 2


def test_the_best_baseline_of_a_family_is_its_floor_and_unknown_families_are_left_out() -> None:
    floor = [
        {"name": "sharpness", "family": "upsample", "auc": 0.84},
        {"name": "mean colour", "family": "upsample", "auc": 0.5},
        {"name": "sharpness", "family": "other", "auc": 0.9},
    ]
    (trace,) = [trace for trace in auc.by_family(ROWS, floor).data if "baseline" in (trace.name or "")]
    assert (list(trace.x), list(trace.y), list(trace.text)) == ([0.84], [pytest.approx(-1.4)], ["sharpness"])


def test_pools_head_their_group_and_count_once() -> None:
    pooled = [*ROWS, row("effort", "seen families", True, 0.99), row("effort", "unseen families", False, 0.01)]
    assert list(auc.ordered(pooled)) == ["seen families", "swap", "unseen families", "upsample"]
    assert "effort 0.850 on seen families; effort 0.700 on unseen families" in theme.alt(auc.by_family(pooled))


def test_words_give_means_of_seen_and_unseen() -> None:
    assert "effort 0.850 on seen families; effort 0.700 on unseen families" in theme.alt(auc.by_family(ROWS))
    assert "none yet" in theme.alt(auc.by_family([]))


def test_a_difference_off_zero_looks_different() -> None:
    pairs = [("lora", 0.02, 0.01, 0.03), ("full", 0.0, -0.01, 0.01)]
    rows = [
        {"first": name, "second": "effort", "families": "seen", "difference": d, "low": low, "high": high, "seeds": 3}
        for name, d, low, high in pairs
    ]
    marks = auc.paired(rows).data[-1].marker
    assert list(marks.color) == [theme.BLUE, theme.GREY]
    assert list(marks.symbol) == ["diamond", "circle-open"]
    assert "lora minus effort +0.020 (+0.010 to +0.030)" in theme.alt(auc.paired(rows))


def test_pairs_are_turned_towards_what_one_compares_with() -> None:
    pairs = [("probe", "lora", -0.03, -0.04, -0.02), ("lora", "full", 0.01, -0.01, 0.03), ("probe", "full", 0, -1, 1)]
    rows = [
        {"first": a, "second": b, "families": "seen", "difference": d, "low": low, "high": high, "seeds": 3}
        for a, b, d, low, high in pairs
    ]
    assert auc.compared(rows) == ["probe", "lora", "full"]
    figure = auc.paired(rows, against="probe")
    assert list(figure.data[-1].y) == ["lora − probe, seen", "full − probe, seen"]
    assert list(figure.data[-1].x) == [0.03, 0]
    assert tuple(figure.data[0].x) == (0.02, 0.04)
