"""Augmentation figures: what is drawn is what the rows say, and their words too."""

import numpy as np
import pytest

from tests.pages.augment_answers import METHODS, answers, cams, tables
from workbench.figures import augment, theme

TABLES = tables(("full",), METHODS, np.random.default_rng(1))


def rows(name, epoch="best"):
    return [row for row in TABLES[name] if row.get("epoch", epoch) == epoch]


def test_compared_leaves_vanilla_out_and_draws_intervals():
    figure = augment.compared(rows("methods"), "worst_gain")
    drawn = {name: (x, x - low, x + high) for trace in figure.data for name, x, high, low in
             zip(trace.y, trace.x, trace.error_x.array, trace.error_x.arrayminus, strict=True)}  # fmt: skip
    assert set(drawn) == set(METHODS) - {"vanilla"}
    row = next(row for row in rows("methods") if row["method"] == "cutmix")
    assert drawn["cutmix"] == pytest.approx((row["worst_gain"], row["worst_gain_low"], row["worst_gain_high"]))
    assert "cutmix" in theme.alt(figure)


def test_the_ladder_stands_in_its_order():
    figure = augment.ladder(rows("methods"))
    assert list(figure.data[0].x) == list(augment.LADDER.values())


def test_tradeoff_sizes_follow_accuracy():
    figure = augment.tradeoff(TABLES["scatter"])
    points = [(float(s), c[1]) for t in figure.data for s, c in zip(t.marker.size, t.customdata, strict=True)]
    assert [p[0] for p in sorted(points)] == [p[0] for p in sorted(points, key=lambda p: p[1])]


def test_groups_name_the_worst():
    figure = augment.groups(rows("groups"))
    mine = [row for row in rows("groups") if row["method"] == "vanilla"]
    worst = min(mine, key=lambda row: row["accuracy"])
    assert f"vanilla: worst group {worst['group']}, {worst['accuracy']:.3f}" in theme.alt(figure)
    assert [trace.name for trace in figure.data] == ["vanilla", "cutmix", "de-da"]


def test_maps_are_bright_where_the_evidence_is():
    picture, evidence = np.full((32, 32, 3), 100, np.uint8), np.zeros((4, 4))
    evidence[0, 0], evidence[3, 3] = 2.0, -2.0
    shown = augment.overlaid(picture, evidence).astype(int)
    assert shown[2, 2, 0] > shown[16, 16, 0] and shown[2, 2, 2] < shown[2, 2, 0]
    assert shown[29, 29].tolist() == pytest.approx(shown[16, 16].tolist(), abs=3)
    figure = augment.cams(cams(np.random.default_rng(0)))
    assert len(figure.data) == 12 and "vanilla right on 2 of 4" in theme.alt(figure)


def test_counter_and_cost_say_their_numbers():
    assert "different pairs 108,680" in theme.alt(augment.counter(TABLES["counter"][0]))
    cost = augment.cost(TABLES["cost"])
    assert list(cost.data[0].x) == [row["offline_s"] for row in TABLES["cost"]]
    assert list(cost.data[1].x) == [row["online_ms"] for row in TABLES["cost"]]


def test_pictures_keep_their_names():
    figure = augment.grid(answers()["augmented"]["pictures"])
    assert len(figure.data) == 9 and {note.text for note in figure.layout.annotations} >= {"original", "de-da"}
    edited = {k: v for k, v in answers()["edited"].items() if k != "editor"}
    assert len(augment.strengths(edited).data) == 12 and len(augment.changes(edited).data) == 4


@pytest.mark.parametrize(("method", "kind"), [
    ("vanilla", "none"), ("de-da+randaugment", "De-DA and its ladder"), ("randaugment+cutmix", "mixes two pictures"),
])  # fmt: skip
def test_a_joined_method_is_of_its_strongest_part(method, kind):
    assert augment.kind_of(method) == kind
